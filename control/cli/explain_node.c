// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "cli/explain_node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_match.h"
#include "node_expand.h"
#include "node_plan.h"
#include "text.h"
#include "vars_json.h"

// What is found out of one machine.
struct told {
	const struct explain_node *in;
	struct arena arena;
	struct store_node node;
	const struct store_order *order; // NULL: none waits
	struct node_plan plan;
	const struct vars_merged *vars;
	const char *loads[NODE_LOADS];
};

// --- finding out

static const char *copy(struct told *told, struct dhcp_bytes bytes) {
	return bytes.len ? arena_text(&told->arena, (const char *)bytes.data, bytes.len) : NULL;
}

static const struct store_node *known(struct told *told, const uint8_t *mac) {
	const struct explain_node *in = told->in;

	for (size_t i = 0; i < in->known_count; i++) {
		if (memcmp(in->known[i].mac, mac, sizeof(in->known[i].mac)) != 0)
			continue;
		told->order = in->orders[i].id ? &in->orders[i] : NULL;
		return &in->known[i];
	}
	return NULL;
}

static const char *clean(struct told *told, struct dhcp_bytes bytes) {
	char text[4 * 255 + 1]; // text_clean may make four characters of a byte

	text_clean(bytes.data, bytes.len, text, sizeof(text));
	return arena_text(&told->arena, text, strlen(text));
}

static void replace(const char **text, const char *by) {
	*text = by ? by : *text;
}

// What is given comes before what the message says, and that before what is known.
static void set_facts(struct told *told, const struct dhcp_view *view) {
	struct node_facts *facts = &told->node.facts;
	const struct node_facts *given = &told->in->facts;

	if (view->arch != POLICY_ARCH_UNKNOWN)
		facts->arch = view->arch;
	if (view->uuid) {
		facts->has_uuid = true;
		memcpy(facts->uuid, view->uuid, sizeof(facts->uuid));
	}
	replace(&facts->vendor_class, copy(told, view->vendor_class));
	if (view->giaddr) { // what the agent does not say is over
		facts->circuit_id = clean(told, view->circuit_id);
		facts->remote_id = clean(told, view->remote_id);
	}
	replace(&facts->manufacturer, given->manufacturer);
	replace(&facts->product, given->product);
	replace(&facts->serial, given->serial);
	replace(&facts->asset, given->asset);
	if (given->memory_mb)
		facts->memory_mb = given->memory_mb;
}

static void set_node(struct told *told, const struct dhcp_explanation *e) {
	const struct dhcp_view *view = &e->exchange.view;
	const struct store_node *seen = known(told, view->chaddr);
	const struct config_host *host;

	told->node = seen ? *seen : (struct store_node){.facts = {.arch = STORE_UNKNOWN_ARCH}};
	memcpy(told->node.mac, view->chaddr, sizeof(told->node.mac));
	host = config_host_by_mac(told->in->config, told->node.mac);
	if (!told->node.name || host)
		told->node.name = host ? host->name
				       : store_node_usual_name(told->node.mac,
						 arena_alloc(&told->arena, STORE_NODE_NAME_SIZE));
	// Roles match by the network, so its own address stands for one that is not chosen yet.
	if (e->exchange.record)
		told->node.address = e->exchange.record->address;
	else if (e->exchange.selection.subnet)
		told->node.address = e->exchange.selection.subnet->network;
	set_facts(told, view);
}

static bool find_out(
	struct told *told, const struct explain_node *in, const struct dhcp_explanation *e) {
	struct vars_layer layers[NODE_LAYERS];

	*told = (struct told){.in = in};
	if (!in->config || !in->config->brain.given || !e->parsed || e->exchange.view.hlen != 6)
		return false;
	set_node(told, e);
	node_plan_make(&told->plan, in->config, &told->node, told->order);
	told->vars = vars_merge(&told->arena, layers,
		node_plan_layers(&told->plan, in->config, NULL,
			vars_from_text(&told->arena, told->node.vars), layers));
	if (told->plan.assigned)
		node_expand_loads(told->plan.assigned, told->node.facts.arch, told->vars,
			&told->arena, told->loads);
	return true;
}

// --- words

static void put_condition(FILE *out, const struct config_condition *condition) {
	const char *arch = condition->match == POLICY_MATCH_ARCH
				   ? config_arch_name((uint16_t)condition->value)
				   : NULL;
	char ip[TEXT_IP_SIZE];

	if (condition->text || arch)
		fputs(condition->text ? condition->text : arch, out);
	else if (condition->match == POLICY_MATCH_SUBNET)
		fprintf(out, "%s/%d", text_ip(condition->value, ip),
			__builtin_popcount(condition->mask));
	else if (condition->match == CONFIG_FACT_MEMORY)
		fprintf(out, "%uM", condition->value);
	else
		fprintf(out, "%u", condition->value);
}

// "serial S*, T*": a key with all its alternatives.
static const char *group_text(
	struct told *told, const struct config_match *match, const struct config_condition *first) {
	char *text = NULL;
	const char *out;
	size_t len;
	FILE *stream = open_memstream(&text, &len);

	if (!stream)
		abort(); // as when memory is short
	fprintf(stream, "%s ", config_match_name(first->match));
	for (const struct config_condition *at = first;
		at < match->list + match->count && at->group == first->group; at++) {
		fputs(at == first ? "" : ", ", stream);
		put_condition(stream, at);
	}
	fclose(stream);
	out = arena_text(&told->arena, text, len);
	free(text);
	return out;
}

// NULL: the role's match was not looked at, or it took the machine.
static const char *failed_text(struct told *told, const struct config_role *role) {
	const struct store_node *node = &told->node;
	uint32_t fixed = told->plan.host ? told->plan.host->address : 0;
	struct machine machine = {.mac = node->mac,
		.name = node->name,
		.address = fixed ? fixed : node->address,
		.facts = &node->facts};
	const struct config_condition *failed = NULL;

	if (!role->match.count)
		return "anything, as it has no match";
	return node_matches(&role->match, &machine, &failed)
		       ? NULL
		       : group_text(told, &role->match, failed);
}

// Roles that were tried before the one that it has.
static uint32_t tried(const struct told *told) {
	const struct config_brain *brain = &told->in->config->brain;

	if (told->plan.role_source == NODE_BY_MATCH)
		return (uint32_t)(told->plan.role - brain->roles);
	return told->plan.role_source == NODE_BY_UNKNOWN ? brain->role_count : 0;
}

static const char *origin_text(
	const struct told *told, const struct vars_entry *entry, char out[128]) {
	const struct node_plan *plan = &told->plan;
	char ip[TEXT_IP_SIZE];

	if (entry->origin == VARS_SUBNET)
		snprintf(out, 128, "subnet %s/%u", text_ip(plan->subnet->network, ip),
			plan->subnet->prefix_len);
	else if (entry->origin == VARS_ROLE)
		snprintf(out, 128, "%s%.64s",
			plan->role ? "role " : "unknown:", plan->role ? plan->role->name : "");
	else if (entry->origin == VARS_HOST)
		snprintf(out, 128, "host %.64s", plan->host->name);
	else
		snprintf(out, 128, "%s", vars_origin_name(entry->origin));
	return out;
}

// malloc'd; of a list or a map JSON.
static char *value_text(const struct vars_value *value) {
	json_t *json;
	char *text;

	if (value->kind == VARS_TEXT)
		return mem_text(value->secret ? "(secret)" : value->text);
	json = vars_value_json(value, false);
	text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	return text;
}

// --- for people

static void print_roles(struct told *told) {
	const struct config_brain *brain = &told->in->config->brain;
	const struct node_plan *plan = &told->plan;

	for (uint32_t i = 0; i < tried(told); i++) {
		const struct config_role *role = &brain->roles[i];

		printf("  not role   %s, line %u, because it does not match %s\n", role->name,
			role->line, failed_text(told, role));
	}
	if (!plan->role_name)
		printf("  role       none: no role's match takes it, so unknown: does\n");
	else if (!plan->role)
		printf("  role       %s: %s; roles: has none of this name\n", plan->role_name,
			node_source_text(plan->role_source));
	else
		printf("  role       %s, line %u: %s\n", plan->role_name, plan->role->line,
			node_source_text(plan->role_source));
}

static void print_profile(const struct told *told) {
	const struct node_plan *plan = &told->plan;

	if (!plan->assigned)
		return;
	printf("  profile    %s: %s", plan->assigned->name,
		node_source_text(plan->assigned_source));
	if (plan->standing != plan->assigned)
		printf("; it is ordered once, %s it boots %s",
			node_source_text(plan->standing_source), plan->standing->name);
	putchar('\n');
	if (plan->assigned->local)
		puts("  loads      its own disk");
	for (int i = 0; i < NODE_LOADS; i++)
		if (told->loads[i])
			printf("  %-10s %s\n", node_load_name((enum node_load)i), told->loads[i]);
}

static void print_order(const struct told *told, const struct dhcp_explanation *e) {
	if (told->order && told->plan.boots)
		printf("  order      %llu, profile %s: it boots that first, once\n",
			(unsigned long long)told->order->id, told->order->profile);
	else if (e->exchange.selection.machine.order)
		puts("  order      pending: it boots what was ordered first, once");
}

static void print_limit(const struct explain_node *node) {
	if (!node->asked)
		puts("  not known  what was set by hand (rouse node set) and what was ordered: "
		     "rouse-control was not asked");
}

// A variable that was set by hand stands in no line.
static void print_origin(const struct told *told, const struct vars_entry *entry) {
	char origin[128];

	printf("%s", origin_text(told, entry, origin));
	if (entry->line)
		printf(", line %u", entry->line);
	putchar('\n');
}

static void print_vars(const struct told *told) {
	for (size_t i = 0; i < told->vars->count; i++) {
		const struct vars_entry *entry = &told->vars->entries[i];
		char *text = value_text(entry->value);

		for (char *at = text; (at = strchr(at, '\n'));) // each has one line
			*at = ' ';
		printf("  %-10s %s = %s   ", i ? "" : "variables", entry->name, text);
		print_origin(told, entry);
		free(text);
	}
	if (!told->vars->count)
		puts("  variables  none");
}

void explain_node_print(const struct explain_node *node, const struct dhcp_explanation *e) {
	struct told told;

	if (find_out(&told, node, e)) {
		print_roles(&told);
		print_profile(&told);
		print_order(&told, e);
		print_limit(node);
		if (node->vars)
			print_vars(&told);
	}
	arena_free(&told.arena);
}

// --- JSON

static json_t *or_null(const char *text) {
	return text ? json_string(text) : json_null();
}

static json_t *roles_before_json(struct told *told) {
	json_t *list = json_array();

	for (uint32_t i = 0; i < tried(told); i++) {
		const struct config_role *role = &told->in->config->brain.roles[i];

		json_array_append_new(
			list, json_pack("{s:s, s:I, s:s?}", "name", role->name, "line",
				      (json_int_t)role->line, "not", failed_text(told, role)));
	}
	return list;
}

static json_t *loads_json(const struct told *told) {
	json_t *object = json_object();

	for (int i = 0; i < NODE_LOADS; i++)
		if (told->loads[i])
			json_object_set_new(object, node_load_name((enum node_load)i),
				json_string(told->loads[i]));
	return object;
}

static json_t *vars_list_json(const struct told *told) {
	json_t *list = json_array();

	for (size_t i = 0; i < told->vars->count; i++) {
		const struct vars_entry *entry = &told->vars->entries[i];

		json_array_append_new(list,
			json_pack("{s:s, s:o, s:s, s:I}", "name", entry->name, "value",
				vars_value_json(entry->value, false), "origin",
				vars_origin_name(entry->origin), "line", (json_int_t)entry->line));
	}
	return list;
}

void explain_node_json(
	const struct explain_node *node, const struct dhcp_explanation *e, json_t *object) {
	struct told told;

	if (find_out(&told, node, e)) {
		const struct node_plan *plan = &told.plan;

		json_object_set_new(object, "role", or_null(plan->role_name));
		json_object_set_new(
			object, "role_because", json_string(node_source_text(plan->role_source)));
		json_object_set_new(object, "roles_before", roles_before_json(&told));
		json_object_set_new(
			object, "profile", or_null(plan->assigned ? plan->assigned->name : NULL));
		json_object_set_new(object, "profile_because",
			json_string(node_source_text(plan->assigned_source)));
		json_object_set_new(
			object, "standing", or_null(plan->standing ? plan->standing->name : NULL));
		json_object_set_new(
			object, "order_profile", or_null(told.order ? told.order->profile : NULL));
		json_object_set_new(object, "set_by_hand_known", json_boolean(node->asked));
		json_object_set_new(object, "loads", loads_json(&told));
		if (node->vars)
			json_object_set_new(object, "variables", vars_list_json(&told));
	}
	arena_free(&told.arena);
}
