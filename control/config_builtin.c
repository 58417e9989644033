// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "config_builtin.h"

#include <string.h>

// The variable console, where it is given, is the kernel's (ttyS0,115200). The names of files are
// those that scripts/boot-tree gives them.
const char config_builtin_text[] =
	"profiles:\n"
	"  - {name: local, title: Boot from the local disk, local: true}\n"
	"  - {name: menu, title: Boot menu, menu: main}\n"
	"  - name: debian-installer\n"
	"    title: Install Debian, by hand\n"
	"    kernel: debian/linux\n"
	"    initrd: debian/initrd.gz\n"
	"    cmdline: \"vga=normal{{#console}} console={{console}}{{/console}} ---\"\n"
	"    variants:\n"
	"      - {arch: arm64-uefi, kernel: debian-arm64/linux,\n"
	"         initrd: debian-arm64/initrd.gz,\n"
	"         cmdline: \"{{#console}}console={{console}} {{/console}}---\"}\n"
	"  - name: rescue\n"
	"    title: Rescue system (Debian installer's)\n"
	"    kernel: debian/linux\n"
	"    initrd: debian/initrd.gz\n"
	"    cmdline: \"rescue/enable=true vga=normal"
	"{{#console}} console={{console}}{{/console}} ---\"\n"
	"    variants:\n"
	"      - {arch: arm64-uefi, kernel: debian-arm64/linux,\n"
	"         initrd: debian-arm64/initrd.gz,\n"
	"         cmdline: \"rescue/enable=true"
	"{{#console}} console={{console}}{{/console}} ---\"}\n"
	"  - name: memtest\n"
	"    title: Test the memory (memtest86+)\n"
	"    kernel: memtest.bin\n"
	"    cmdline: \"{{#console}}console={{console}}{{/console}}\"\n"
	"    variants:\n"
	"      - {arch: x64-uefi, kernel: memtest.efi}\n"
	"menus:\n"
	"  - name: main\n"
	"    title: Rouse\n"
	"    default: local\n"
	"    timeout: 30s\n"
	"    items:\n"
	"      - {profile: local, key: l}\n"
	"      - {group: Install}\n"
	"      - {profile: debian-installer, key: d}\n"
	"      - {group: Tools}\n"
	"      - {profile: rescue, key: r}\n"
	"      - {profile: memtest, key: m}\n"
	"      - {text: Information about this machine, action: info, key: i}\n"
	"      - {text: iPXE shell, action: shell, key: s}\n"
	"      - {text: Ask the server again, action: retry, key: a}\n";

static bool has_profile(const struct config_brain *brain, uint32_t count, const char *name) {
	for (uint32_t i = 0; i < count; i++)
		if (!strcmp(brain->profiles[i].name, name))
			return true;
	return false;
}

static bool has_menu(const struct config_brain *brain, uint32_t count, const char *name) {
	for (uint32_t i = 0; i < count; i++)
		if (!strcmp(brain->menus[i].name, name))
			return true;
	return false;
}

static void add_profiles(struct config *config, const struct config_brain *builtin) {
	struct config_brain *brain = &config->brain;
	uint32_t own = brain->profile_count;
	struct config_profile *list =
		arena_alloc(&config->arena, (own + (size_t)builtin->profile_count) * sizeof(*list));

	if (own)
		memcpy(list, brain->profiles, own * sizeof(*list));
	brain->profiles = list;
	for (uint32_t i = 0; i < builtin->profile_count; i++) {
		if (has_profile(brain, own, builtin->profiles[i].name))
			continue;
		list[brain->profile_count] = builtin->profiles[i];
		list[brain->profile_count++].line = 0;
	}
}

static void add_menus(struct config *config, const struct config_brain *builtin) {
	struct config_brain *brain = &config->brain;
	uint32_t own = brain->menu_count;
	struct config_menu *list =
		arena_alloc(&config->arena, (own + (size_t)builtin->menu_count) * sizeof(*list));

	if (own)
		memcpy(list, brain->menus, own * sizeof(*list));
	brain->menus = list;
	for (uint32_t i = 0; i < builtin->menu_count; i++) {
		if (has_menu(brain, own, builtin->menus[i].name))
			continue;
		list[brain->menu_count] = builtin->menus[i];
		list[brain->menu_count++].line = 0;
	}
}

void config_builtin_add(struct config *config) {
	struct config_brain builtin;

	if (!config_read_builtin(&config->arena, config_builtin_text, &builtin))
		return; // its test reads it
	add_profiles(config, &builtin);
	add_menus(config, &builtin);
}
