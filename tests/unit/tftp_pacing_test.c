// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Token buckets, bursts and the order of what is sent, in a server with a slow edge.

#include "tftp_core.h"
#include "tftp_world.h"
#include "unit.h"

static struct sent sent;

static struct world *paced_world(uint32_t sessions, uint64_t edge_rate) {
	struct world *world = world_begin_at(edge_rate, sessions, 1468, 64);

	world_file(world, "initrd", 30000000);
	world_start(world);
	return world;
}

static struct sent ask_window(struct world *world, uint16_t port, const char *windowsize) {
	struct sent oack;

	world_read(world, port, "initrd", "blksize", "1468", "windowsize", windowsize);
	assert_true(world_take_now(world, &oack));
	assert_int_equal(oack.kind, TFTP_PACKET_OACK);
	return oack;
}

// Opens a transfer while nothing else is due; its first blocks are.
static struct sent open_window(struct world *world, uint16_t port, const char *windowsize) {
	struct sent oack = ask_window(world, port, windowsize);

	world_ack(world, &oack, 0);
	return oack;
}

// Packets that may leave at this moment.
static uint32_t drain_now(struct world *world) {
	uint32_t count = 0;

	while (world_take_now(world, &sent))
		count++;
	return count;
}

static void a_burst_leaves_and_then_the_edge_rate(void **state) {
	struct world *world = paced_world(64, 1000000000);
	uint32_t count;

	(void)state;
	open_window(world, 1000, "64");
	assert_int_equal(drain_now(world), TFTP_BURST);
	assert_int_equal(drain_now(world), 0);
	assert_int_equal(world_stat(world, STAT_TFTP_PACED), 1);
	count = TFTP_BURST;
	for (int i = 0; i < 40; i++) {
		world_wait(world, 10);
		count += drain_now(world);
	}
	// 400 us at 12.7 us a block.
	assert_in_range(count, TFTP_BURST + 28, TFTP_BURST + 32);
	world_end(world);
}

// On a slow edge the pauses are longer than a turn of the wheel.
static void a_slow_edge_is_kept_too(void **state) {
	struct world *world = paced_world(64, 1000000);
	uint64_t start = world->now.us;
	uint32_t count;

	(void)state;
	open_window(world, 1000, "64");
	for (count = drain_now(world); count < 20;) {
		world_wait(world, 1000);
		count += drain_now(world);
	}
	assert_in_range(world->now.us - start, 12 * 12000, 12 * 13000 + 5 * 13000);
	world_end(world);
}

static void a_gap_halves_the_burst_and_windows_grow_it(void **state) {
	struct world *world = paced_world(64, 1000000000);
	struct sent oack = open_window(world, 1000, "16");
	const struct tftp_session *session = &world->sessions[oack.to.src_port - WORLD_TID_FIRST];
	uint16_t block = 0;

	(void)state;
	assert_int_equal(session->burst, 8);
	assert_int_equal(world_drain(world, &sent), 16);
	world_ack(world, &sent, 3); // blocks behind 3 were lost
	assert_int_equal(session->burst, 8);
	world_wait(world, 1000); // the bucket fills up
	assert_int_equal(drain_now(world), 4);
	assert_int_equal(session->burst, 4);
	world_drain(world, &sent);
	world_ack(world, &sent, 5);
	world_drain(world, &sent);
	world_ack(world, &sent, 6);
	world_drain(world, &sent);
	world_ack(world, &sent, 7);
	assert_true(world_take(world, &sent));
	assert_int_equal(session->burst, 1); // and no less
	for (int i = 0; i < 100; i++) {
		assert_true(world_drain(world, &sent) > 0);
		block = (uint16_t)sent.block;
		world_ack(world, &sent, block);
	}
	assert_int_equal(session->burst, session->burst_max);
	world_end(world);
}

static void a_lock_step_client_is_not_held_up(void **state) {
	struct world *world = paced_world(64, 1000000000);

	(void)state;
	open_window(world, 1000, "1");
	for (uint16_t block = 1; block < 100; block++) {
		assert_true(world_take_now(world, &sent));
		assert_int_equal(sent.block, block);
		world->now.us += 13; // no faster than the edge
		world_ack(world, &sent, block);
	}
	world_end(world);
}

static int rank(const struct sent *packet) {
	if (packet->to.dst_port == 1000 && packet->block <= 4)
		return 0; // sent before
	return packet->to.dst_port <= 1001 ? 1 : packet->to.dst_port - 1000;
}

// What was lost goes before what runs, that before what is new; an OACK has its share.
static void the_order_is_strict(void **state) {
	struct world *world = paced_world(64, 100000000000);
	struct sent lossy, running, fresh;
	int last = 0, oack = -1;

	(void)state;
	lossy = open_window(world, 1000, "4");
	assert_int_equal(world_drain(world, NULL), 4);
	running = open_window(world, 1001, "4");
	assert_int_equal(world_drain(world, NULL), 4);
	fresh = ask_window(world, 1002, "4");
	world_read(world, 1003, "initrd", "blksize", "1468");
	world_ack(world, &lossy, 2);
	world_wait(world, 1000); // everybody has tokens, and the gap is no late packet
	world_ack(world, &fresh, 0);
	world_ack(world, &running, 4);
	for (int i = 0; i < 2 + 6 + 4 + 1; i++) {
		assert_true(world_take(world, &sent));
		if (sent.kind == TFTP_PACKET_OACK) {
			oack = i;
			continue;
		}
		assert_in_range(rank(&sent), last, 3);
		last = rank(&sent);
	}
	assert_in_range(oack, 0, TFTP_QUEUE_TURN - 1);
	assert_false(world_take(world, &sent));
	world_end(world);
}

// However much runs, an answer has its share.
static void an_answer_does_not_wait_for_what_runs(void **state) {
	struct world *world = paced_world(64, 100000000000);
	struct sent oack[8];
	uint64_t asked;

	(void)state;
	for (uint16_t i = 0; i < 8; i++)
		oack[i] = ask_window(world, (uint16_t)(1000 + i), "64");
	for (uint16_t i = 0; i < 8; i++)
		world_ack(world, &oack[i], 0);
	world_read(world, 2000, "initrd", "blksize", "1468");
	asked = world->now.us;
	for (;;) {
		assert_true(world_take(world, &sent));
		if (sent.kind == TFTP_PACKET_OACK)
			break;
		if (sent.block % 64 == 0)
			world_ack(world, &sent, (uint16_t)sent.block);
		world_wait(world, 50); // 20,000 packets a second: the port is full all the time
		assert_true(world->now.us - asked < 100000);
	}
	assert_in_range(world->now.us - asked, 0, TFTP_QUEUE_TURN * 50);
	world_end(world);
}

// A transfer that ends while it waits for tokens leaves nothing behind.
static void a_paced_transfer_can_end(void **state) {
	struct world *world = paced_world(64, 1000000000);
	struct sent oack = open_window(world, 1000, "64");

	(void)state;
	drain_now(world);
	assert_int_equal(world->server->paced.count, 1);
	world_error(world, &oack, 0);
	assert_int_equal(world->server->paced.count, 0);
	world_wait(world, 100000);
	assert_int_equal(world_drain(world, NULL), 0);
	world_end(world);
}

static void many_slow_edges_share_the_port(void **state) {
	struct world *world = paced_world(256, 10000000);
	static struct sent oack[60];
	uint64_t start;
	uint32_t count = 0;

	(void)state;
	for (uint16_t i = 0; i < 60; i++)
		oack[i] = ask_window(world, (uint16_t)(1000 + i), "64");
	for (uint16_t i = 0; i < 60; i++)
		world_ack(world, &oack[i], 0);
	count = drain_now(world);
	assert_int_equal(count, 60 * TFTP_BURST);
	for (start = world->now.us; world->now.us < start + 20000; count += drain_now(world))
		world_wait(world, 20);
	// 20 ms at 1.27 ms a block, for each of them.
	assert_in_range(count, 60 * (TFTP_BURST + 14), 60 * (TFTP_BURST + 17));
	world_end(world);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_leaves_and_then_the_edge_rate),
		cmocka_unit_test(a_slow_edge_is_kept_too),
		cmocka_unit_test(a_gap_halves_the_burst_and_windows_grow_it),
		cmocka_unit_test(a_lock_step_client_is_not_held_up),
		cmocka_unit_test(the_order_is_strict),
		cmocka_unit_test(an_answer_does_not_wait_for_what_runs),
		cmocka_unit_test(a_paced_transfer_can_end),
		cmocka_unit_test(many_slow_edges_share_the_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
