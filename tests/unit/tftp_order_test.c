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

// --- behind a router

#define FAR_MAC                                                                                    \
	{ 0x52, 0x54, 0, 0, 2, 1 }

static const uint8_t far_mac[6] = FAR_MAC, near_mac[6] = WORLD_MAC(OTHER),
		     router_mac[6] = {2, 0, 0, 0, 0, 9}, stranger_mac[6] = {2, 0, 0, 0, 0, 8};

static void add_host(struct world *world, const char *name, const uint8_t mac[6], uint32_t address,
	uint32_t number) {
	struct policy_host host = {.name = fixture_text(&world->fixture, name),
		.address = address,
		.order_id = ID + number,
		.order_slot = SLOT + number,
		.order_last = fixture_text(&world->fixture, "kernel")};

	memcpy(host.mac, mac, sizeof(host.mac));
	policy_build_host(world->fixture.builder, &host);
}

// n1 is far away and has no reservation, n2 is on our link, n3 is far away and has one; the router
// is a machine, too.
static int set_up_far(void **state) {
	struct world *world = world_begin(64, 1468, 64);

	world_far(world);
	add_host(world, "n1", far_mac, 0, 0);
	add_host(world, "n2", near_mac, 0, 1);
	add_host(world, "n3", (const uint8_t[])WORLD_MAC(3), WORLD_FAR + 1, 2);
	add_host(world, "router", router_mac, 0, 3);
	world_file(world, "kernel", 10);
	world_start(world);
	world_bind(world, WORLD_FAR, far_mac);
	world_bind(world, WORLD_CLIENT, near_mac);
	*state = world;
	return 0;
}

// Whose order a transfer uses up, and whom its events name: n1, n2, n3, router, or 0 for nobody.
static unsigned int who_is(struct world *world, uint32_t address, const uint8_t frame_mac[6],
	struct event_record *event) {
	world->frame_mac = frame_mac;
	world_read_from(world, address, 2000, "kernel", NULL);
	world_drain(world, &sent);
	assert_memory_equal(sent.to.dst_mac, frame_mac, 6);
	world_ack(world, &sent, 1);
	assert_true(world_event(world, EVENT_TFTP_DONE, event));
	for (unsigned int i = 0; i < 4; i++)
		if (world->order_used[SLOT + i] == ID + i)
			return i + 1;
	return 0;
}

static void a_machine_is_whose_lease_or_link_it_is(void **state) {
	static const uint8_t reserved_mac[6] = WORLD_MAC(3);
	static const struct {
		const char *name;
		uint32_t address;
		const uint8_t *mac, *event_mac;
		unsigned int node;
	} cases[] = {
		{"behind a router, with a lease", WORLD_FAR, router_mac, far_mac, 1},
		{"behind a router, with a reservation", WORLD_FAR + 1, router_mac, reserved_mac, 3},
		{"behind a router, with nothing", WORLD_FAR + 2, router_mac, router_mac, 0},
		{"on our link, by its MAC", OTHER, near_mac, near_mac, 2},
		{"on our link, with another's lease", WORLD_CLIENT, far_mac, far_mac, 1},
		{"on our link, a stranger with another's lease", WORLD_CLIENT, stranger_mac,
			stranger_mac, 0},
		{"the router itself", OTHER + 1, router_mac, router_mac, 4},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct event_record event;

		assert_case(cases[i].name,
			who_is(*state, cases[i].address, cases[i].mac, &event) == cases[i].node);
		assert_case(cases[i].name, !memcmp(event.mac, cases[i].event_mac, 6));
		tear_down(state);
		set_up_far(state);
	}
}

// Who is behind the router by a lease that has ended since is still who asked.
static void an_order_ends_though_the_lease_has(void **state) {
	struct world *world = *state;
	struct journal_record record;

	world->frame_mac = router_mac;
	world_read_from(world, WORLD_FAR, 2000, "kernel", NULL);
	world_drain(world, &sent);
	assert_true(lease_release(
		world->leases, lease_find_address(world->leases, WORLD_FAR), world->now, &record));
	world_ack(world, &sent, 1);
	assert_int_equal(world->order_used[SLOT], ID);
}

// A lease of a machine that is no node keeps the reservation from being believed.
static void a_lease_goes_before_a_reservation(void **state) {
	struct world *world = *state;
	struct event_record event;

	lease_find_address(world->leases, WORLD_FAR)->key[5] ^= 0x40;
	assert_int_equal(who_is(world, WORLD_FAR, router_mac, &event), 0);
	assert_memory_equal(event.mac, ((uint8_t[]){0x52, 0x54, 0, 0, 2, 0x41}), 6);
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
		cmocka_unit_test_setup_teardown(
			a_machine_is_whose_lease_or_link_it_is, set_up_far, tear_down),
		cmocka_unit_test_setup_teardown(
			an_order_ends_though_the_lease_has, set_up_far, tear_down),
		cmocka_unit_test_setup_teardown(
			a_lease_goes_before_a_reservation, set_up_far, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
