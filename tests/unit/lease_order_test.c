// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Orders to end leases: the ring, whoever restarts, and what an order does.

#include "lease_order.h"

#include "dhcp_fixture.h"

static void orders_come_once_and_in_order(void **state) {
	static struct control_region region;
	uint64_t done = lease_orders_begin(&region);
	struct lease_order order = {0};

	(void)state;
	assert_false(lease_orders_pop(&region, &done, &order));
	for (uint32_t i = 0; i < 3 * LEASE_ORDERS; i++) {
		order.address = i;
		assert_int_equal(lease_orders_push(&region, done, &order), i + 1);
		assert_true(lease_orders_pop(&region, &done, &order));
		assert_int_equal(order.address, i);
	}
	for (uint32_t i = 0; i < LEASE_ORDERS; i++)
		assert_int_not_equal(lease_orders_push(&region, done, &order), 0);
	assert_int_equal(lease_orders_push(&region, done, &order), 0);
}

// A control that begins anew, and a dataplane that does.
static void what_was_ordered_before_is_not_carried_out(void **state) {
	static struct control_region region, fresh;
	struct lease_order order = {.address = 1};
	uint64_t done = 5;

	(void)state;
	for (int i = 0; i < 7; i++)
		lease_orders_push(&region, (uint64_t)i, &order);
	assert_int_equal(lease_orders_begin(&region), 7);
	assert_false(lease_orders_pop(&fresh, &done, &order));
	assert_int_equal(done, 0);
	assert_int_equal(lease_orders_push(&fresh, 99, &order), 1);
	done = 99;
	assert_false(lease_orders_pop(&fresh, &done, &order));
	assert_int_equal(done, 1);
}

static struct lease_order order_for(struct world *w, uint32_t address) {
	const struct lease_record *record = lease_find_address(w->server.leases, address);
	struct lease_order order = {
		.address = address, .htype = record->htype, .hlen = record->hlen};

	memcpy(order.key, record->key, sizeof(order.key));
	return order;
}

static bool end(struct world *w, const struct lease_order *order, bool *recorded) {
	struct journal_record record;
	bool ended = lease_order_end(w->server.leases, order, w->now, &record, recorded);

	if (*recorded) {
		assert_int_equal(record.state, LEASE_RELEASED);
		assert_int_equal(record.address, order->address);
	}
	return ended;
}

static void a_lease_is_ended_and_journalled(void **state) {
	struct world *w = *state;
	uint32_t address = world_lease(w, 7);
	struct lease_order order = order_for(w, address);
	bool recorded;

	assert_true(end(w, &order, &recorded));
	assert_true(recorded);
	assert_int_equal(lease_find_address(w->server.leases, address)->state, LEASE_RELEASED);
	assert_false(end(w, &order, &recorded));
}

// Between the operator's look and the order the address may have gone to another machine.
static void another_machines_lease_stays(void **state) {
	struct world *w = *state;
	uint32_t address = world_lease(w, 7);
	struct lease_order order = order_for(w, address), nobody = {.address = address};
	bool recorded;

	order.key[5] ^= 1;
	assert_false(end(w, &order, &recorded));
	assert_false(end(w, &nobody, &recorded));
	order.address = fixture_ip("10.99.9.9");
	assert_false(end(w, &order, &recorded));
	assert_int_equal(lease_find_address(w->server.leases, address)->state, LEASE_BOUND);
}

static void a_quarantine_is_ended(void **state) {
	struct world *w = *state;
	uint32_t address = world_lease(w, 7);
	struct message m = message_begin(DHCP_DECLINE, 7);
	struct lease_order order = {.address = address};
	bool recorded;

	message_ip_number(&m, DHCP_OPT_REQUESTED_IP, address);
	message_ip(&m, DHCP_OPT_SERVER_ID, "10.77.0.1");
	world_send(w, &m);
	assert_int_equal(lease_find_address(w->server.leases, address)->state, LEASE_DECLINED);
	assert_true(end(w, &order, &recorded));
	assert_int_equal(lease_find_address(w->server.leases, address)->state, LEASE_RELEASED);
}

// Its machine asks again, and has its address again.
static void a_reservation_ends_without_a_record(void **state) {
	struct world *w = *state;
	uint32_t address = world_lease(w, 0x101);
	struct lease_order order = order_for(w, address);
	bool recorded;

	assert_true(end(w, &order, &recorded));
	assert_false(recorded);
	assert_int_equal(world_lease(w, 0x101), address);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(orders_come_once_and_in_order),
		TEST(what_was_ordered_before_is_not_carried_out),
		TEST(a_lease_is_ended_and_journalled),
		TEST(another_machines_lease_stays),
		TEST(a_quarantine_is_ended),
		TEST(a_reservation_ends_without_a_record),
	};

	return cmocka_run_group_tests_name("lease_order", tests, NULL, NULL);
}
