// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What differs between two configurations in their parts: records with the same name or network are
// the same record, changed.

#include <stdio.h>
#include <string.h>

#include "config_diff.h"
#include "config_equal.h"
#include "text.h"

#define NAME_SIZE 96
#define KEYS_SIZE 512

static void add(struct config_diff *diff, enum config_change_kind kind, const char *what,
	const char *name, const char *keys) {
	if (diff->change_count == diff->change_size) {
		diff->change_size = diff->change_size ? 2 * diff->change_size : 64;
		diff->changes =
			mem_resize(diff->changes, diff->change_size * sizeof(*diff->changes));
	}
	diff->changes[diff->change_count++] = (struct config_change){
		.kind = kind,
		.what = what,
		.name = arena_text(&diff->arena, name, strlen(name)),
		.keys = arena_text(&diff->arena, keys, strlen(keys)),
	};
}

// How records of a section are known in both.
struct part {
	const char *what;
	enum config_section_id section;
	size_t size;
	uint32_t count[2];
	const char *records[2];
	const char *(*name)(const void *record, char out[NAME_SIZE]);
};

static const char *name_of_profile(const void *record, char out[NAME_SIZE]) {
	(void)out;
	return ((const struct config_profile *)record)->name;
}

static const char *name_of_role(const void *record, char out[NAME_SIZE]) {
	(void)out;
	return ((const struct config_role *)record)->name;
}

static const char *name_of_menu(const void *record, char out[NAME_SIZE]) {
	(void)out;
	return ((const struct config_menu *)record)->name;
}

static const char *name_of_subnet(const void *record, char out[NAME_SIZE]) {
	const struct config_subnet *subnet = record;
	char ip[TEXT_IP_SIZE];

	snprintf(out, NAME_SIZE, "%s/%u", text_ip(subnet->network, ip), subnet->prefix_len);
	return out;
}

static const char *find(const struct part *part, int side, const char *name) {
	char other[NAME_SIZE];

	for (uint32_t i = 0; i < part->count[side]; i++) {
		const char *record = part->records[side] + i * part->size;

		if (!strcmp(part->name(record, other), name))
			return record;
	}
	return NULL;
}

static void compare(struct config_diff *diff, const struct part *part) {
	char name[NAME_SIZE], keys[KEYS_SIZE];

	for (uint32_t i = 0; i < part->count[0]; i++) {
		const char *record = part->records[0] + i * part->size;
		const char *called = part->name(record, name), *next = find(part, 1, called);

		if (!next)
			add(diff, CONFIG_REMOVED, part->what, called, "");
		else if (config_record_differences(
				 part->section, record, next, keys, sizeof(keys))[0])
			add(diff, CONFIG_CHANGED, part->what, called, keys);
	}
	for (uint32_t i = 0; i < part->count[1]; i++) {
		const char *called = part->name(part->records[1] + i * part->size, name);

		if (!find(part, 0, called))
			add(diff, CONFIG_ADDED, part->what, called, "");
	}
}

// --- boot rules, which have no names: what stands before and behind the same is the same

static void tell_rule(
	struct config_diff *diff, enum config_change_kind kind, const struct config_rule *rule) {
	char name[32] = "that comes with Rouse";

	if (rule->line)
		snprintf(name, sizeof(name), "line %u", rule->line);
	add(diff, kind, "boot rule", name, "");
}

static bool same_rule(const struct config_rule *a, const struct config_rule *b) {
	return config_record_equal(CONFIG_RULE, a, b);
}

static void compare_rules(
	struct config_diff *diff, const struct config *before, const struct config *after) {
	uint32_t first = 0, old = before->rule_count, new = after->rule_count;
	char keys[KEYS_SIZE], name[32];

	while (first < old && first < new &&same_rule(&before->rules[first], &after->rules[first]))
		first++;
	for (; old > first && new > first; old--, new --)
		if (!same_rule(&before->rules[old - 1], &after->rules[new - 1]))
			break;
	if (old == new)
		for (uint32_t i = first; i < old; i++) {
			config_record_differences(CONFIG_RULE, &before->rules[i], &after->rules[i],
				keys, sizeof(keys));
			snprintf(name, sizeof(name), "line %u", after->rules[i].line);
			if (keys[0])
				add(diff, CONFIG_CHANGED, "boot rule", name, keys);
		}
	for (uint32_t i = first; old != new &&i < old; i++)
		tell_rule(diff, CONFIG_REMOVED, &before->rules[i]);
	for (uint32_t i = first; old != new &&i < new; i++)
		tell_rule(diff, CONFIG_ADDED, &after->rules[i]);
}

// --- keys of the file itself

static void compare_keys(
	struct config_diff *diff, const struct config *before, const struct config *after) {
	char keys[KEYS_SIZE];

	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];

		// Those with a restart are told by config_check_reload, records by their names.
		if (key->section != CONFIG_TOP || key->type == CONFIG_TYPE_RECORDS ||
			(key->flags & CONFIG_RESTART) || config_key_equal(key, before, after))
			continue;
		keys[0] = '\0';
		if (key->type == CONFIG_TYPE_MAP)
			config_record_differences(key->records, (const char *)before + key->offset,
				(const char *)after + key->offset, keys, sizeof(keys));
		add(diff, CONFIG_CHANGED, "key", key->name, keys);
	}
}

void config_diff_parts(
	struct config_diff *diff, const struct config *before, const struct config *after) {
	const struct config_brain *x = &before->brain, *y = &after->brain;
	const struct part parts[] = {
		{"profile", CONFIG_PROFILE, sizeof(*x->profiles),
			{x->profile_count, y->profile_count},
			{(const char *)x->profiles, (const char *)y->profiles}, name_of_profile},
		{"role", CONFIG_ROLE, sizeof(*x->roles), {x->role_count, y->role_count},
			{(const char *)x->roles, (const char *)y->roles}, name_of_role},
		{"menu", CONFIG_MENU, sizeof(*x->menus), {x->menu_count, y->menu_count},
			{(const char *)x->menus, (const char *)y->menus}, name_of_menu},
		{"subnet", CONFIG_SUBNET, sizeof(*before->subnets),
			{before->subnet_count, after->subnet_count},
			{(const char *)before->subnets, (const char *)after->subnets},
			name_of_subnet},
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		compare(diff, &parts[i]);
	compare_rules(diff, before, after);
	compare_keys(diff, before, after);
}
