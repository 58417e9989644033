// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What rouse policy and rouse explain say, as JSON, of a node's own disk and of its order.

#include "cli/explain_print.h"
#include "cli/policy_print.h"
#include "policy_fixture.h"
#include "unit.h"

#define ID   0x1234u
#define SLOT 7u

static struct fixture f;
static struct state_region region;
static _Atomic uint64_t order_used[ORDER_SLOTS];

// n001 is listed and has no order; n002 has its own disk and an order. The order's rule goes first,
// then that of the disk.
static int set_up(void **state) {
	(void)state;
	fixture_begin(&f);
	fixture_port(&f, "eth1", "10.77.0.1");
	fixture_subnet(&f, "10.77.0.0", 24, "10.77.0.50", "10.77.0.99");
	fixture_host(&f, "n001", "52:54:00:00:01:01", NULL, "");
	fixture_node(&f, "n002", "52:54:00:00:01:02", ID, SLOT, "kernel");
	fixture_rule(&f, "order", 1,
		(struct policy_condition[]){fixture_value(POLICY_MATCH_ORDER, 0, 1)}, 1);
	fixture_rule(&f, "disk", 2,
		(struct policy_condition[]){fixture_value(POLICY_MATCH_LOCAL, 0, 1)}, 1);
	fixture_rule(&f, "any", 3, NULL, 0);
	fixture_name(&f, 0, "kernel", 1);
	if (fixture_finish(&f) < 0)
		fail_msg("%s", f.why);
	memset((void *)order_used, 0, sizeof(order_used));
	return 0;
}

static int tear_down(void **state) {
	(void)state;
	fixture_end(&f);
	return 0;
}

// --- rouse policy

static const char *text_of(const json_t *object, const char *key) {
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void policy_tells_of_disks_and_orders(void **state) {
	json_t *hosts = policy_print_hosts(&f.policy);
	const json_t *order;

	(void)state;
	assert_int_equal(json_array_size(hosts), 2);
	for (size_t i = 0; i < 2; i++) {
		const json_t *host = json_array_get(hosts, i);
		bool ordered = strcmp(text_of(host, "name"), "n002") == 0;

		assert_int_equal(json_is_true(json_object_get(host, "listed")), !ordered);
		assert_int_equal(json_is_true(json_object_get(host, "local")), ordered);
		order = json_object_get(host, "order");
		assert_int_equal(json_is_null(order), !ordered);
		if (!ordered)
			continue;
		assert_string_equal(text_of(order, "id"), "4660");
		assert_string_equal(text_of(order, "last_file"), "kernel");
		assert_int_equal(json_integer_value(json_object_get(order, "slot")), SLOT);
	}
	json_decref(hosts);
}

static void policy_prints_the_conditions(void **state) {
	static const char *const expected[] = {"order: true", "local: true", "every machine"};
	char text[POLICY_PRINT_SIZE];

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		assert_string_equal(
			policy_print_match(&f.policy, &f.policy.rules[i], text), expected[i]);
}

// --- rouse explain

static json_t *explain(const char *mac) {
	struct state_view view = {.region = &region, .order_used = order_used};
	static struct dhcp_explanation result;
	struct dhcp_question question = {.arch = 7};
	uint8_t message[DHCP_PAYLOAD_MAX];
	struct frame_view frame = {.dst = UINT32_MAX, .payload = message};
	struct explain explain = {0};
	json_t *object;

	text_parse_mac(mac, question.mac);
	frame.payload_len = (uint16_t)dhcp_explain_ask(&question, message);
	explain_init(&explain, &f.policy, &view);
	explain_run(&explain, &frame, 0, &result);
	object = explain_json(&explain, &result);
	explain_close(&explain);
	return object;
}

static void expect(const char *mac, const char *file, bool local, const char *order) {
	json_t *object = explain(mac);

	assert_string_equal(text_of(object, "boot_file"), file);
	assert_int_equal(json_is_true(json_object_get(object, "local")), local);
	assert_string_equal(text_of(object, "order"), order);
	json_decref(object);
}

static void explain_tells_what_is_due(void **state) {
	(void)state;
	expect("52:54:00:00:01:01", "any", false, "");
	expect("52:54:00:00:01:02", "order", true, "4660");
	order_used[SLOT] = ID + 1; // the slot's former order
	expect("52:54:00:00:01:02", "order", true, "4660");
	order_used[SLOT] = ID;
	expect("52:54:00:00:01:02", "disk", true, "");
	expect("52:54:00:00:09:09", "any", false, ""); // nobody's
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			policy_tells_of_disks_and_orders, set_up, tear_down),
		cmocka_unit_test_setup_teardown(policy_prints_the_conditions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(explain_tells_what_is_due, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
