// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "config_brain.h"

#include <string.h>

#include "config.h"

const struct config_profile *config_profile_find(
	const struct config_brain *brain, const char *name) {
	for (uint32_t i = 0; name && i < brain->profile_count; i++)
		if (!strcmp(brain->profiles[i].name, name))
			return &brain->profiles[i];
	return NULL;
}

const struct config_menu *config_menu_find(const struct config_brain *brain, const char *name) {
	for (uint32_t i = 0; name && i < brain->menu_count; i++)
		if (!strcmp(brain->menus[i].name, name))
			return &brain->menus[i];
	return NULL;
}

const struct config_role *config_role_find(const struct config_brain *brain, const char *name) {
	for (uint32_t i = 0; name && i < brain->role_count; i++)
		if (!strcmp(brain->roles[i].name, name))
			return &brain->roles[i];
	return NULL;
}

// Firmware that boots by HTTP, or that says EBC, is of the same kind: what it loads is the same.
uint16_t config_arch_kind(uint16_t arch) {
	switch (arch) {
	case 9:  // EBC
	case 16: // x64 by HTTP
	case 17:
		return 7;
	case 15:
		return 6;
	case 18:
		return 10;
	case 19:
		return 11;
	case 20:
		return 0;
	default:
		return arch;
	}
}

static bool is_for(const struct config_variant *variant, uint16_t arch) {
	for (uint32_t i = 0; i < variant->match.count; i++)
		if (config_arch_kind((uint16_t)variant->match.list[i].value) ==
			config_arch_kind(arch))
			return true;
	return false;
}

static bool loads_something(const struct config_load *load) {
	return load->kernel || load->efi || load->script || load->wimboot;
}

// What boots is one thing: a variant with a kernel has none of the profile's EFI program.
static struct config_load replaced(const struct config_load *load, const struct config_load *by) {
	struct config_load out = *load;

	if (loads_something(by)) {
		out.kernel = by->kernel;
		out.efi = by->efi;
		out.script = by->script;
		out.wimboot = by->wimboot;
		out.initrd = by->initrd;
		out.files = by->files;
	}
	if (by->initrd.count)
		out.initrd = by->initrd;
	if (by->files.count)
		out.files = by->files;
	if (by->cmdline)
		out.cmdline = by->cmdline;
	return out;
}

struct config_load config_load_for(const struct config_profile *profile, uint16_t arch) {
	for (uint32_t i = 0; i < profile->variant_count; i++)
		if (is_for(&profile->variants[i], arch))
			return replaced(&profile->load, &profile->variants[i].load);
	return profile->load;
}
