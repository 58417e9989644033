// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// storm_pace: the rate is kept, nobody overtakes, and a client has one place.

#include "storm_pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define CLIENTS 4u
#define SECOND  1000000u

struct rig {
	struct storm_pace pace;
	struct storm_pace_held held[CLIENTS];
	uint32_t queue[CLIENTS];
};

static void start(struct rig *rig, uint64_t rate) {
	*rig = (struct rig){0};
	storm_pace_init(&rig->pace, rate, rig->held, rig->queue, CLIENTS, 0);
}

static void hold(struct rig *rig, uint32_t client, uint8_t mark, uint64_t cost_bits) {
	struct storm_tftp_out out = {.send_len = 4, .copies = 1, .send = {0, 4, 0, mark}};

	storm_pace_hold(&rig->pace, client, &out, cost_bits);
}

static void nothing_leaves_an_empty_bucket(void **state) {
	struct rig rig;
	uint32_t client;

	(void)state;
	start(&rig, 1000);
	assert_null(storm_pace_next(&rig.pace, SECOND, &client));
	start(&rig, 1000);
	hold(&rig, 0, 1, 100);
	assert_null(storm_pace_next(&rig.pace, 0, &client));
	assert_true(storm_pace_waits(&rig.pace));
	assert_non_null(storm_pace_next(&rig.pace, 1000, &client));
	assert_false(storm_pace_waits(&rig.pace));
}

static void what_was_forgotten_neither_leaves_nor_costs(void **state) {
	struct rig rig;
	uint32_t client;
	const struct storm_pace_held *h;

	(void)state;
	start(&rig, 1000);
	hold(&rig, 1, 1, 1000000);
	hold(&rig, 2, 2, 1);
	storm_pace_forget(&rig.pace, 1);
	h = storm_pace_next(&rig.pace, SECOND, &client);
	assert_non_null(h);
	assert_int_equal(client, 2);
	assert_null(storm_pace_next(&rig.pace, 2 * SECOND, &client));
}

static void a_later_packet_takes_the_place_of_the_waiting_one(void **state) {
	struct rig rig;
	uint32_t client;
	const struct storm_pace_held *h;

	(void)state;
	start(&rig, 1000);
	// More often than the ring has places.
	for (uint8_t i = 0; i < 3 * CLIENTS; i++)
		hold(&rig, 3, i, 1);
	hold(&rig, 0, 77, 1);
	h = storm_pace_next(&rig.pace, SECOND, &client);
	assert_non_null(h);
	assert_int_equal(client, 3);
	assert_int_equal(h->bytes[3], 3 * CLIENTS - 1);
	h = storm_pace_next(&rig.pace, SECOND, &client);
	assert_non_null(h);
	assert_int_equal(client, 0);
	assert_null(storm_pace_next(&rig.pace, SECOND, &client));
}

// All clients always have something to send: what leaves in ten seconds is the rate times ten, and
// everyone has the same share.
static void the_rate_is_kept(void **state) {
	static const struct {
		uint64_t rate, cost_bits, step_us;
	} cases[] = {
		{2000000000, 11744, 100},      // window 1
		{2000000000, 64 * 11744, 100}, // window 64
		{2000000000, 11744, 4000},     // a client that wakes up late
		{1000000, 64 * 11744, 200},    // a window far beyond the bucket
		{30000, 11744, 7},             // less than a bit in a step
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig rig;
		uint64_t sent[CLIENTS] = {0}, bits = 0, wanted = 10 * cases[i].rate;
		uint32_t client;

		start(&rig, cases[i].rate);
		for (uint32_t c = 0; c < CLIENTS; c++)
			hold(&rig, c, 0, cases[i].cost_bits);
		for (uint64_t now = 0; now <= 10 * SECOND; now += cases[i].step_us) {
			while (storm_pace_next(&rig.pace, now, &client)) {
				bits += cases[i].cost_bits;
				sent[client]++;
				hold(&rig, client, 0, cases[i].cost_bits);
			}
		}
		assert_in_range(bits, wanted - wanted / 1000 - 1,
			wanted + wanted / 1000 + cases[i].cost_bits);
		for (uint32_t c = 1; c < CLIENTS; c++)
			assert_in_range(sent[c] + 1, sent[0], sent[0] + 2);
	}
}

static void an_earlier_time_fills_nothing(void **state) {
	struct rig rig;
	uint32_t client;

	(void)state;
	start(&rig, 1000000);
	hold(&rig, 0, 0, 1000000);
	assert_non_null(storm_pace_next(&rig.pace, SECOND, &client)); // a second's debt
	hold(&rig, 1, 0, 1);
	assert_null(storm_pace_next(&rig.pace, SECOND - 1, &client));
	assert_null(storm_pace_next(&rig.pace, SECOND, &client));
	assert_non_null(storm_pace_next(&rig.pace, 2 * SECOND, &client));
}

static void a_long_silence_saves_up_no_more_than_a_bucket(void **state) {
	struct rig rig;
	uint32_t client, left = 0;

	(void)state;
	start(&rig, 1000000);
	for (uint32_t c = 0; c < CLIENTS; c++)
		hold(&rig, c, 0, 4000);
	while (storm_pace_next(&rig.pace, 86400ull * SECOND, &client))
		left++;
	assert_int_equal(left, 2); // 5,000 bits
}

static void an_ack_costs_what_it_lets_through(void **state) {
	struct storm_tftp_client c = {.state = STORM_TFTP_REQUESTED, .blksize = 1000, .window = 8};

	(void)state;
	assert_int_equal(storm_pace_cost(&c), 0);
	c.state = STORM_TFTP_TRANSFER;
	assert_int_equal(storm_pace_cost(&c), 64000);
	c.tsize_known = true;
	c.tsize = 100500;
	c.bytes = 100000;
	assert_int_equal(storm_pace_cost(&c), 4000);
	c.bytes = 0;
	assert_int_equal(storm_pace_cost(&c), 64000);
	c.state = STORM_TFTP_LINGER;
	assert_int_equal(storm_pace_cost(&c), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_leaves_an_empty_bucket),
		cmocka_unit_test(what_was_forgotten_neither_leaves_nor_costs),
		cmocka_unit_test(a_later_packet_takes_the_place_of_the_waiting_one),
		cmocka_unit_test(the_rate_is_kept),
		cmocka_unit_test(an_earlier_time_fills_nothing),
		cmocka_unit_test(a_long_silence_saves_up_no_more_than_a_bucket),
		cmocka_unit_test(an_ack_costs_what_it_lets_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
