// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Which variables machines can have, whichever machines there are.

#include <string.h>

#include "config_lint_internal.h"

// A map or a list with a secret inside counts as one.
static bool is_secret(const struct vars_value *value) {
	if (value->kind == VARS_TEXT)
		return value->secret;
	for (const struct vars_value *item = value->first; item; item = item->next)
		if (is_secret(item))
			return true;
	return false;
}

static const struct vars_value *find(const struct vars *vars, const char *name, size_t len) {
	return vars ? vars_map_find(&vars->map, name, len) : NULL;
}

static uint32_t secret_line(const struct vars *vars, const char *name, size_t len) {
	const struct vars_value *value = find(vars, name, len);

	return value && is_secret(value) ? value->line : 0;
}

static bool is_of(const struct config_role *role, const struct config_profile *profile) {
	return !strcmp(role->profile, profile->name);
}

// Of machines of one role; role NULL: of those of unknown:.
static uint32_t secret_of_role(
	const struct lint *lint, const struct vars *role, const char *name, size_t len) {
	const struct config *config = lint->config;
	uint32_t line = 0;

	if (find(role, name, len))
		return secret_line(role, name, len);
	for (uint32_t i = 0; i < config->subnet_count && !line; i++)
		line = secret_line(config->subnets[i].vars, name, len);
	return line ? line : secret_line(config->brain.vars, name, len);
}

// A host of another role, or with another profile, does not boot this one.
static bool may_boot(const struct lint *lint, const struct config_host *host,
	const struct config_profile *profile) {
	const struct config_role *role = config_role_find(&lint->config->brain, host->role);

	if (host->profile)
		return !strcmp(host->profile, profile->name);
	return !role || is_of(role, profile);
}

uint32_t config_lint_secret(const struct lint *lint, const struct config_profile *profile,
	const char *name, size_t len) {
	const struct config *config = lint->config;
	const struct config_brain *brain = &config->brain;
	uint32_t line = 0;

	for (uint32_t i = 0; i < brain->role_count && !line; i++)
		if (is_of(&brain->roles[i], profile))
			line = secret_of_role(lint, brain->roles[i].vars, name, len);
	if (!line && !strcmp(brain->unknown.profile, profile->name))
		line = secret_of_role(lint, brain->unknown.vars, name, len);
	for (uint32_t i = 0; i < config->host_count && !line; i++)
		if (may_boot(lint, &config->hosts[i], profile))
			line = secret_line(config->hosts[i].vars, name, len);
	return line;
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
