// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// storm_stream: bad packets first, then a transfer, gaps, repetition and rollover.

#include "storm_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define BLKSIZE  8u
#define WINDOW   4u
#define WAIT     1000u
#define PATIENCE 5000u
#define TID      40000u

struct rig {
	struct storm_stream s;
	const uint8_t *content;
	uint16_t content_len;
	uint64_t waited;
};

static enum storm_stream_result give(
	struct rig *rig, uint16_t from, const void *bytes, size_t len, uint64_t now) {
	return storm_stream_packet(&rig->s, from, bytes, (uint16_t)len, now, WAIT, &rig->content,
		&rig->content_len, &rig->waited);
}

static enum storm_stream_result give_data(
	struct rig *rig, uint64_t block, size_t len, uint64_t now) {
	uint8_t packet[4 + 2 * BLKSIZE] = {0, 3, (uint8_t)(block >> 8), (uint8_t)block};

	return give(rig, TID, packet, 4 + len, now);
}

static const char OACK[] = "\0\6blksize\0"
			   "8\0windowsize\0"
			   "4";

static struct rig asking(void) {
	struct rig rig = {0};

	storm_stream_ask(&rig.s, BLKSIZE, WINDOW, 90, 100, WAIT);
	return rig;
}

static struct rig reading(void) {
	struct rig rig = asking();

	assert_int_equal(give(&rig, TID, OACK, sizeof(OACK), 150), STORM_STREAM_STARTED);
	assert_int_equal(rig.waited, 60);
	return rig;
}

static void bad_answers_change_nothing(void **state) {
	static const struct {
		const char *name;
		const char *bytes;
		size_t len;
	} BAD[] = {
		{"nothing", "", 0},
		{"cut", "\0\6b", 3},
		{"high opcode", "\1\6blksize\0008", 11},
		{"data before the OACK", "\0\3\0\1abcdefgh", 12},
		{"other blksize", "\0\6blksize\0009\0windowsize\0004", 24},
		{"no windowsize", "\0\6blksize\0008", 12},
		{"a name without value", "\0\6blksize\0", 10},
		{"a value without end", "\0\6blksize\0008", 11},
		{"no number", "\0\6blksize\0008x\0windowsize\0004", 25},
		{"an empty number", "\0\6blksize\0\0windowsize\0004", 23},
		{"no number at all", "\0\6blksize\00099999999999\0windowsize\0004", 34},
		{"a request", "\0\1\0\1", 4},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		struct rig rig = asking();

		if (give(&rig, TID, BAD[i].bytes, BAD[i].len, 150) != STORM_STREAM_BAD ||
			rig.s.state != STORM_STREAM_ASKING || rig.waited)
			fail_msg("taken: %s", BAD[i].name);
	}
}

static void strangers_are_not_heard(void **state) {
	struct rig rig = reading();

	(void)state;
	assert_int_equal(give(&rig, TID + 1, "\0\3\0\1abcdefgh", 12, 200), STORM_STREAM_BAD);
	assert_int_equal(give(&rig, TID + 1, "\0\5\0\1", 5, 200), STORM_STREAM_BAD);
	assert_int_equal(give(&rig, TID + 1, OACK, sizeof(OACK), 200), STORM_STREAM_BAD);
	assert_int_equal(give(&rig, TID, OACK, sizeof(OACK), 200), STORM_STREAM_DUPLICATE);
	assert_int_equal(give_data(&rig, 1, BLKSIZE + 1, 200), STORM_STREAM_BAD);
	assert_int_equal(rig.s.block, 0);
}

static void an_error_ends_it(void **state) {
	struct rig rig = asking();

	(void)state;
	assert_int_equal(give(&rig, TID, "\0\5\0\1", 5, 200), STORM_STREAM_ERROR);
	assert_int_equal(give(&rig, TID, OACK, sizeof(OACK), 201), STORM_STREAM_BAD);
}

static void each_window_is_acknowledged(void **state) {
	struct rig rig = reading();

	(void)state;
	for (uint64_t block = 1; block <= 100000; block++) {
		bool ends = block % WINDOW == 0;

		if (give_data(&rig, block, BLKSIZE, 1000 + block) !=
				(ends ? STORM_STREAM_ACK : STORM_STREAM_TAKEN) ||
			rig.s.block != block)
			fail_msg("block %llu", (unsigned long long)block);
		assert_int_equal(rig.waited, block == 1 ? 851 : block % WINDOW == 1 ? 1 : 0);
	}
	assert_int_equal(give_data(&rig, 100001, 0, 200000), STORM_STREAM_DONE);
	assert_int_equal(rig.content_len, 0);
	assert_int_equal(give_data(&rig, 100001, 0, 200001), STORM_STREAM_BAD);
}

static void a_gap_is_told_once(void **state) {
	struct rig rig = reading();

	(void)state;
	assert_int_equal(give_data(&rig, 1, BLKSIZE, 200), STORM_STREAM_TAKEN);
	assert_int_equal(give_data(&rig, 3, BLKSIZE, 201), STORM_STREAM_GAP);
	assert_int_equal(give_data(&rig, 4, BLKSIZE, 202), STORM_STREAM_DUPLICATE);
	assert_int_equal(give_data(&rig, 1, BLKSIZE, 203), STORM_STREAM_DUPLICATE);
	// The server goes on behind block 1 with a whole window.
	for (uint64_t block = 2; block < 5; block++)
		assert_int_equal(give_data(&rig, block, BLKSIZE, 210), STORM_STREAM_TAKEN);
	assert_int_equal(give_data(&rig, 5, BLKSIZE, 211), STORM_STREAM_ACK);
}

static void silence_is_answered_until_patience_ends(void **state) {
	struct rig rig = asking();

	(void)state;
	assert_int_equal(storm_stream_tick(&rig.s, 1099, WAIT, PATIENCE), STORM_STREAM_WAIT);
	assert_int_equal(storm_stream_tick(&rig.s, 1100, WAIT, PATIENCE), STORM_STREAM_ASK_AGAIN);
	assert_int_equal(storm_stream_tick(&rig.s, 1101, WAIT, PATIENCE), STORM_STREAM_WAIT);
	assert_int_equal(storm_stream_tick(&rig.s, 5100, WAIT, PATIENCE), STORM_STREAM_GAVE_UP);
	assert_int_equal(storm_stream_tick(&rig.s, 9999, WAIT, PATIENCE), STORM_STREAM_WAIT);
	rig = reading();
	assert_int_equal(storm_stream_tick(&rig.s, 1150, WAIT, PATIENCE), STORM_STREAM_ACK_AGAIN);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_answers_change_nothing),
		cmocka_unit_test(strangers_are_not_heard),
		cmocka_unit_test(an_error_ends_it),
		cmocka_unit_test(each_window_is_acknowledged),
		cmocka_unit_test(a_gap_is_told_once),
		cmocka_unit_test(silence_is_answered_until_patience_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
