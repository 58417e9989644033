// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The part of the configuration that says what machines become: profiles, roles, menus. Part of
// config.h; nobody includes it alone.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "vars.h"

struct config_texts {
	uint32_t count;
	const char **list;
};

// What is told of a machine beside what boot rules match: conditions of a role's match. They
// follow the numbers of enum policy_match.
enum config_fact {
	CONFIG_FACT_SERIAL = 64,  // text: glob
	CONFIG_FACT_ASSET,        // text: glob
	CONFIG_FACT_MANUFACTURER, // text: glob
	CONFIG_FACT_PRODUCT,      // text: glob
	CONFIG_FACT_MEMORY,       // value: MiB at least
	CONFIG_FACT_END,
};

// One alternative of one match key.
struct config_condition {
	uint16_t match; // enum policy_match, or enum config_fact
	uint16_t group;
	uint32_t value;
	uint32_t mask;
	const char *text; // NULL where value says it
};

struct config_match {
	uint32_t count;
	struct config_condition *list; // those of one group stand together
};

// What a machine loads. In a variant NULL and 0 mean: as the profile says. Texts may hold
// {{variables}}.
struct config_load {
	const char *kernel;
	struct config_texts initrd;
	const char *cmdline;
	const char *efi;     // an EFI program
	const char *script;  // an iPXE script
	const char *wimboot; // wimboot itself; what it loads is in files
	struct config_texts files;
};

struct config_variant {
	uint32_t line;
	struct config_match match; // of architectures only
	struct config_load load;
};

enum config_fetch {
	CONFIG_FETCH_TFTP = 0,
	CONFIG_FETCH_HTTP,
	CONFIG_FETCH_HTTPS,
};

struct config_profile {
	uint32_t line; // 0: one that comes with Rouse
	const char *name;
	const char *title; // NULL: the name
	struct config_load load;
	uint32_t variant_count;
	struct config_variant *variants;
	bool local;       // the machine's own disk
	const char *menu; // the name of a menu
	bool install;     // each boot of it is ordered, the local disk comes between
	bool verify;      // iPXE checks signatures where its build can
	uint8_t fetch;    // enum config_fetch: how iPXE gets the files
	uint32_t timeout_s;
	uint32_t retries;
};

struct config_role {
	uint32_t line;
	const char *name;
	struct config_match match;
	const char *profile;
	const char *notes;
	const char *menu_default; // as config_menu.preset; NULL: the menu's
	uint32_t menu_timeout_s;  // 0: the menu's
	struct vars *vars;        // NULL: none
};

struct config_unknown {
	uint32_t line;
	const char *profile;
	const char *menu_default; // as of a role
	uint32_t menu_timeout_s;
	struct vars *vars;
};

enum config_entry_action {
	CONFIG_ACTION_NONE = 0,
	CONFIG_ACTION_INFO,  // a page about the hardware
	CONFIG_ACTION_SHELL, // iPXE's
	CONFIG_ACTION_RETRY, // asks DHCP and for the script again
	CONFIG_ACTION_REBOOT,
	CONFIG_ACTION_POWEROFF,
};

// A line of a menu: an item of a profile, menu or action; a group's headline; a separator.
struct config_entry {
	uint32_t line;
	const char *text;
	const char *group;
	bool separator;
	const char *profile;
	const char *menu;
	uint8_t action;       // enum config_entry_action
	const char *key;      // one character
	const char *password; // its hash, of crypt(3)
};

struct config_menu {
	uint32_t line;
	const char *name;
	const char *title;
	uint32_t timeout_s; // 0: waits for ever
	const char *preset; // the name of the profile, menu or action that is booted by itself
	bool colours;
	uint32_t entry_count;
	struct config_entry *entries;
};

struct config_brain {
	bool given; // profiles:, roles:, unknown: or menus: are there
	uint32_t profile_count;
	struct config_profile *profiles; // the operator's, then those that come with Rouse
	uint32_t role_count;
	struct config_role *roles;
	struct config_unknown unknown;
	uint32_t menu_count;
	struct config_menu *menus;
	uint32_t url_lifetime_s;
	const char *template_dir; // NULL: there are no templates
	struct vars *vars;        // of the site
};

// The profile or menu of this name, or NULL.
const struct config_profile *config_profile_find(
	const struct config_brain *brain, const char *name);
const struct config_menu *config_menu_find(const struct config_brain *brain, const char *name);
const struct config_role *config_role_find(const struct config_brain *brain, const char *name);

// What a machine of this architecture (option 93) loads by a profile: the profile's own, with what
// the first variant for it has in place of that.
struct config_load config_load_for(const struct config_profile *profile, uint16_t arch);

// What choosing a line does, as a default names it: a profile, a menu, "info"; NULL for a line that
// cannot be chosen.
const char *config_entry_target(const struct config_entry *entry);

// The line of a menu by that, or NULL.
const struct config_entry *config_entry_find(const struct config_menu *menu, const char *target);

// What firmware of this architecture (option 93) runs, whichever way it boots: x64 by HTTP is x64.
uint16_t config_arch_kind(uint16_t arch);
