// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Validation of a snapshot, third part: hash tables, boot rules with their conditions, names.

#include "policy_check.h"

#include "policy_index.h"
#include "text.h"

static int check_table(const struct policy *p, const uint32_t *table, enum policy_section_id id,
	enum policy_section_id of, char why[256]) {
	uint32_t empty = 0;

	for (uint32_t i = 0; i < p->count[id]; i++) {
		if (table[i] > p->count[of])
			return policy_refuse(why,
				"entry %u of hash table %u is %u, there are %u records", i, id,
				table[i], p->count[of]);
		empty += table[i] == 0;
	}
	if (empty == 0)
		return policy_refuse(why, "hash table %u has no empty entry", id);
	return 0;
}

int policy_check_tables(const struct policy *p, char why[256]) {
	int rc = check_table(p, p->host_by_mac, POLICY_HOST_BY_MAC, POLICY_HOSTS, why);

	if (rc == 0)
		rc = check_table(p, p->host_by_addr, POLICY_HOST_BY_ADDR, POLICY_HOSTS, why);
	if (rc == 0)
		rc = check_table(p, p->name_exact, POLICY_NAME_EXACT, POLICY_NAMES, why);
	if (rc == 0)
		rc = check_table(p, p->name_folded, POLICY_NAME_FOLDED, POLICY_NAMES, why);
	return rc;
}

static bool condition_ok(const struct policy *p, const struct policy_condition *c) {
	switch ((enum policy_match)c->match) {
	case POLICY_MATCH_IPXE:
	case POLICY_MATCH_LOCAL:
	case POLICY_MATCH_ORDER:
		return c->value <= 1;
	case POLICY_MATCH_ARCH:
		return c->value < POLICY_ARCH_UNKNOWN;
	case POLICY_MATCH_SUBNET:
		return policy_mask_ok(c->mask) && (c->value & ~c->mask) == 0;
	case POLICY_MATCH_MAC:
	case POLICY_MATCH_UUID:
	case POLICY_MATCH_VENDOR_CLASS:
	case POLICY_MATCH_USER_CLASS:
	case POLICY_MATCH_HOST:
	case POLICY_MATCH_ROLE:
	case POLICY_MATCH_CIRCUIT_ID:
	case POLICY_MATCH_REMOTE_ID:
		return policy_text_ok(p, c->text, 1, POLICY_TEXT_MAX);
	}
	return false;
}

static int check_conditions_of(
	const struct policy *p, const struct policy_rule *rule, uint64_t *next, char why[256]) {
	const struct policy_range *range = &rule->conditions;

	if (range->first != *next || *next + range->count > p->count[POLICY_CONDITIONS])
		return policy_refuse(why,
			"the boot rule of line %u has %u conditions from %u, expected from %llu of "
			"%u",
			rule->line, range->count, range->first, (unsigned long long)*next,
			p->count[POLICY_CONDITIONS]);
	*next += range->count;
	for (uint32_t i = range->first; i < *next; i++) {
		const struct policy_condition *c = &p->conditions[i];

		if (i > range->first && c->group < c[-1].group)
			return policy_refuse(why,
				"the groups of the boot rule of line %u do not ascend", rule->line);
		if (!condition_ok(p, c))
			return policy_refuse(why,
				"the boot rule of line %u has a condition %u with a bad value",
				rule->line, c->match);
	}
	return 0;
}

static bool menu_item_ok(const struct policy *p, const struct policy_menu_item *item) {
	return policy_text_ok(p, item->text, 1, POLICY_MENU_TEXT_MAX) &&
	       policy_text_ok(p, item->file, 0, POLICY_NAME_MAX) &&
	       (item->next_server == 0 || policy_unicast_ok(item->next_server)) &&
	       item->file_blocks <= UINT16_MAX;
}

static int check_menu_of(
	const struct policy *p, const struct policy_rule *rule, uint64_t *next, char why[256]) {
	const struct policy_range *range = &rule->menu;

	if (range->count > POLICY_MENU_MAX || range->first != *next ||
		*next + range->count > p->count[POLICY_MENU_ITEMS])
		return policy_refuse(why,
			"the boot rule of line %u has %u menu items from %u, expected at most %u "
			"from %llu of %u",
			rule->line, range->count, range->first, POLICY_MENU_MAX,
			(unsigned long long)*next, p->count[POLICY_MENU_ITEMS]);
	*next += range->count;
	if (range->count && rule->file.len)
		return policy_refuse(
			why, "the boot rule of line %u has a menu and a file", rule->line);
	if (!policy_text_ok(p, rule->menu_prompt, 0, POLICY_MENU_TEXT_MAX) ||
		rule->menu_timeout_s > POLICY_MENU_WAITS)
		return policy_refuse(
			why, "the boot rule of line %u has a malformed menu prompt", rule->line);
	for (uint32_t i = range->first; i < *next; i++)
		if (!menu_item_ok(p, &p->menu_items[i]))
			return policy_refuse(why,
				"the boot rule of line %u has a malformed menu item", rule->line);
	return 0;
}

// Where the next rule's conditions and menu items must begin.
struct rule_next {
	uint64_t condition;
	uint64_t menu_item;
};

static int check_rule(const struct policy *p, uint32_t i, struct rule_next *next, char why[256]) {
	const struct policy_rule *rule = &p->rules[i];
	int rc;

	if (!policy_text_ok(p, rule->file, 0, POLICY_NAME_MAX))
		return policy_refuse(
			why, "the boot rule of line %u has a malformed file name", rule->line);
	if (!policy_options_ok(p, rule->options))
		return policy_refuse(
			why, "the boot rule of line %u has a malformed option block", rule->line);
	if (rule->next_server != 0 && !policy_unicast_ok(rule->next_server))
		return policy_refuse(why, "the boot rule of line %u has the next server 0x%08x",
			rule->line, rule->next_server);
	if ((rule->flags & ~(uint32_t)POLICY_RULE_NO_SEND_AHEAD) != 0)
		return policy_refuse(
			why, "the boot rule of line %u has flags 0x%x", rule->line, rule->flags);
	if (rule->file_blocks > UINT16_MAX)
		return policy_refuse(why,
			"the boot rule of line %u says %u blocks, option 13 has 16 bits",
			rule->line, rule->file_blocks);
	rc = check_conditions_of(p, rule, &next->condition, why);
	return rc < 0 ? rc : check_menu_of(p, rule, &next->menu_item, why);
}

int policy_check_rules(const struct policy *p, char why[256]) {
	struct rule_next next = {0};
	int rc = 0;

	for (uint32_t i = 0; i < p->count[POLICY_RULES] && rc == 0; i++)
		rc = check_rule(p, i, &next, why);
	if (rc == 0 && next.condition != p->count[POLICY_CONDITIONS])
		return policy_refuse(why, "there are %u conditions, but the boot rules have %llu",
			p->count[POLICY_CONDITIONS], (unsigned long long)next.condition);
	if (rc == 0 && next.menu_item != p->count[POLICY_MENU_ITEMS])
		return policy_refuse(why, "there are %u menu items, but the boot rules have %llu",
			p->count[POLICY_MENU_ITEMS], (unsigned long long)next.menu_item);
	return rc;
}

// Its own folded form finds the name, or several of them.
static bool folds_to_itself(const struct policy *p, const struct policy_name *name) {
	char folded[POLICY_NAME_MAX];
	const char *path = policy_text(p, name->path);
	const struct policy_name *found;

	for (uint32_t i = 0; i < name->path.len; i++)
		folded[i] = policy_fold(path[i]);
	switch (policy_find_folded(p, name->node, folded, name->path.len, &found)) {
	case POLICY_FOUND:
		return found == name;
	case POLICY_AMBIGUOUS:
		return true;
	case POLICY_NOT_FOUND:
	case POLICY_BAD_NAME:
		break;
	}
	return false;
}

// Everybody has no order.
static bool owner_ok(const struct policy *p, uint32_t node) {
	return node == 0 || (node & ~POLICY_NODE_ORDER) - 1 < p->count[POLICY_HOSTS];
}

static int check_name(const struct policy *p, uint32_t i, char why[256]) {
	const struct policy_name *name = &p->names[i];

	if (!policy_ref_ok(p, name->path, POLICY_NAME_MAX) ||
		!policy_name_is_plain(policy_text(p, name->path), name->path.len))
		return policy_refuse(why, "name %u is not in plain form", i);
	if (!owner_ok(p, name->node))
		return policy_refuse(why, "name %u is of node 0x%x, there are %u hosts", i,
			name->node, p->count[POLICY_HOSTS]);
	if (name->slot >= IMAGE_MAX_SLOTS || name->generation >> 56 != 0)
		return policy_refuse(why, "name %u has slot %u and generation %llu", i, name->slot,
			(unsigned long long)name->generation);
	if (name->state > POLICY_NAME_UNREADABLE)
		return policy_refuse(why, "name %u has state %u, the last one is %u", i,
			name->state, POLICY_NAME_UNREADABLE);
	return 0;
}

static int check_name_found(const struct policy *p, uint32_t i, char why[256]) {
	const struct policy_name *name = &p->names[i];
	const char *path = policy_text(p, name->path);
	char clean[128];

	if (policy_find_exact(p, name->node, path, name->path.len) != name)
		return policy_refuse(why, "name %s is there twice, or its hash table misses it",
			text_clean(path, name->path.len, clean, sizeof(clean)));
	if (!folds_to_itself(p, name))
		return policy_refuse(why, "the folded hash table misses name %s",
			text_clean(path, name->path.len, clean, sizeof(clean)));
	return 0;
}

// Look-ups compare with other names too, so all must be good before the first one.
int policy_check_names(const struct policy *p, char why[256]) {
	int rc = 0;

	for (uint32_t i = 0; i < p->count[POLICY_NAMES] && rc == 0; i++)
		rc = check_name(p, i, why);
	for (uint32_t i = 0; i < p->count[POLICY_NAMES] && rc == 0; i++)
		rc = check_name_found(p, i, why);
	return rc;
}
