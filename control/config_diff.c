// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Each node by both configurations: what it is, what it boots, its variables. What changes in the
// same way for several nodes of a role is told once.

#include "config_diff.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_check.h"
#include "config_equal.h"
#include "node_expand.h"
#include "node_plan.h"
#include "text.h"
#include "vars_json.h"

// What is told of a node, in this order; variables follow.
enum facet {
	FACET_LISTED,
	FACET_NAME,
	FACET_ROLE,
	FACET_ADDRESS,
	FACET_OPTIONS,
	FACET_PROFILE,
	FACET_LOADS, // the first of enum node_load
	FACET_COUNT = FACET_LOADS + NODE_LOADS,
};

// What nodes without variables of their own have in common.
struct common {
	const struct config_subnet *subnet;
	const struct config_role *role;
	const struct config_profile *profile;
	uint16_t arch;
	const struct vars_merged *vars;
	const char *loads[NODE_LOADS];
};

#define COMMONS 1024u // places; what finds none is made again

struct side {
	struct config_diff *diff;
	const struct config *config;
	struct common *commons;
};

// A node by one configuration.
struct view {
	struct node_plan plan;
	const char *facets[FACET_LOADS];
	const struct common *common;
};

struct record {
	uint32_t order; // of what
	struct config_node_change change;
	const char *node;
};

struct maker {
	struct config_diff *diff;
	struct side sides[2];
	struct record *records;
	size_t count;
	size_t size;
	const char *node; // that is compared
	const char *role;
};

// --- one node by one configuration

static size_t place_of(const struct common *key) {
	uint64_t hash = ((uintptr_t)key->subnet >> 4) * 31 + ((uintptr_t)key->role >> 4);

	hash = (hash * 31 + ((uintptr_t)key->profile >> 4) + key->arch) *
	       UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(hash >> 40) % COMMONS;
}

static bool is_same_key(const struct common *a, const struct common *b) {
	return a->vars && a->subnet == b->subnet && a->role == b->role &&
	       a->profile == b->profile && a->arch == b->arch;
}

static void fill(struct side *side, struct common *common, const struct node_plan *plan,
	const struct vars *own) {
	struct arena *arena = &side->diff->arena;
	struct vars_layer layers[NODE_LAYERS];
	size_t count = node_plan_layers(plan, side->config, NULL, own, layers);

	common->vars = vars_merge(arena, layers, count);
	if (plan->assigned)
		node_expand_loads(plan->assigned, common->arch, common->vars, arena, common->loads);
}

static const struct common *common_of(
	struct side *side, const struct node_plan *plan, const struct store_node *node) {
	const struct vars *own = vars_from_text(&side->diff->arena, node->vars);
	struct common key = {.subnet = plan->subnet,
		.role = plan->role,
		.profile = plan->assigned,
		.arch = node->facts.arch};
	struct common *common = &side->commons[place_of(&key)];

	if (own || (plan->host && plan->host->vars)) {
		common = arena_alloc(&side->diff->arena, sizeof(*common));
	} else if (is_same_key(common, &key)) {
		return common;
	} else if (common->vars) {
		common = arena_alloc(&side->diff->arena, sizeof(*common));
	}
	*common = key;
	fill(side, common, plan, own);
	return common;
}

static const char *profile_text(struct side *side, const struct config_profile *profile) {
	size_t size;
	char *text;

	if (!profile || !profile->install)
		return profile ? profile->name : NULL;
	size = strlen(profile->name) + 64;
	text = arena_alloc(&side->diff->arena, size);
	snprintf(text, size, "%s (ordered; its own disk otherwise)", profile->name);
	return text;
}

static const char *address_text(struct side *side, const struct config_host *host) {
	return host && host->address
		       ? text_ip(host->address, arena_alloc(&side->diff->arena, TEXT_IP_SIZE))
		       : NULL;
}

static void look(struct side *side, const struct store_node *node, struct view *view) {
	struct store_node named = *node;
	const struct config_host *host = config_host_by_mac(side->config, node->mac);

	if (host)
		named.name = host->name;
	node_plan_make(&view->plan, side->config, &named, NULL);
	view->common = common_of(side, &view->plan, node);
	view->facets[FACET_LISTED] = host ? "listed" : NULL;
	view->facets[FACET_NAME] = host ? host->name : NULL;
	view->facets[FACET_ROLE] = view->plan.role_name;
	view->facets[FACET_ADDRESS] = address_text(side, host);
	view->facets[FACET_OPTIONS] = NULL;
	view->facets[FACET_PROFILE] = profile_text(side, view->plan.assigned);
}

// --- what differs

static bool same_text(const char *a, const char *b) {
	return a && b ? !strcmp(a, b) : a == b;
}

static void add(struct maker *maker, uint32_t order, const char *what, const char *before,
	const char *after) {
	if (maker->count == maker->size) {
		maker->size = maker->size ? 2 * maker->size : 1024;
		maker->records = mem_resize(maker->records, maker->size * sizeof(*maker->records));
	}
	maker->records[maker->count++] = (struct record){
		.order = order,
		.change = {.role = maker->role, .what = what, .before = before, .after = after},
		.node = maker->node,
	};
}

static const char *value_text(struct maker *maker, const struct vars_entry *entry) {
	json_t *json;
	char *text;
	const char *copy;

	if (!entry)
		return NULL;
	if (entry->value->kind == VARS_TEXT)
		return entry->value->secret ? "(secret)" : entry->value->text;
	json = vars_value_json(entry->value, false);
	text = json_dumps(json, JSON_COMPACT);
	copy = arena_text(&maker->diff->arena, text, strlen(text));
	free(text);
	json_decref(json);
	return copy;
}

static void tell_var(
	void *context, const struct vars_entry *before, const struct vars_entry *after) {
	struct maker *maker = context;
	const char *name = before ? before->name : after->name;
	const char *x = value_text(maker, before), *y = value_text(maker, after);
	size_t size = strlen(name) + 5;
	char *what = arena_alloc(&maker->diff->arena, size);

	snprintf(what, size, "var.%s", name);
	// Only secrets differ without being seen to.
	add(maker, FACET_COUNT, what, x, same_text(x, y) ? "(secret, changed)" : y);
}

static void compare_loads(
	struct maker *maker, const struct view *before, const struct view *after) {
	for (int i = 0; i < NODE_LOADS; i++) {
		const char *x = before->common->loads[i], *y = after->common->loads[i];

		if (!same_text(x, y))
			add(maker, (uint32_t)(FACET_LOADS + i), node_load_name((enum node_load)i),
				x, y);
	}
}

static bool same_options(const struct config_host *a, const struct config_host *b) {
	return !a || !b || config_key_equal(config_key_find(CONFIG_HOST, "options"), a, b);
}

static void compare_views(
	struct maker *maker, const struct view *before, const struct view *after) {
	static const char *const names[FACET_LOADS] = {
		"hosts:", "name", "role", "address", "options", "profile"};

	for (uint32_t i = 0; i < FACET_LOADS; i++) {
		const char *x = before->facets[i], *y = after->facets[i];

		// A name that comes or goes with the entry is no news.
		if (i == FACET_NAME && (!x || !y))
			continue;
		if (!same_text(x, y))
			add(maker, i, names[i], x, y);
	}
	if (!same_options(before->plan.host, after->plan.host))
		add(maker, FACET_OPTIONS, "options", "(as they are)", "(others)");
	compare_loads(maker, before, after);
	vars_compare(before->common->vars, after->common->vars, tell_var, maker);
}

static void compare_node(struct maker *maker, const struct store_node *node) {
	struct view before, after;
	size_t count = maker->count;

	look(&maker->sides[0], node, &before);
	look(&maker->sides[1], node, &after);
	maker->node = after.plan.host    ? after.plan.host->name
		      : before.plan.host ? before.plan.host->name
					 : node->name;
	maker->role = after.plan.role_name;
	compare_views(maker, &before, &after);
	maker->diff->node_count += maker->count > count;
}

// --- all nodes

static int by_mac(const void *a, const void *b) {
	const struct store_node *x = a, *y = b;
	int order = memcmp(x->mac, y->mac, sizeof(x->mac));

	// What is known of a machine comes before its entry in hosts:.
	return order ? order : (int)y->listed - (int)x->listed;
}

static size_t take_hosts(struct store_node *out, const struct config *config) {
	for (uint32_t i = 0; i < config->host_count; i++) {
		out[i] = (struct store_node){
			.name = config->hosts[i].name, .facts = {.arch = STORE_UNKNOWN_ARCH}};
		memcpy(out[i].mac, config->hosts[i].mac, sizeof(out[i].mac));
	}
	return config->host_count;
}

static void compare_nodes(struct maker *maker, const struct store_node *nodes, size_t node_count) {
	const struct config *before = maker->sides[0].config, *after = maker->sides[1].config;
	size_t count = node_count;
	struct store_node *all =
		mem_alloc((node_count + before->host_count + after->host_count) * sizeof(*all));

	for (size_t i = 0; i < node_count; i++) {
		all[i] = nodes[i];
		all[i].listed = true; // for the order only
	}
	count += take_hosts(all + count, before);
	count += take_hosts(all + count, after);
	qsort(all, count, sizeof(*all), by_mac);
	for (size_t i = 0; i < count; i++)
		if (!i || memcmp(all[i].mac, all[i - 1].mac, sizeof(all[i].mac)) != 0)
			compare_node(maker, &all[i]);
	free(all);
}

// --- what is the same for several

static int compare_texts(const char *a, const char *b) {
	return a && b ? strcmp(a, b) : (a != NULL) - (b != NULL);
}

static int compare_changes(const struct record *x, const struct record *y) {
	int order = compare_texts(x->change.role, y->change.role);

	if (!order)
		order = x->order < y->order ? -1 : x->order > y->order;
	if (!order)
		order = strcmp(x->change.what, y->change.what);
	if (!order)
		order = compare_texts(x->change.before, y->change.before);
	return order ? order : compare_texts(x->change.after, y->change.after);
}

static int by_change(const void *a, const void *b) {
	const struct record *x = a, *y = b;
	int order = compare_changes(x, y);

	return order ? order : strverscmp(x->node, y->node);
}

static void group(struct maker *maker) {
	struct config_diff *diff = maker->diff;
	const char **nodes = arena_alloc(&diff->arena, maker->count * sizeof(*nodes));

	if (maker->count)
		qsort(maker->records, maker->count, sizeof(*maker->records), by_change);
	diff->node_changes = arena_alloc(&diff->arena, maker->count * sizeof(*diff->node_changes));
	for (size_t i = 0; i < maker->count; i++) {
		struct config_node_change *last;

		nodes[i] = maker->records[i].node;
		if (!i || compare_changes(&maker->records[i - 1], &maker->records[i]) != 0) {
			last = &diff->node_changes[diff->node_change_count++];
			*last = maker->records[i].change;
			last->nodes = nodes + i;
		}
		diff->node_changes[diff->node_change_count - 1].node_count++;
	}
}

struct config_diff *config_diff_make(const struct config *before, const struct config *after,
	const struct store_node *nodes, size_t node_count, uint32_t leases) {
	struct config_diff *diff = mem_alloc(sizeof(*diff));
	struct maker maker = {.diff = diff,
		.sides = {{diff, before, mem_alloc(COMMONS * sizeof(struct common))},
			{diff, after, mem_alloc(COMMONS * sizeof(struct common))}}};

	compare_nodes(&maker, nodes, node_count);
	group(&maker);
	config_diff_parts(diff, before, after);
	config_check_reload(before, after, leases, &diff->restart);
	free(maker.records);
	free(maker.sides[0].commons);
	free(maker.sides[1].commons);
	return diff;
}

void config_diff_free(struct config_diff *diff) {
	if (!diff)
		return;
	arena_free(&diff->arena);
	free(diff->changes);
	free(diff);
}

bool config_diff_is_empty(const struct config_diff *diff) {
	return !diff->node_change_count && !diff->change_count && !diff->restart.count;
}
