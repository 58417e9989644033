// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// When a transfer uses up its machine's order: with the ACK of the last block of the right file,
// and not before.

#include "tftp_core.h"
#include "tftp_world.h"
#include "unit.h"

#define ID    0x1122334455667788ull
#define MARK  "rouse/used/1122334455667788"
#define SLOT  77u
#define OTHER (WORLD_CLIENT + 1)

static struct sent sent;

static struct policy_host host_of(struct world *world, uint64_t id, uint32_t slot) {
	return (struct policy_host){.name = fixture_text(&world->fixture, "n1"),
		.flags = POLICY_HOST_UNLISTED,
		.mac = WORLD_MAC(WORLD_CLIENT),
		.order_id = id,
		.order_slot = slot,
		.order_last = fixture_text(&world->fixture, "kernel")};
}

static struct world *begin(uint64_t id, uint32_t slot) {
	struct world *world = world_begin(64, 1468, 64);
	struct policy_host host = host_of(world, id, slot);

	policy_build_host(world->fixture.builder, &host);
	world_file(world, "menu.ipxe", 1000);
	world_file(world, "kernel", 5000);
	world_file(world, "tiny", 10);
	world_file(world, MARK, 3);
	world_start(world);
	return world;
}

static int set_up(void **state) {
	*state = begin(ID, SLOT);
	return 0;
}

static int tear_down(void **state) {
	world_end(*state);
	return 0;
}

// Receives and acknowledges up to the last ACK, which is left to the caller: its block.
static uint16_t get_all_but_ack(struct world *world, uint64_t blocks, uint16_t window) {
	assert_true(world_drain(world, &sent));
	if (sent.kind == TFTP_PACKET_OACK) {
		world_ack(world, &sent, 0);
		world_drain(world, &sent);
	}
	while (sent.block < blocks) {
		assert_int_equal(world->order_used[SLOT], 0);
		world_ack(world, &sent, (uint16_t)sent.block);
		assert_true(world_drain(world, &sent) <= window);
	}
	return (uint16_t)sent.block;
}

static void expect_used(struct world *world) {
	struct event_record event;

	assert_int_equal(world->order_used[SLOT], ID);
	assert_int_equal(world_stat(world, STAT_TFTP_ORDERS_USED), 1);
	assert_true(order_log_pending(&world->orders));
	assert_true(world_event(world, EVENT_ORDER_USED, &event));
	assert_int_equal(event.value, ID);
	assert_int_equal(event.address, WORLD_CLIENT);
	assert_memory_equal(event.mac, ((uint8_t[])WORLD_MAC(WORLD_CLIENT)), 6);
	assert_false(world_event(world, EVENT_ORDER_USED, &event));
}

static void expect_unused(struct world *world) {
	struct event_record event;

	assert_int_equal(world->order_used[SLOT], 0);
	assert_int_equal(world_stat(world, STAT_TFTP_ORDERS_USED), 0);
	assert_false(order_log_pending(&world->orders));
	assert_false(world_event(world, EVENT_ORDER_USED, &event));
}

static void lock_step(void **state) {
	struct world *world = *state;
	uint16_t last;

	world_read(world, 2000, "kernel");
	last = get_all_but_ack(world, 5000 / 512 + 1, 1);
	expect_unused(world);
	world_ack(world, &sent, last);
	world_ack(world, &sent, last); // again: the session is gone
	expect_used(world);
}

static void windowed(void **state) {
	struct world *world = *state;
	uint16_t last;

	world_read(world, 2000, "KERNEL", "blksize", "512", "windowsize", "4");
	last = get_all_but_ack(world, 5000 / 512 + 1, 4);
	expect_unused(world);
	world_ack(world, &sent, last);
	expect_used(world);
}

static void a_mark_of_one_block(void **state) {
	struct world *world = *state;

	world_read(world, 2000, "/" MARK);
	world_drain(world, &sent);
	assert_true(world_is_data(&sent, 1));
	expect_unused(world);
	world_ack(world, &sent, 1);
	expect_used(world);
}

static void other_files_use_nothing(void **state) {
	struct world *world = *state;

	world_read(world, 2000, "tiny");
	world_drain(world, &sent);
	world_ack(world, &sent, 1);
	assert_int_equal(world_stat(world, STAT_TFTP_DONE), 1);
	expect_unused(world);
}

static void other_machines_use_nothing(void **state) {
	struct world *world = *state;

	world_read_from(world, OTHER, 2000, MARK, NULL);
	world_drain(world, &sent);
	world_ack(world, &sent, 1);
	assert_int_equal(world_stat(world, STAT_TFTP_DONE), 1);
	expect_unused(world);
}

static void who_dies_or_stops_before_uses_nothing(void **state) {
	struct world *world = *state;

	world_read(world, 2000, "kernel");
	get_all_but_ack(world, 5000 / 512 + 1, 1);
	world_wait(world, 600000000); // all of it was sent, and nothing came back
	assert_int_equal(world_stat(world, STAT_TFTP_NO_FINAL_ACK), 1);
	world_read(world, 2001, "kernel", "tsize", "0");
	world_drain(world, &sent);
	world_error(world, &sent, TFTP_ERROR_OPTION);
	assert_int_equal(world_stat(world, STAT_TFTP_PROBES), 1);
	world_read(world, 2002, "kernel");
	world_drain(world, &sent);
	world_ack(world, &sent, 1);
	world_drain(world, &sent);
	world_error(world, &sent, 0);
	assert_int_equal(world_stat(world, STAT_TFTP_STOPPED), 1);
	expect_unused(world);
}

// Two of its transfers end: one mark.
static void one_mark_for_two_transfers(void **state) {
	struct world *world = *state;
	struct sent first;

	world_read(world, 2000, MARK);
	world_drain(world, &first);
	world_read(world, 2001, MARK);
	world_drain(world, &sent);
	world_ack(world, &first, 1);
	world_ack(world, &sent, 1);
	assert_int_equal(world_stat(world, STAT_TFTP_DONE), 2);
	expect_used(world);
}

// The next process knows which order the transfer is of.
static void a_restart_forgets_nothing(void **state) {
	struct world *world = *state;
	uint16_t last;

	world_read(world, 2000, "kernel");
	last = get_all_but_ack(world, 5000 / 512 + 1, 1);
	assert_int_equal(world_restart(world), 1);
	expect_unused(world);
	world_ack(world, &sent, last);
	expect_used(world);
}

static void a_group_member(void **state) {
	struct world *world = *state;
	const uint64_t blocks = 5000 / 512 + 1;
	struct sent first;
	uint64_t block = 0;

	world_read(world, 2000, "kernel", "multicast", "");
	assert_true(world_take_now(world, &first));
	world_ack(world, &first, 0);
	while (block < blocks) {
		world_wait(world, 5000);
		while (world_take_now(world, &sent)) {
			expect_unused(world);
			if (sent.kind == TFTP_PACKET_DATA)
				world_ack(world, &first, (uint16_t)(block = sent.block));
		}
	}
	assert_int_equal(world_stat(world, STAT_TFTP_GROUP_DATA), blocks);
	assert_int_equal(world_stat(world, STAT_TFTP_DONE), 1);
	expect_used(world);
}

// The machine has another order by the time that the transfer ends: that one waits on.
static void a_later_order_is_not_used_by_an_earlier_file(void **state) {
	struct world *world = *state;
	struct world *later = begin(ID + 1, SLOT + 1);

	world_read(world, 2000, MARK);
	world_drain(world, &sent);
	tftp_server_renew(world->server, &later->fixture.policy);
	world_ack(world, &sent, 1);
	assert_int_equal(world_stat(world, STAT_TFTP_DONE), 1);
	assert_int_equal(world->order_used[SLOT + 1], 0);
	expect_unused(world);
	world_end(later);
}

// Once used, its names and its end are as if it had never been.
static void a_used_order_is_over(void **state) {
	struct world *world = *state;

	world->order_used[SLOT] = ID;
	world_read(world, 2000, MARK);
	world_drain(world, &sent);
	world_ack(world, &sent, 1);
	assert_int_equal(world_stat(world, STAT_TFTP_DONE), 1);
	assert_int_equal(world_stat(world, STAT_TFTP_ORDERS_USED), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lock_step, set_up, tear_down),
		cmocka_unit_test_setup_teardown(windowed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_mark_of_one_block, set_up, tear_down),
		cmocka_unit_test_setup_teardown(other_files_use_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(other_machines_use_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			who_dies_or_stops_before_uses_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_mark_for_two_transfers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_restart_forgets_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_group_member, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_later_order_is_not_used_by_an_earlier_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_used_order_is_over, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
