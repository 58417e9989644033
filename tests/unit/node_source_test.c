// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Answers as rouse-control gives them: smoke/nodes asks a real one.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/node_source.h"

static struct store_order *orders; // of the last text

static long read_text(const char *text, struct arena *arena, struct store_node **nodes) {
	json_t *answer = json_loads(text, 0, NULL);
	long count = node_source_read(answer, arena, nodes, &orders);

	json_decref(answer);
	return count;
}

static void what_is_no_list_is_refused(void **state) {
	static const char *const texts[] = {
		"[]", "{}", "{\"nodes\": {}}", "{\"nodes\": null}", "{\"error\": \"busy\"}"};
	struct store_node *nodes;
	struct arena arena = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (read_text(texts[i], &arena, &nodes) != -1 || nodes)
			fail_msg("%s is read", texts[i]);
	arena_free(&arena);
}

static void what_is_no_node_is_left_out(void **state) {
	struct store_node *nodes;
	struct arena arena = {0};

	(void)state;
	assert_int_equal(read_text("{\"nodes\": [1, [], {}, {\"name\": \"a\"}, "
				   "{\"name\": \"a\", \"mac\": \"52:54\"}, "
				   "{\"name\": 5, \"mac\": \"52:54:00:00:00:01\"}, "
				   "{\"name\": \"b\", \"mac\": \"52:54:00:00:00:02\", "
				   "\"address\": 7, \"role\": [], \"facts\": {\"uuid\": \"x\", "
				   "\"arch\": \"vax\", \"memory_mb\": \"many\", \"serial\": {}}}]}",
				 &arena, &nodes),
		1);
	assert_string_equal(nodes[0].name, "b");
	assert_int_equal(nodes[0].address, 0);
	assert_null(nodes[0].role);
	assert_false(nodes[0].facts.has_uuid);
	assert_int_equal(nodes[0].facts.arch, STORE_UNKNOWN_ARCH);
	assert_int_equal(nodes[0].facts.memory_mb, 0);
	assert_null(nodes[0].facts.serial);
	arena_free(&arena);
}

static void all_facts_are_read(void **state) {
	static const uint8_t uuid[16] = {0x44, 0x45, 0x4c, 0x4c, 0x34, 0, 0x10, 0x50, 0x80, 0x52,
		0xb4, 0xc0, 0x4f, 0x56, 0x48, 0x32};
	struct store_node *nodes;
	struct arena arena = {0};
	const struct node_facts *facts;

	(void)state;
	assert_int_equal(
		read_text("{\"nodes\": [{\"name\": \"n1\", \"mac\": \"52:54:00:00:00:01\", "
			  "\"address\": \"10.77.0.9\", \"role\": \"web\", \"role_source\": \"set "
			  "by hand\", "
			  "\"assigned\": \"setup\", \"profile_source\": \"its role\", "
			  "\"facts\": {\"arch\": \"x64-uefi\", \"uuid\": "
			  "\"4c4c4544-0034-5010-8052-b4c04f564832\", "
			  "\"memory_mb\": 4096, \"vendor_class\": \"v\", \"manufacturer\": \"m\", "
			  "\"product\": \"p\", \"serial\": \"s\", \"asset\": \"a\", "
			  "\"circuit_id\": \"c\", "
			  "\"remote_id\": \"r\"}}]}",
			&arena, &nodes),
		1);
	facts = &nodes[0].facts;
	assert_int_equal(nodes[0].mac[5], 1);
	assert_int_equal(nodes[0].address, 0x0a4d0009);
	assert_null(nodes[0].profile); // what its role gives another configuration may change
	assert_int_equal(facts->arch, 7);
	assert_true(facts->has_uuid);
	assert_memory_equal(facts->uuid, uuid, sizeof(uuid));
	assert_int_equal(facts->memory_mb, 4096);
	assert_string_equal(facts->vendor_class, "v");
	assert_string_equal(facts->manufacturer, "m");
	assert_string_equal(facts->product, "p");
	assert_string_equal(facts->serial, "s");
	assert_string_equal(facts->asset, "a");
	assert_string_equal(facts->circuit_id, "c");
	assert_string_equal(facts->remote_id, "r");
	arena_free(&arena);
}

// The profile that a node boots between installations is another than that which was set.
static void only_what_is_set_by_hand_stays(void **state) {
	struct store_node *nodes;
	struct arena arena = {0};

	(void)state;
	assert_int_equal(
		read_text("{\"nodes\": [{\"name\": \"n1\", \"mac\": \"52:54:00:00:00:01\", "
			  "\"role\": \"web\", \"assigned\": \"setup\", \"profile_source\": "
			  "\"between installations\", \"set\": {\"role\": \"web\", "
			  "\"profile\": \"setup\", \"vars\": {\"shelf\": \"B7\"}}}, "
			  "{\"name\": \"n2\", \"mac\": \"52:54:00:00:00:02\", \"set\": {\"vars\": "
			  "[]}}]}",
			&arena, &nodes),
		2);
	assert_string_equal(nodes[0].role, "web");
	assert_string_equal(nodes[0].profile, "setup");
	assert_string_equal(nodes[0].vars, "{\"shelf\":\"B7\"}");
	assert_null(nodes[1].role);
	assert_null(nodes[1].vars);
	arena_free(&arena);
}

static void an_order_without_a_profile_is_none(void **state) {
	struct store_node *nodes;
	struct arena arena = {0};

	(void)state;
	assert_int_equal(
		read_text("{\"nodes\": [{\"name\": \"n1\", \"mac\": \"52:54:00:00:00:01\", "
			  "\"order\": {\"id\": 5, \"profile\": \"rescue\"}}, "
			  "{\"name\": \"n2\", \"mac\": \"52:54:00:00:00:02\", "
			  "\"order\": {\"id\": 6}}, "
			  "{\"name\": \"n3\", \"mac\": \"52:54:00:00:00:03\", \"order\": null}]}",
			&arena, &nodes),
		3);
	assert_int_equal(orders[0].id, 5);
	assert_string_equal(orders[0].profile, "rescue");
	assert_int_equal(orders[1].id, 0);
	assert_int_equal(orders[2].id, 0);
	arena_free(&arena);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_list_is_refused),
		cmocka_unit_test(what_is_no_node_is_left_out),
		cmocka_unit_test(all_facts_are_read),
		cmocka_unit_test(only_what_is_set_by_hand_stays),
		cmocka_unit_test(an_order_without_a_profile_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
