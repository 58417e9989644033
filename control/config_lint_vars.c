// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Which variables machines can have, whichever machines there are.

#include <string.h>

#include "config_lint_internal.h"

struct asked {
	const struct config *config;
	const char *name;
	size_t len;
	void (*each)(void *context, const struct vars_value *value);
	void *context;
};

static const struct vars_value *find(const struct vars *vars, const char *name, size_t len) {
	return vars ? vars_map_find(&vars->map, name, len) : NULL;
}

static bool tell(const struct asked *asked, const struct vars *vars) {
	const struct vars_value *value = find(vars, asked->name, asked->len);

	if (value)
		asked->each(asked->context, value);
	return value != NULL;
}

static bool is_of(const struct config_role *role, const struct config_profile *profile) {
	return !strcmp(role->profile, profile->name);
}

// Of machines of one role; role: its variables, or those of unknown:.
static void tell_of_role(const struct asked *asked, const struct vars *role) {
	if (tell(asked, role))
		return;
	for (uint32_t i = 0; i < asked->config->subnet_count; i++)
		tell(asked, asked->config->subnets[i].vars);
	tell(asked, asked->config->brain.vars);
}

// A host of another role, or with another profile, does not boot this one.
static bool may_boot(const struct lint *lint, const struct config_host *host,
	const struct config_profile *profile) {
	const struct config_role *role = config_role_find(&lint->config->brain, host->role);

	if (host->profile)
		return !strcmp(host->profile, profile->name);
	return !role || is_of(role, profile);
}

// One with a profile of its own may be of a role with another.
static void tell_of_hosts(
	const struct asked *asked, const struct lint *lint, const struct config_profile *profile) {
	const struct config_brain *brain = &lint->config->brain;
	const struct vars *told = NULL;
	bool any = false;

	for (uint32_t i = 0; i < lint->config->host_count; i++) {
		const struct config_host *host = &lint->config->hosts[i];
		const struct config_role *role = config_role_find(brain, host->role);
		const struct vars *vars = role ? role->vars : brain->unknown.vars;

		if (!may_boot(lint, host, profile) || tell(asked, host->vars) || !host->profile ||
			(any && vars == told))
			continue;
		tell_of_role(asked, vars);
		told = vars;
		any = true;
	}
}

void config_lint_values(const struct lint *lint, const struct config_profile *profile,
	const char *name, size_t len, void (*each)(void *context, const struct vars_value *value),
	void *context) {
	const struct asked asked = {lint->config, name, len, each, context};
	const struct config_brain *brain = &lint->config->brain;
	bool is_usual = false;

	for (uint32_t i = 0; i < brain->role_count; i++) {
		if (!is_of(&brain->roles[i], profile))
			continue;
		tell_of_role(&asked, brain->roles[i].vars);
		is_usual = true;
	}
	if (!strcmp(brain->unknown.profile, profile->name))
		tell_of_role(&asked, brain->unknown.vars);
	else if (!is_usual) // by a menu or an order, whoever it may be
		tell_of_role(&asked, NULL);
	tell_of_hosts(&asked, lint, profile);
}

static bool is_within(const struct vars_value *value, const char *name, size_t len) {
	if (value->name && strlen(value->name) == len && !memcmp(value->name, name, len))
		return true;
	for (const struct vars_value *item = value->first; item; item = item->next)
		if (is_within(item, name, len))
			return true;
	return false;
}

static bool has(const struct vars *vars, const char *name, size_t len) {
	return vars && is_within(&vars->map, name, len);
}

bool config_lint_is_set(const struct config *config, const char *name, size_t len) {
	const struct config_brain *brain = &config->brain;
	bool is_set = has(brain->vars, name, len) || has(brain->unknown.vars, name, len);

	for (uint32_t i = 0; i < brain->role_count && !is_set; i++)
		is_set = has(brain->roles[i].vars, name, len);
	for (uint32_t i = 0; i < config->subnet_count && !is_set; i++)
		is_set = has(config->subnets[i].vars, name, len);
	for (uint32_t i = 0; i < config->host_count && !is_set; i++)
		is_set = has(config->hosts[i].vars, name, len);
	return is_set;
}
