// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "cli/node_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/rest_client.h"
#include "config_match.h"
#include "text.h"

bool node_source_uuid(const char *text, uint8_t out[16]) {
	static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	int count = 0;

	for (; *text && count < 16; count++) {
		unsigned int byte;

		text += *text == '-';
		if (!text[0] || !text[1] || strspn(text, "0123456789abcdefABCDEF") < 2 ||
			sscanf(text, "%2x", &byte) != 1)
			return false;
		out[order[count]] = (uint8_t)byte;
		text += 2;
	}
	return count == 16 && !*text;
}

// In arena; NULL where it is not there.
static const char *text_of(struct arena *arena, const json_t *object, const char *name) {
	const char *text = json_string_value(json_object_get(object, name));

	return text && text[0] ? arena_text(arena, text, strlen(text)) : NULL;
}

static uint16_t arch_of(const json_t *facts) {
	const json_t *value = json_object_get(facts, "arch");
	uint16_t arch;

	if (json_is_integer(value))
		return (uint16_t)json_integer_value(value);
	if (json_is_string(value) && config_arch_type(json_string_value(value), &arch) == 0)
		return arch;
	return STORE_UNKNOWN_ARCH;
}

static void take_facts(struct arena *arena, const json_t *facts, struct node_facts *out) {
	const char *uuid = json_string_value(json_object_get(facts, "uuid"));

	out->arch = arch_of(facts);
	out->has_uuid = uuid && node_source_uuid(uuid, out->uuid);
	out->memory_mb = (uint32_t)json_integer_value(json_object_get(facts, "memory_mb"));
	out->vendor_class = text_of(arena, facts, "vendor_class");
	out->manufacturer = text_of(arena, facts, "manufacturer");
	out->product = text_of(arena, facts, "product");
	out->serial = text_of(arena, facts, "serial");
	out->asset = text_of(arena, facts, "asset");
	out->circuit_id = text_of(arena, facts, "circuit_id");
	out->remote_id = text_of(arena, facts, "remote_id");
}

// What was set by hand stays whatever the configuration becomes.
static void take_set(struct arena *arena, const json_t *set, struct store_node *node) {
	const json_t *vars = json_object_get(set, "vars");
	char *text = json_object_size(vars) ? json_dumps(vars, JSON_COMPACT) : NULL;

	node->role = text_of(arena, set, "role");
	node->profile = text_of(arena, set, "profile");
	node->vars = text ? arena_text(arena, text, strlen(text)) : NULL;
	free(text);
}

static void take_order(struct arena *arena, const json_t *object, struct store_order *order) {
	*order = (struct store_order){
		.id = (uint64_t)json_integer_value(json_object_get(object, "id")),
		.profile = text_of(arena, object, "profile")};
	if (!order->profile)
		order->id = 0;
}

static bool take_node(struct arena *arena, const json_t *object, struct store_node *node) {
	const char *mac = json_string_value(json_object_get(object, "mac"));
	const char *address = json_string_value(json_object_get(object, "address"));

	*node = (struct store_node){.name = text_of(arena, object, "name")};
	if (!node->name || !mac || text_parse_mac(mac, node->mac) < 0)
		return false;
	if (address)
		text_parse_ip(address, &node->address);
	take_set(arena, json_object_get(object, "set"), node);
	take_facts(arena, json_object_get(object, "facts"), &node->facts);
	return true;
}

long node_source_read(const json_t *answer, struct arena *arena, struct store_node **nodes,
	struct store_order **orders) {
	const json_t *list = json_object_get(answer, "nodes"), *object;
	long count = 0;
	size_t i;

	*nodes = NULL;
	*orders = NULL;
	if (!json_is_array(list))
		return -1;
	*nodes = arena_alloc(arena, json_array_size(list) * sizeof(**nodes));
	*orders = arena_alloc(arena, json_array_size(list) * sizeof(**orders));
	json_array_foreach(list, i, object) {
		if (!take_node(arena, object, &(*nodes)[count]))
			continue;
		take_order(arena, json_object_get(object, "order"), &(*orders)[count]);
		count++;
	}
	return count;
}

long node_source_ask(const char *runtime_dir, struct arena *arena, struct store_node **nodes,
	struct store_order **orders) {
	json_t *answer = NULL;
	long status, count = -1;

	*nodes = NULL;
	*orders = NULL;
	if (rest_client_call(runtime_dir, "GET", "/v1/nodes", &status, &answer) != CLI_OK)
		return -1;
	if (status == 200)
		count = node_source_read(answer, arena, nodes, orders);
	json_decref(answer);
	return count;
}
