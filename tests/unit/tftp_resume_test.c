// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Taking over the sessions of a dead process. What stands in the records may be anything.

#include "tftp_core.h"
#include "tftp_world.h"
#include "unit.h"

static struct sent sent;

// A world with one transfer of "kernel" with a window of 4, blocks 1 to 8 acknowledged.
static struct world *with_transfer(struct tftp_session **session) {
	struct world *world = world_usual();

	world_read(world, WORLD_PORT, "kernel", "blksize", "1468", "windowsize", "4");
	world_drain(world, &sent);
	world_ack(world, &sent, 0);
	world_drain(world, &sent);
	world_ack(world, &sent, 4);
	world_drain(world, &sent);
	world_ack(world, &sent, 8);
	assert_int_equal(world_drain(world, &sent), 4);
	*session = &world->sessions[sent.to.src_port - WORLD_TID_FIRST];
	return world;
}

static void a_transfer_goes_on(void **state) {
	struct tftp_session *session;
	struct world *world = with_transfer(&session);
	uint16_t tid = sent.to.src_port;

	(void)state;
	assert_int_equal(world_restart(world), 1);
	assert_int_equal(tftp_server_active(world->server), 1);
	assert_int_equal(world_pins(world), 1);
	assert_int_equal(world_drain(world, &sent), 4);
	assert_true(world_is_data(&sent, 12));
	assert_int_equal(sent.to.src_port, tid);
	assert_true(session->flags & SESSION_RESUMED);
	world_ack(world, &sent, 12);
	assert_int_equal(world_drain(world, &sent), 4);
	assert_true(world_is_data(&sent, 16));
	assert_int_equal(world_stat(world, STAT_TFTP_RESUMED), 1);
	// And once more: the record was sealed again.
	assert_int_equal(world_restart(world), 1);
	world_end(world);
}

// The dead process had sent a window whose ACK is under way.
static void an_ack_for_the_dead_process_counts(void **state) {
	struct tftp_session *session;
	struct world *world = with_transfer(&session);

	(void)state;
	world_restart(world);
	world_ack(world, &sent, 12);
	assert_int_equal(world_drain(world, &sent), 4);
	assert_true(world_is_data(&sent, 16));
	world_end(world);
}

static void the_end_of_a_file_is_found_again(void **state) {
	struct world *world = world_usual();

	(void)state;
	world_read(world, WORLD_PORT, "menu.ipxe", "blksize", "512");
	world_drain(world, &sent);
	world_ack(world, &sent, 0);
	world_drain(world, &sent);
	world_ack(world, &sent, 1);
	world_drain(world, &sent);
	assert_int_equal(world_restart(world), 1);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_int_equal(sent.len, 4 + 488);
	world_ack(world, &sent, 2);
	assert_int_equal(world_stat(world, STAT_TFTP_DONE), 1);
	world_end(world);
}

static void a_half_open_transfer_keeps_its_limit(void **state) {
	struct world *world = world_usual();
	size_t bytes = 0;

	(void)state;
	world_read(world, WORLD_PORT, "kernel", "blksize", "1468", "tsize", "0");
	for (int restart = 0; restart < 5; restart++) {
		for (int i = 0; i < 5000; i++) {
			while (world_take(world, &sent))
				bytes += sent.len;
			world_wait(world, 1000);
		}
		assert_int_equal(world_restart(world), 1);
	}
	assert_in_range(bytes, 1, 3 * 40);
	world_read(world, WORLD_PORT, "kernel", "blksize", "1468", "tsize", "0");
	assert_int_equal(world_drain(world, &sent), 1);
	assert_true(world_is_oack(&sent, "blksize", "1468", "tsize", "1000000"));
	world_ack(world, &sent, 0);
	assert_int_equal(world_drain(world, &sent), 1);
	world_end(world);
}

// The account of bytes is not under the CRC: what cannot be true gives no credit.
static void a_forged_account_gives_no_credit(void **state) {
	static const uint32_t accounts[][2] = {
		{UINT32_MAX, 0}, {TFTP_UNPROVEN_MAX + 1, 0}, {40, 121}, {40, UINT32_MAX}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(accounts); i++) {
		struct world *world = world_usual();
		struct tftp_session *session;

		world_read(world, WORLD_PORT, "kernel", "blksize", "1468", "tsize", "0");
		world_drain(world, &sent);
		session = &world->sessions[sent.to.src_port - WORLD_TID_FIRST];
		session->bytes_from_peer = accounts[i][0];
		session->bytes_to_peer = accounts[i][1];
		assert_int_equal(world_restart(world), 1);
		for (int s = 0; s < 20; s++) {
			world_wait(world, 1000000);
			assert_int_equal(world_drain(world, NULL), 0);
		}
		world_end(world);
	}
}

static void data_1_is_not_repeated_unasked(void **state) {
	struct world *world = world_usual();

	(void)state;
	world_read(world, WORLD_PORT, "kernel");
	world_drain(world, &sent);
	assert_int_equal(world_restart(world), 1);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(world_drain(world, NULL), 0);
		world_wait(world, 1000000);
	}
	world_read(world, WORLD_PORT, "kernel");
	assert_int_equal(world_drain(world, &sent), 1);
	world_end(world);
}

static void free_records_stay_free(void **state) {
	struct world *world = world_usual();

	(void)state;
	assert_int_equal(world_restart(world), 0);
	assert_int_equal(world_stat(world, STAT_TFTP_NOT_RESUMED), 0);
	world_read(world, WORLD_PORT, "kernel");
	assert_int_equal(world_drain(world, &sent), 1);
	world_end(world);
}

static void a_file_that_is_gone_ends_with_an_error(void **state) {
	static const uint64_t words[] = {
		0, IMAGE_WORD(4, IMAGE_LOADING), IMAGE_WORD(5, IMAGE_READY)};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		struct tftp_session *session;
		struct world *world = with_transfer(&session);
		struct sent before = sent;

		world->slot[3].word = words[i];
		assert_int_equal(world_restart(world), 0);
		assert_int_equal(world_pins(world), 0);
		assert_int_equal(world_drain(world, &sent), 1);
		assert_int_equal(sent.kind, TFTP_PACKET_ERROR);
		assert_int_equal(sent.payload[3], TFTP_ERROR_UNDEFINED);
		assert_int_equal(sent.to.src_port, before.to.src_port);
		assert_int_equal(sent.to.dst, before.to.dst);
		assert_memory_equal(sent.to.src_mac, before.to.src_mac, 6);
		assert_int_equal(world_stat(world, STAT_TFTP_NOT_RESUMED), 1);
		world_end(world);
	}
}

// Fields that contradict each other under a good CRC: another version of us may have written them.
struct lie {
	const char *name;
	void (*tell)(struct tftp_session *session);
};

static void lie_tid(struct tftp_session *s) {
	s->tid++;
}
static void lie_worker(struct tftp_session *s) {
	s->worker = 99;
}
static void lie_port_69(struct tftp_session *s) {
	s->peer_port = 69;
}
static void lie_port_0(struct tftp_session *s) {
	s->peer_port = 0;
}
static void lie_device(struct tftp_session *s) {
	s->port = UINT16_MAX;
}
static void lie_own(struct tftp_session *s) {
	s->own_address++;
}
static void lie_blksize_0(struct tftp_session *s) {
	s->blksize = 0;
}
static void lie_blksize(struct tftp_session *s) {
	s->blksize = 65535;
}
static void lie_window(struct tftp_session *s) {
	s->windowsize = 0;
}
static void lie_timeout(struct tftp_session *s) {
	s->timeout_us = UINT32_MAX;
}
static void lie_blocks(struct tftp_session *s) {
	s->blocks++;
}
static void lie_size(struct tftp_session *s) {
	s->size = UINT64_MAX;
}
static void lie_slot(struct tftp_session *s) {
	s->slot = UINT32_MAX;
}
static void lie_generation(struct tftp_session *s) {
	s->generation++;
}
static void lie_map(struct tftp_session *s) {
	s->map_first = 2000;
}
static void lie_map_count(struct tftp_session *s) {
	s->map_count = UINT32_MAX;
}
static void lie_offset(struct tftp_session *s) {
	s->first_offset = UINT32_MAX;
}
static void lie_options(struct tftp_session *s) {
	s->requested = 0xffffffff;
}
static void lie_option_twice(struct tftp_session *s) {
	s->requested = 0x11;
}
static void lie_no_options(struct tftp_session *s) {
	s->requested = 0;
}
static void lie_flags(struct tftp_session *s) {
	s->flags = 0;
}
static void lie_future(struct tftp_session *s) {
	s->started_us = UINT64_MAX;
}
static void lie_acked(struct tftp_session *s) {
	s->acked = s->blocks;
}
static void lie_acked_far(struct tftp_session *s) {
	s->acked = UINT64_MAX;
}
static void lie_state(struct tftp_session *s) {
	s->state = 77;
}
static void lie_oack(struct tftp_session *s) {
	s->state = SESSION_OACK;
}

static const struct lie lies[] = {
	{"tid", lie_tid},
	{"worker", lie_worker},
	{"peer port 69", lie_port_69},
	{"peer port 0", lie_port_0},
	{"device", lie_device},
	{"own address", lie_own},
	{"blksize 0", lie_blksize_0},
	{"blksize 65535", lie_blksize},
	{"windowsize", lie_window},
	{"timeout", lie_timeout},
	{"blocks", lie_blocks},
	{"size", lie_size},
	{"slot", lie_slot},
	{"generation", lie_generation},
	{"map", lie_map},
	{"map count", lie_map_count},
	{"offset", lie_offset},
	{"options", lie_options},
	{"option twice", lie_option_twice},
	{"no options", lie_no_options},
	{"flags", lie_flags},
	{"begun in the future", lie_future},
	{"acked all", lie_acked},
	{"acked beyond", lie_acked_far},
	{"state", lie_state},
	{"OACK with blocks acknowledged", lie_oack},
};

static void records_that_contradict_themselves_are_freed(void **state) {
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lies); i++) {
		struct tftp_session *session;
		struct world *world = with_transfer(&session);

		lies[i].tell(session);
		session->crc = tftp_core_crc(session);
		assert_case(lies[i].name, world_restart(world) == 0);
		assert_case(lies[i].name, tftp_server_active(world->server) == 0);
		assert_case(lies[i].name, world_pins(world) == 0);
		world_drain(world, NULL);
		world_end(world);
	}
}

static bool is_constant(size_t byte) {
	return byte >= offsetof(struct tftp_session, peer_address);
}

// Whatever goes on after a damage, it sends blocks of this file only, and it ends.
static void check_survivor(struct world *world, size_t byte) {
	for (int i = 0; i < 60; i++) {
		while (world_take(world, &sent)) {
			if (sent.kind == TFTP_PACKET_ERROR)
				continue;
			assert_false(is_constant(byte));
			if (sent.kind == TFTP_PACKET_DATA)
				assert_true(world_holds(world, (sent.block - 1) * 1468,
					sent.payload + 4, sent.len - 4));
		}
		world_ack(world, &sent, (uint16_t)sent.block);
		world_wait(world, 1100000);
	}
	world_end(world);
}

static void any_flipped_bit_is_harmless(void **state) {
	(void)state;
	for (size_t bit = 0; bit < 8 * sizeof(struct tftp_session); bit++) {
		struct tftp_session *session;
		struct world *world = with_transfer(&session);
		uint32_t resumed;

		((uint8_t *)session)[bit / 8] ^= (uint8_t)(1 << bit % 8);
		resumed = world_restart(world);
		if (is_constant(bit / 8))
			assert_int_equal(resumed, 0);
		check_survivor(world, bit / 8);
	}
}

static void random_records_are_harmless(void **state) {
	uint64_t random = 1;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct tftp_session *session;
		struct world *world = with_transfer(&session);
		uint64_t *words = (uint64_t *)world->sessions;
		size_t count = 64 * sizeof(*session) / sizeof(uint64_t);

		for (size_t i = 0; i < count; i++)
			words[i] = unit_random(&random) >> unit_random(&random) % 64;
		for (int i = 0; round % 2 && i < 64; i++)
			world->sessions[i].crc = tftp_core_crc(&world->sessions[i]);
		assert_int_equal(world_restart(world), 0);
		world_drain(world, NULL);
		world_wait(world, 100000000);
		assert_int_equal(world_pins(world), 0);
		world_end(world);
	}
}

static void replaced_images_end_all_transfers(void **state) {
	struct tftp_session *session;
	struct world *world = with_transfer(&session);
	struct event_record event;

	(void)state;
	world_read(world, WORLD_PORT + 1, "kernel");
	tftp_server_abandon(world->server, world->now);
	assert_int_equal(tftp_server_active(world->server), 0);
	assert_int_equal(world_pins(world), 0);
	assert_int_equal(world_drain(world, &sent), 2);
	assert_int_equal(sent.payload[1], TFTP_ERROR);
	assert_true(world_event(world, EVENT_TFTP_FAILED, &event));
	assert_int_equal(event.reason, EVENT_REASON_IMAGE_GONE);
	assert_int_equal(world_stat(world, STAT_TFTP_IMAGE_GONE), 2);
	world_end(world);
}

// On a host that has been up for 100 days the timers of taken over transfers are right at once.
static void timers_are_right_however_late_it_is(void **state) {
	struct world *world = world_usual();

	(void)state;
	world->now.us = 100ull * 86400 * 1000000;
	world_read(world, WORLD_PORT, "kernel", "blksize", "1468");
	assert_int_equal(world_drain(world, &sent), 1);
	world_ack(world, &sent, 0);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_int_equal(world_restart(world), 1);
	assert_int_equal(world_drain(world, &sent), 1);
	assert_true(tftp_server_expire(world->server, world->now) > world->now.us);
	world->now.us += TFTP_RTO_INITIAL_US + 2048;
	tftp_server_expire(world->server, world->now);
	assert_true(world_take(world, &sent));
	assert_true(world_is_data(&sent, 1));
	world_end(world);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_that_contradict_themselves_are_freed),
		cmocka_unit_test(any_flipped_bit_is_harmless),
		cmocka_unit_test(random_records_are_harmless),
		cmocka_unit_test(a_file_that_is_gone_ends_with_an_error),
		cmocka_unit_test(free_records_stay_free),
		cmocka_unit_test(a_transfer_goes_on),
		cmocka_unit_test(replaced_images_end_all_transfers),
		cmocka_unit_test(an_ack_for_the_dead_process_counts),
		cmocka_unit_test(the_end_of_a_file_is_found_again),
		cmocka_unit_test(a_half_open_transfer_keeps_its_limit),
		cmocka_unit_test(timers_are_right_however_late_it_is),
		cmocka_unit_test(a_forged_account_gives_no_credit),
		cmocka_unit_test(data_1_is_not_repeated_unasked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
