// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What profiles, roles, menus and the names by which they call each other mean together.

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config_check.h"
#include "passwords.h"

struct check {
	const struct config *config;
	const struct config_brain *brain;
	struct config_errors *errors;
};

__attribute__((format(printf, 4, 5))) static void bad(
	struct check *c, uint32_t line, const char *key, const char *format, ...) {
	char text[200];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	config_error_add(c->errors, line, key, "%s", text);
}

// "profiles[web].kernel"; what comes with Rouse has no line and no mistake.
static const char *path_of(char out[96], const char *section, const char *name, const char *key) {
	snprintf(out, 96, "%s[%.40s]%s%s", section, name, key[0] ? "." : "", key);
	return out;
}

// A menu is shown by the profile that has it.
static void no_profile(struct check *c, uint32_t line, const char *path, const char *name) {
	if (config_menu_find(c->brain, name))
		bad(c, line, path,
			"there is no profile %.40s, but a menu: a profile with menu: %.40s shows "
			"it",
			name, name);
	else
		bad(c, line, path, "there is no profile %.40s", name);
}

static bool boots_something(const struct config_load *load) {
	return load->kernel || load->efi || load->script || load->wimboot;
}

// How many things a machine would have to boot at once.
static unsigned int kinds_of(const struct config_load *load) {
	return (load->kernel != NULL) + (load->efi != NULL) + (load->script != NULL) +
	       (load->wimboot != NULL);
}

static void check_load(struct check *c, uint32_t line, const char *name,
	const struct config_load *load, const struct config_load *base) {
	char path[96];

	if (kinds_of(load) > 1)
		bad(c, line, path_of(path, "profiles", name, ""),
			"boots one thing: kernel, efi, script or wimboot");
	if (load->initrd.count && !load->kernel && !base->kernel)
		bad(c, line, path_of(path, "profiles", name, "initrd"), "needs a kernel");
	if (load->cmdline && !load->kernel && !load->efi && !base->kernel && !base->efi)
		bad(c, line, path_of(path, "profiles", name, "cmdline"),
			"needs a kernel or an efi program");
	if (load->files.count && !load->wimboot && !base->wimboot)
		bad(c, line, path_of(path, "profiles", name, "files"), "needs wimboot");
	if (load->wimboot && !load->files.count && !base->files.count)
		bad(c, line, path_of(path, "profiles", name, "wimboot"),
			"needs files:, with BCD, boot.sdi and boot.wim");
}

static unsigned int ways_of(const struct config_profile *profile) {
	unsigned int loads = boots_something(&profile->load);

	for (uint32_t i = 0; i < profile->variant_count && !loads; i++)
		loads = boots_something(&profile->variants[i].load);
	return loads + profile->local + (profile->menu != NULL);
}

static void check_profile(struct check *c, const struct config_profile *profile) {
	char path[96];

	if (ways_of(profile) != 1)
		bad(c, profile->line, path_of(path, "profiles", profile->name, ""),
			ways_of(profile)
				? "is one of: files to load, local: true, a menu"
				: "boots nothing: give it a kernel, efi, script, wimboot, menu or "
				  "local: true");
	if (profile->menu && !config_menu_find(c->brain, profile->menu))
		bad(c, profile->line, path_of(path, "profiles", profile->name, "menu"),
			"there is no menu %.40s", profile->menu);
	if ((profile->fetch == CONFIG_FETCH_HTTP && !c->config->http.port) ||
		(profile->fetch != CONFIG_FETCH_TFTP && !c->config->http.given))
		bad(c, profile->line, path_of(path, "profiles", profile->name, "fetch"),
			"nothing is served by HTTP: add http: {}");
	if (profile->fetch == CONFIG_FETCH_HTTPS && !c->config->tls.given)
		bad(c, profile->line, path_of(path, "profiles", profile->name, "fetch"),
			"nothing is served by HTTPS: add tls:, see rouse cert");
	if (profile->install && (profile->local || profile->menu))
		bad(c, profile->line, path_of(path, "profiles", profile->name, "install"),
			"the local disk and menus install nothing");
	check_load(c, profile->line, profile->name, &profile->load, &profile->load);
	for (uint32_t i = 0; i < profile->variant_count; i++)
		check_load(c, profile->variants[i].line, profile->name, &profile->variants[i].load,
			&profile->load);
}

static void check_profiles(struct check *c) {
	const struct config_brain *brain = c->brain;
	char path[96];

	for (uint32_t i = 0; i < brain->profile_count; i++) {
		const struct config_profile *profile = &brain->profiles[i];
		const struct config_profile *first = config_profile_find(brain, profile->name);

		if (first != profile)
			bad(c, profile->line, path_of(path, "profiles", profile->name, "name"),
				"is the same as in line %u", first->line);
		check_profile(c, profile);
	}
}

// --- menus

// What a menu's or a role's default may call an item.
static const char *const action_names[] = {
	[CONFIG_ACTION_INFO] = "info",
	[CONFIG_ACTION_SHELL] = "shell",
	[CONFIG_ACTION_RETRY] = "retry",
	[CONFIG_ACTION_REBOOT] = "reboot",
	[CONFIG_ACTION_POWEROFF] = "poweroff",
};

const char *config_entry_target(const struct config_entry *entry) {
	if (entry->profile || entry->menu)
		return entry->profile ? entry->profile : entry->menu;
	return entry->action ? action_names[entry->action] : NULL;
}

const struct config_entry *config_entry_find(const struct config_menu *menu, const char *target) {
	for (uint32_t i = 0; target && i < menu->entry_count; i++) {
		const char *own = config_entry_target(&menu->entries[i]);

		if (own && !strcmp(own, target))
			return &menu->entries[i];
	}
	return NULL;
}

static void check_entry_names(
	struct check *c, const struct config_menu *menu, const struct config_entry *entry) {
	char path[96];
	const char *why;

	if (entry->profile && !config_profile_find(c->brain, entry->profile))
		no_profile(c, entry->line, path_of(path, "menus", menu->name, "items.profile"),
			entry->profile);
	if (entry->menu && !config_menu_find(c->brain, entry->menu))
		bad(c, entry->line, path_of(path, "menus", menu->name, "items.menu"),
			"there is no menu %.40s", entry->menu);
	if (entry->password && !c->config->http.given)
		bad(c, entry->line, path_of(path, "menus", menu->name, "items.password"),
			"the server checks it by HTTP: add http: {}");
	if (entry->password && !password_hash_is_good(entry->password, &why))
		bad(c, entry->line, path_of(path, "menus", menu->name, "items.password"), "%s",
			why);
}

static void check_entry(
	struct check *c, const struct config_menu *menu, const struct config_entry *entry) {
	unsigned int kinds = (entry->profile != NULL) + (entry->menu != NULL) +
			     (entry->action != CONFIG_ACTION_NONE) + (entry->group != NULL) +
			     entry->separator;
	bool plain = entry->group || entry->separator;
	char path[96];

	if (kinds != 1)
		bad(c, entry->line, path_of(path, "menus", menu->name, "items"),
			"a line is one of: profile, menu, action, group, separator");
	if (plain && (entry->key || entry->password || entry->text))
		bad(c, entry->line, path_of(path, "menus", menu->name, "items"),
			"nothing is chosen by a group or separator: no text, key or password");
	if (entry->action && !entry->text)
		bad(c, entry->line, path_of(path, "menus", menu->name, "items.text"),
			"an action needs a text");
	check_entry_names(c, menu, entry);
}

static void check_keys(struct check *c, const struct config_menu *menu) {
	char path[96];

	for (uint32_t i = 0; i < menu->entry_count; i++)
		for (uint32_t k = 0; menu->entries[i].key && k < i; k++)
			if (menu->entries[k].key &&
				menu->entries[k].key[0] == menu->entries[i].key[0])
				bad(c, menu->entries[i].line,
					path_of(path, "menus", menu->name, "items.key"),
					"is the same as in line %u", menu->entries[k].line);
}

static bool has_choice(const struct config_menu *menu) {
	for (uint32_t i = 0; i < menu->entry_count; i++)
		if (config_entry_target(&menu->entries[i]))
			return true;
	return false;
}

static void check_menus(struct check *c) {
	char path[96];

	for (uint32_t i = 0; i < c->brain->menu_count; i++) {
		const struct config_menu *menu = &c->brain->menus[i];
		const struct config_menu *first = config_menu_find(c->brain, menu->name);

		if (first != menu)
			bad(c, menu->line, path_of(path, "menus", menu->name, "name"),
				"is the same as in line %u", first->line);
		for (uint32_t k = 0; k < menu->entry_count; k++)
			check_entry(c, menu, &menu->entries[k]);
		check_keys(c, menu);
		if (!has_choice(menu))
			bad(c, menu->line, path_of(path, "menus", menu->name, "items"),
				"nothing can be chosen");
		if (menu->preset && !config_entry_find(menu, menu->preset))
			bad(c, menu->line, path_of(path, "menus", menu->name, "default"),
				"no item is of %.40s", menu->preset);
	}
}

// --- roles, unknown machines, hosts

// What a role, or unknown:, has of a menu must be in the menu of its profile.
static void check_menu_of(struct check *c, uint32_t line, const char *path,
	const char *profile_name, const char *preset, uint32_t timeout_s) {
	const struct config_profile *profile = config_profile_find(c->brain, profile_name);
	const struct config_menu *menu = profile ? config_menu_find(c->brain, profile->menu) : NULL;

	if (profile && !profile->menu && (preset || timeout_s))
		bad(c, line, path,
			"profile %.40s has no menu, so menu_default and menu_timeout mean "
			"nothing",
			profile_name);
	if (menu && preset && !config_entry_find(menu, preset))
		bad(c, line, path, "no item of menu %.40s is of %.40s", menu->name, preset);
}

static void check_roles(struct check *c) {
	char path[96];

	for (uint32_t i = 0; i < c->brain->role_count; i++) {
		const struct config_role *role = &c->brain->roles[i];
		const struct config_role *first = config_role_find(c->brain, role->name);

		if (first != role)
			bad(c, role->line, path_of(path, "roles", role->name, "name"),
				"is the same as in line %u", first->line);
		if (!config_profile_find(c->brain, role->profile))
			no_profile(c, role->line, path_of(path, "roles", role->name, "profile"),
				role->profile);
		check_menu_of(c, role->line, path_of(path, "roles", role->name, "menu_default"),
			role->profile, role->menu_default, role->menu_timeout_s);
	}
}

static void check_unknown(struct check *c) {
	const struct config_unknown *unknown = &c->brain->unknown;
	const struct config_profile *profile = config_profile_find(c->brain, unknown->profile);

	if (!profile)
		no_profile(c, unknown->line, "unknown.profile", unknown->profile);
	else if (profile->install)
		bad(c, unknown->line, "unknown.profile",
			"%.40s would be installed on each machine that is plugged in: name those "
			"machines in a role's match",
			unknown->profile);
	check_menu_of(c, unknown->line, "unknown.menu_default", unknown->profile,
		unknown->menu_default, unknown->menu_timeout_s);
}

static void check_host(struct check *c, const struct config_host *host) {
	char path[96];

	if (host->role && c->brain->role_count && !config_role_find(c->brain, host->role))
		bad(c, host->line, path_of(path, "hosts", host->name, "role"),
			"there is no role %.40s", host->role);
	if (host->profile && !config_profile_find(c->brain, host->profile))
		no_profile(c, host->line, path_of(path, "hosts", host->name, "profile"),
			host->profile);
}

void config_check_brain(const struct config *config, struct config_errors *errors) {
	struct check c = {.config = config, .brain = &config->brain, .errors = errors};

	for (uint32_t i = 0; i < config->host_count; i++)
		check_host(&c, &config->hosts[i]);
	if (!config->brain.given) {
		if (!config->rule_count)
			config_error_add(errors, 0, "boot", "needs at least one entry");
		return;
	}
	check_profiles(&c);
	check_menus(&c);
	check_roles(&c);
	check_unknown(&c);
}
