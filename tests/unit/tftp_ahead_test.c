// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Send-ahead: who gets several blocks in flight without having asked for a window, what happens on
// loss, and when it stops. The client here does as iPXE does: it keeps every block that it gets and
// acknowledges each with the last one before its first gap.

#include "tftp_core.h"
#include "tftp_world.h"
#include "unit.h"

#define BLKSIZE 1432u
#define BIG     (70000u * BLKSIZE + 5u)

static struct sent sent;

struct client {
	struct world *world;
	struct sent to; // where its ACKs go
	uint8_t *has;   // by block
	uint64_t gap;   // first block that it has not
	uint64_t blocks;
	uint64_t received;
};

static struct world *world_of(const uint8_t mac[6], bool ipxe, bool send_ahead) {
	struct world *world = world_begin_at(100000000000, 64, 1468, 64);

	world_file(world, "kernel", 1000000);
	world_file(world, "big", BIG);
	world_start(world);
	world_lease(world, mac, ipxe, send_ahead);
	return world;
}

static struct world *world_with(bool ipxe, bool send_ahead) {
	return world_of((const uint8_t[])WORLD_MAC(WORLD_CLIENT), ipxe, send_ahead);
}

static struct client open_as_ipxe(struct world *world, uint16_t port, const char *name) {
	struct client client = {.world = world, .gap = 1};

	world_read(world, port, name, "blksize", "1432", "tsize", "0");
	assert_true(world_take(world, &client.to));
	assert_int_equal(client.to.kind, TFTP_PACKET_OACK);
	client.blocks = world->sessions[client.to.to.src_port - WORLD_TID_FIRST].blocks;
	client.has = calloc(client.blocks + 1, 1);
	assert_non_null(client.has);
	world_ack(world, &client.to, 0);
	return client;
}

static void receive(struct client *client, const struct sent *data) {
	assert_true(world_holds(
		client->world, (data->block - 1) * BLKSIZE, data->payload + 4, data->len - 4));
	// As iPXE reads the number: high bits from its own gap.
	assert_int_equal((client->gap & ~0xffffull) | (data->block & 0xffff), data->block);
	client->has[data->block] = 1;
	client->received++;
	while (client->gap <= client->blocks && client->has[client->gap])
		client->gap++;
	world_ack(client->world, &client->to, (uint16_t)(client->gap - 1));
}

static uint32_t in_flight(struct world *world) {
	static struct sent many[64];
	uint32_t count = 0;

	while (count < 64 && world_take_now(world, &many[count]))
		count++;
	return count;
}

static void ipxe_with_a_lease_gets_eight_in_flight(void **state) {
	struct world *world = world_with(true, true);
	struct client client = open_as_ipxe(world, 1000, "kernel");

	(void)state;
	assert_int_equal(in_flight(world), TFTP_AHEAD);
	assert_int_equal(world_stat(world, STAT_TFTP_SEND_AHEAD), 1);
	free(client.has);
	world_end(world);
}

static void others_get_one(void **state) {
	struct world *worlds[] = {
		world_with(true, false), // a rule forbids it
		world_with(false, false),
		world_of((const uint8_t[])WORLD_MAC(0x77), true, true), // its address is another's
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(worlds); i++) {
		struct client client = open_as_ipxe(worlds[i], 1000, "kernel");

		assert_int_equal(in_flight(worlds[i]), 1);
		free(client.has);
		world_end(worlds[i]);
	}
}

static void other_requests_of_the_same_machine_get_one(void **state) {
	static const char *const options[][6] = {
		{"blksize", "1432"},
		{"tsize", "0", "blksize", "1432"},
		{"blksize", "1408", "tsize", "0"},
		{"blksize", "1432", "tsize", "7"},
		{"blksize", "1432", "tsize", "0", "x", "1"},
	};
	struct world *world = world_with(true, true);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(options); i++) {
		const char *const *o = options[i];

		world_read(
			world, (uint16_t)(1000 + i), "kernel", o[0], o[1], o[2], o[3], o[4], o[5]);
		assert_true(world_take(world, &sent));
		world_ack(world, &sent, 0);
		assert_int_equal(in_flight(world), 1);
		world_error(world, &sent, 0);
	}
	assert_int_equal(world_stat(world, STAT_TFTP_SEND_AHEAD), 0);
	world_end(world);
}

// Loses every n-th packet of the server and every m-th ACK, across the 65,536th block.
static void run_lossy(uint32_t lose_data, uint32_t lose_ack) {
	struct world *world = world_with(true, true);
	struct client client = open_as_ipxe(world, 1000, "big");
	uint64_t packets = 0;

	while (client.gap <= client.blocks) {
		if (!world_take(world, &sent)) {
			world_wait(world, 1000);
			continue;
		}
		assert_true(++packets < 2 * client.blocks);
		if (packets % lose_data == 0)
			continue;
		if (client.received % lose_ack == lose_ack - 1) {
			client.has[sent.block] = 1;
			client.received++;
			while (client.gap <= client.blocks && client.has[client.gap])
				client.gap++;
			if (client.gap <= client.blocks)
				continue; // the ACK of the last is not lost: nobody lingers here
		}
		receive(&client, &sent);
	}
	assert_int_equal(world_stat(world, STAT_TFTP_DONE), 1);
	// Only what was lost is sent again, and now and then a block whose ACK was.
	assert_true(packets <= client.blocks + 2 * (client.blocks / lose_data) +
				       2 * (client.blocks / lose_ack) + 20);
	assert_int_equal(world_stat(world, STAT_TFTP_AHEAD_STOPPED), 0);
	free(client.has);
	world_end(world);
}

static void what_is_lost_is_sent_again_alone(void **state) {
	(void)state;
	run_lossy(1000000, 1000000);
	run_lossy(100, 1000000);
	run_lossy(20, 37);
}

static const struct tftp_session *session_of(const struct client *client) {
	return &client->world->sessions[client->to.to.src_port - WORLD_TID_FIRST];
}

// A card with so many buffers, which the client empties when nothing more comes.
static uint64_t read_with_buffers(struct client *client, uint32_t buffers) {
	static struct sent many[64];
	uint64_t packets = 0;

	while (client->gap <= client->blocks) {
		uint32_t count = 0;

		while (count < 64 && world_take_now(client->world, &many[count]))
			count++;
		world_wait(client->world, 100);
		packets += count;
		for (uint32_t i = 0; i < count && i < buffers && client->gap <= client->blocks; i++)
			receive(client, &many[i]);
	}
	return packets;
}

// Debian's iPXE on an rtl8139 (five packets of this size) was three times slower with eight in
// flight than with one: each window lost three.
static void a_card_with_five_buffers_is_sent_what_fits(void **state) {
	struct world *world = world_with(true, true);
	struct client client = open_as_ipxe(world, 1000, "big");
	uint64_t packets;

	(void)state;
	packets = read_with_buffers(&client, 5);
	if (packets > client.blocks + client.blocks / 200)
		fail_msg("%llu packets for %llu blocks", (unsigned long long)packets,
			(unsigned long long)client.blocks);
	assert_int_equal(world_stat(world, STAT_TFTP_DONE), 1);
	assert_int_equal(world_stat(world, STAT_TFTP_AHEAD_STOPPED), 0);
	free(client.has);
	world_end(world);
}

// One loss in a hundred takes no more than a third of the window, on average.
static void a_loss_now_and_then_narrows_little(void **state) {
	struct world *world = world_with(true, true);
	struct client client = open_as_ipxe(world, 1000, "big");
	uint64_t random = 1, wide = 0, packets = 0;

	(void)state;
	while (client.gap < 20000) {
		if (!world_take(world, &sent)) {
			world_wait(world, 1000);
			continue;
		}
		packets++;
		wide += session_of(&client)->ahead;
		if (unit_random(&random) % 100)
			receive(&client, &sent);
	}
	assert_in_range(wide * 10 / packets, 54, 80);
	free(client.has);
	world_end(world);
}

// A client that takes only the next block in order never acknowledges more than one at a time after
// a loss; it is not slower than before, and the whole file arrives.
static void a_client_that_keeps_nothing_still_gets_its_file(void **state) {
	struct world *world = world_with(true, true);
	struct client client = open_as_ipxe(world, 1000, "kernel");
	uint64_t packets = 0;

	(void)state;
	while (client.gap <= client.blocks) {
		if (!world_take(world, &sent)) {
			world_wait(world, 1000);
			continue;
		}
		assert_true(++packets < 20 * client.blocks);
		if (packets % 50 == 0 || sent.block > client.gap)
			continue; // lost, or dropped by the client
		receive(&client, &sent);
	}
	assert_int_equal(world_stat(world, STAT_TFTP_DONE), 1);
	free(client.has);
	world_end(world);
}

static void silence_stops_it_for_the_machine(void **state) {
	struct world *world = world_with(true, true);
	struct client client = open_as_ipxe(world, 1000, "kernel");

	(void)state;
	world_drain(world, &sent);
	for (int i = 0; i < 6; i++) {
		world_wait(world, 1000000);
		world_drain(world, &sent);
	}
	assert_int_equal(world_stat(world, STAT_TFTP_AHEAD_STOPPED), 1);
	free(client.has);
	client = open_as_ipxe(world, 1001, "kernel");
	assert_int_equal(in_flight(world), 1);
	free(client.has);
	world_end(world);
}

static void an_error_stops_it_for_the_machine(void **state) {
	struct world *world = world_with(true, true);
	struct client client = open_as_ipxe(world, 1000, "kernel");

	(void)state;
	assert_true(world_take(world, &sent));
	receive(&client, &sent);
	world_error(world, &sent, 4);
	assert_int_equal(world_stat(world, STAT_TFTP_AHEAD_STOPPED), 1);
	free(client.has);
	client = open_as_ipxe(world, 1001, "kernel");
	assert_int_equal(in_flight(world), 1);
	free(client.has);
	world_end(world);
}

// The dead process may have had blocks in flight; the next one goes on with one.
static void a_restart_goes_on_with_one(void **state) {
	struct world *world = world_with(true, true);
	struct client client = open_as_ipxe(world, 1000, "kernel");

	(void)state;
	assert_int_equal(in_flight(world), TFTP_AHEAD);
	assert_int_equal(world_restart(world), 1);
	assert_int_equal(in_flight(world), 1);
	free(client.has);
	world_end(world);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipxe_with_a_lease_gets_eight_in_flight),
		cmocka_unit_test(others_get_one),
		cmocka_unit_test(other_requests_of_the_same_machine_get_one),
		cmocka_unit_test(what_is_lost_is_sent_again_alone),
		cmocka_unit_test(a_card_with_five_buffers_is_sent_what_fits),
		cmocka_unit_test(a_loss_now_and_then_narrows_little),
		cmocka_unit_test(a_client_that_keeps_nothing_still_gets_its_file),
		cmocka_unit_test(silence_stops_it_for_the_machine),
		cmocka_unit_test(an_error_stops_it_for_the_machine),
		cmocka_unit_test(a_restart_goes_on_with_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
