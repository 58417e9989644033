// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "config_builtin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

// The variable console, where it is given, is the kernel's (ttyS0,115200). The names of files are
// those that scripts/boot-tree gives them.
const char config_builtin_text[] =
	"boot:\n"
	"  - {match: {local: true, ipxe: false},\n"
	"     menu: [{text: The local disk}], menu_timeout: 0,\n"
	"     menu_prompt: \"Rouse: the local disk\"}\n"
	"  - {match: {ipxe: true}, file: boot.ipxe}\n"
	"  - {match: {arch: x86-bios}, file: undionly.kpxe}\n"
	"  - {match: {arch: x64-uefi}, file: ipxe.efi}\n"
	"  - {match: {arch: ia32-uefi}, file: ipxe-ia32.efi}\n"
	"  - {match: {arch: arm64-uefi}, file: ipxe-arm64.efi}\n"
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

// --- boot rules

// Firmware that boots by HTTP is told a URI: our address in its network, and for machines behind
// relay agents our first. By HTTPS only where there is nothing else, as it has to know our CA.
static const struct {
	uint16_t arch;
	const char *file;
} http_files[] = {{16, "ipxe.efi"}, {15, "ipxe-ia32.efi"}, {19, "ipxe-arm64.efi"}};

#define HTTP_FILES (sizeof(http_files) / sizeof(http_files[0]))

static const char *uri_of(struct config *config, const struct config_port *port, const char *file) {
	bool plain = config->http.port;
	uint32_t tcp = plain ? config->http.port : config->http.tls_port;
	char ip[TEXT_IP_SIZE], number[8] = "", uri[128];

	if (tcp != (plain ? 80 : 443))
		snprintf(number, sizeof(number), ":%u", (uint16_t)tcp);
	snprintf(uri, sizeof(uri), "%s://%s%s/%s", plain ? "http" : "https",
		text_ip(port->address, ip), number, file);
	return arena_text(&config->arena, uri, strlen(uri));
}

// The network of a port, or with any_network every other; then the last of the list is free.
static uint32_t in_network(struct config_condition *last, uint32_t index,
	const struct config_port *port, bool any_network) {
	*last = (struct config_condition){.match = POLICY_MATCH_SUBNET,
		.group = last[-1].group + 1,
		.value = port->address & config_mask(port->prefix_len),
		.mask = config_mask(port->prefix_len)};
	return any_network ? index : index + 1;
}

static void add_uri_rule(struct config *config, const struct config_port *port, const char *file,
	struct config_condition *list, uint32_t count) {
	config->rules[config->rule_count++] = (struct config_rule){
		.match = {.count = count, .list = list},
		.file = uri_of(config, port, file),
		.send_ahead = true,
		.menu_prompt = CONFIG_MENU_PROMPT,
		.menu_timeout_s = (uint32_t)strtoul(CONFIG_MENU_TIMEOUT, NULL, 10),
	};
}

static void add_http_rule(
	struct config *config, const struct config_port *port, size_t file, bool any_network) {
	struct config_condition *list = arena_alloc(&config->arena, 2 * sizeof(*list));

	list[0] = (struct config_condition){
		.match = POLICY_MATCH_ARCH, .value = http_files[file].arch};
	add_uri_rule(config, port, http_files[file].file, list,
		in_network(&list[1], 1, port, any_network));
}

static void add_http_rules(struct config *config) {
	for (size_t k = 0; k < HTTP_FILES; k++) {
		for (uint32_t i = 0; i < config->port_count; i++)
			add_http_rule(config, &config->ports[i], k, false);
		add_http_rule(config, &config->ports[0], k, true);
	}
}

static void add_local_rule(
	struct config *config, const struct config_port *port, bool any_network) {
	struct config_condition *list =
		arena_alloc(&config->arena, (HTTP_FILES + 2) * sizeof(*list));

	list[0] = (struct config_condition){.match = POLICY_MATCH_LOCAL, .value = 1};
	for (size_t k = 0; k < HTTP_FILES; k++)
		list[1 + k] = (struct config_condition){
			.match = POLICY_MATCH_ARCH, .group = 1, .value = http_files[k].arch};
	add_uri_rule(config, port, CONFIG_LOCAL_DISK_PATH, list,
		in_network(&list[1 + HTTP_FILES], 1 + HTTP_FILES, port, any_network));
}

// Before the rule for firmware that boots by PXE, which holds for all.
static void add_local_rules(struct config *config) {
	for (uint32_t i = 0; i < config->port_count; i++)
		add_local_rule(config, &config->ports[i], false);
	add_local_rule(config, &config->ports[0], true);
}

static void add_rules(struct config *config, const struct config *builtin) {
	bool http = config->http.given && (config->http.port || config->tls.given);
	size_t uris = http ? (HTTP_FILES + 1) * (config->port_count + (size_t)1) : 0;

	config->rules =
		arena_alloc(&config->arena, (builtin->rule_count + uris) * sizeof(*config->rules));
	if (http)
		add_local_rules(config);
	for (uint32_t i = 0; i < builtin->rule_count; i++) {
		config->rules[config->rule_count] = builtin->rules[i];
		config->rules[config->rule_count++].line = 0;
	}
	if (http)
		add_http_rules(config);
}

void config_builtin_add(struct config *config) {
	struct config *builtin = config_read_builtin(&config->arena, config_builtin_text);

	if (!builtin)
		return; // its test reads it
	add_profiles(config, &builtin->brain);
	add_menus(config, &builtin->brain);
	if (!config->rule_count)
		add_rules(config, builtin);
	free(builtin);
}
