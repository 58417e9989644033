// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include <string.h>

#include "boot_text.h"
#include "config_match.h"
#include "daemon.h"
#include "rest_nodes.h"
#include "store_boots.h"
#include "text.h"
#include "vars_json.h"

#define BOOTS_SHOWN 3u

static void put(json_t *object, const char *name, const char *text) {
	if (text && text[0])
		json_object_set_new(object, name, json_string(text));
}

static json_t *time_json(int64_t unix_ms) {
	return unix_ms ? json_integer(unix_ms / 1000) : json_null();
}

static json_t *facts_json(const struct node_facts *facts) {
	json_t *object = json_object(), *nics = NULL;
	char text[TEXT_UUID_SIZE];

	if (facts->arch != STORE_UNKNOWN_ARCH) {
		const char *name = config_arch_name(facts->arch);

		json_object_set_new(
			object, "arch", name ? json_string(name) : json_integer(facts->arch));
	}
	if (facts->has_uuid)
		put(object, "uuid", text_uuid(facts->uuid, text));
	if (facts->memory_mb)
		json_object_set_new(object, "memory_mb", json_integer(facts->memory_mb));
	put(object, "vendor_class", facts->vendor_class);
	put(object, "manufacturer", facts->manufacturer);
	put(object, "product", facts->product);
	put(object, "serial", facts->serial);
	put(object, "asset", facts->asset);
	put(object, "circuit_id", facts->circuit_id);
	put(object, "remote_id", facts->remote_id);
	if (facts->nics)
		nics = json_loads(facts->nics, 0, NULL);
	if (nics)
		json_object_set_new(object, "nics", nics);
	return object;
}

static const char *origin_name(uint8_t origin) {
	switch ((enum store_order_origin)origin) {
	case STORE_ORDER_OPERATOR:
		return "operator";
	case STORE_ORDER_INSTALL:
		return "install";
	case STORE_ORDER_RETRY:
		return "retry";
	}
	return "";
}

static const char *order_state_name(uint8_t state) {
	switch ((enum store_order_state)state) {
	case STORE_ORDER_WAITING:
		return "waiting";
	case STORE_ORDER_USED:
		return "used";
	case STORE_ORDER_CANCELLED:
		return "cancelled";
	}
	return "";
}

static json_t *order_json(const struct store_order *order) {
	if (!order->id)
		return json_null();
	return json_pack("{s:I, s:s, s:s, s:s, s:o, s:o}", "id", (json_int_t)order->id, "profile",
		order->profile, "state", order_state_name(order->state), "origin",
		origin_name(order->origin), "created_unix_s", time_json(order->created_ms),
		"ended_unix_s", time_json(order->used_ms));
}

static json_t *address_json(const struct store_node *node, const struct node_plan *plan) {
	uint32_t address = plan->host && plan->host->address ? plan->host->address : node->address;
	char text[TEXT_IP_SIZE];

	return address ? json_string(text_ip(address, text)) : json_null();
}

static const char *profile_name(const struct config_profile *profile) {
	return profile ? profile->name : NULL;
}

// What was set by hand.
static json_t *own_json(const struct store_node *node) {
	json_t *vars = node->vars ? json_loads(node->vars, 0, NULL) : NULL;

	return json_pack("{s:s?, s:s?, s:o, s:s?}", "role", node->role, "profile", node->profile,
		"vars", vars ? vars : json_object(), "notes", node->notes);
}

json_t *rest_node_json(const struct brain *brain, const struct store_node *node,
	const struct node_plan *plan, const struct store_order *order) {
	bool runs = brain_boot_runs(brain, node->mac);
	char mac[TEXT_MAC_SIZE];
	json_t *object = json_pack(
		"{s:s, s:s, s:b, s:s, s:o, s:s?, s:s, s:s?, s:s, s:s?, s:s?, s:b, s:o, "
		"s:o, s:o, s:o}",
		"name", node->name, "mac", text_mac(node->mac, mac), "listed", node->listed,
		"state", node_state_text(node->life.state, runs), "since_unix_s",
		time_json(node->life.since_ms), "role", plan->role_name, "role_source",
		node_source_text(plan->role_source), "profile", profile_name(plan->standing),
		"profile_source", node_source_text(plan->standing_source), "assigned",
		profile_name(plan->assigned), "boots", profile_name(plan->boots), "running", runs,
		"order", order_json(order), "address", address_json(node, plan), "last_seen_unix_s",
		time_json(node->last_seen_ms), "facts", facts_json(&node->facts));

	// Most nodes of a list have nothing of it.
	if (node->role || node->profile || node->vars || node->notes)
		json_object_set_new(object, "set", own_json(node));
	return object;
}

// --- one of them

// The tokens in template: and callback: are for the machine only.
static bool is_for_the_machine(const struct vars_entry *entry) {
	return entry->origin == VARS_BUILTIN &&
	       (!strcmp(entry->name, "template") || !strcmp(entry->name, "callback"));
}

static json_t *vars_list_json(const struct vars_merged *vars) {
	json_t *list = json_array();

	for (size_t i = 0; i < vars->count; i++) {
		const struct vars_entry *entry = &vars->entries[i];

		if (!is_for_the_machine(entry))
			json_array_append_new(
				list, json_pack("{s:s, s:o, s:s, s:I}", "name", entry->name,
					      "value", vars_value_json(entry->value, false),
					      "origin", vars_origin_name(entry->origin), "line",
					      (json_int_t)entry->line));
	}
	return list;
}

static bool add_boot(void *context, const struct boot *boot) {
	char head[BOOT_HEAD_SIZE];

	boot_text_head(boot, NULL, head);
	json_array_append_new(
		context, json_pack("{s:I, s:s, s:I, s:s}", "id", (json_int_t)boot->id, "state",
				 boot_state_text(boot->state), "started_unix_s",
				 (json_int_t)(boot->started_ns / 1000000000), "text", head));
	return true;
}

static void add_last_order(
	json_t *object, struct store *store, const struct store_node *node, struct arena *arena) {
	struct store_order last;

	if (store_order_of(store, node->mac, false, arena, &last) < 0)
		last.id = 0;
	json_object_set_new(object, "last_order", order_json(&last));
}

json_t *rest_node_json_whole(struct brain *brain, const struct store_node *node) {
	struct store *store = brain_store(brain);
	json_t *object, *boots = json_array();
	struct store_order order;
	struct node_plan plan;
	struct arena arena = {0};

	brain_plan(brain, node, &arena, &plan, &order);
	object = rest_node_json(brain, node, &plan, &order);
	json_object_set_new(object, "set", own_json(node));
	json_object_set_new(object, "notes", json_string(node->notes ? node->notes : ""));
	json_object_set_new(object, "role_notes",
		json_string(plan.role && plan.role->notes ? plan.role->notes : ""));
	json_object_set_new(object, "reason", json_string(node->life.reason));
	json_object_set_new(object, "attempts", json_integer(node->life.attempts));
	json_object_set_new(object, "first_seen_unix_s", time_json(node->first_seen_ms));
	json_object_set_new(object, "vars", vars_list_json(brain_vars(brain, node, &plan, &arena)));
	add_last_order(object, store, node, &arena);
	store_boots_of(store, node->mac, BOOTS_SHOWN, add_boot, boots);
	json_object_set_new(object, "boots_last", boots);
	arena_free(&arena);
	return object;
}
