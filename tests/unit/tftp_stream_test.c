// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The DATA of a group alone: which block is sent when, by what the master says.

#include "tftp_stream.h"
#include "unit.h"

#define NOW 1000000u

struct rig {
	struct tftp_session record;
	struct tftp_stream stream;
};

// blocks of which highest were sent before; the master has those up to acked.
static struct rig begin(uint64_t blocks, uint64_t highest, uint64_t acked) {
	struct rig rig = {.record = {.blocks = blocks, .highest = highest, .block_ns = 1000}};

	tftp_stream_begin(&rig.record, &rig.stream, 8, acked, NOW);
	return rig;
}

// The same, and the time in which it may find what it seemed to lack is over.
static struct rig settled(uint64_t blocks, uint64_t highest, uint64_t acked) {
	struct rig rig = begin(blocks, highest, acked);

	assert_int_equal(rig.record.next, 0);
	assert_int_equal(
		tftp_stream_timer(&rig.record, &rig.stream, false, NOW + 2000), TFTP_STREAM_SEND);
	return rig;
}

// Sends what is due, and fails unless it is first … last.
static void expect_run(struct rig *rig, uint64_t first, uint64_t last) {
	for (uint64_t block = first; block <= last; block++) {
		if (rig->record.next != block)
			fail_msg("%llu is next, not %llu", (unsigned long long)rig->record.next,
				(unsigned long long)block);
		tftp_stream_take(&rig->record, &rig->stream, NOW);
	}
	assert_int_equal(rig->record.next, 0);
}

static void expect_ack(struct rig *rig, uint64_t block, enum tftp_stream_ack result) {
	assert_int_equal(tftp_stream_ack(&rig->record, &rig->stream, block, NOW + 100), result);
}

static void acks_of_what_was_not_sent_are_ignored(void **state) {
	struct rig rig = begin(100, 0, 0);

	(void)state;
	expect_ack(&rig, 1, TFTP_STREAM_AHEAD);
	expect_run(&rig, 1, 8);
	expect_ack(&rig, 9, TFTP_STREAM_AHEAD);
	expect_ack(&rig, 3, TFTP_STREAM_MOVED);
	expect_ack(&rig, 2, TFTP_STREAM_OLD);
	expect_run(&rig, 9, 11);
}

static void what_is_new_is_sent_ahead(void **state) {
	struct rig rig = begin(10, 0, 0);

	(void)state;
	expect_run(&rig, 1, 8);
	expect_ack(&rig, 1, TFTP_STREAM_MOVED);
	expect_run(&rig, 9, 9);
	expect_ack(&rig, 9, TFTP_STREAM_MOVED);
	expect_run(&rig, 10, 10);
	assert_int_equal(rig.record.retransmitted, 0);
}

static void a_lost_block_is_sent_once(void **state) {
	struct rig rig = begin(100, 0, 0);

	(void)state;
	expect_run(&rig, 1, 8);
	expect_ack(&rig, 1, TFTP_STREAM_MOVED);
	expect_run(&rig, 9, 9);
	expect_ack(&rig, 1, TFTP_STREAM_SAME); // of 3: 2 is lost
	expect_run(&rig, 2, 2);
	for (int i = 4; i <= 9; i++)
		expect_ack(&rig, 1, TFTP_STREAM_SAME);
	assert_int_equal(rig.record.next, 0);
	expect_ack(&rig, 9, TFTP_STREAM_MOVED);
	expect_run(&rig, 10, 17);
	assert_int_equal(rig.record.retransmitted, 1);
}

static void a_block_lost_twice_is_sent_again(void **state) {
	struct rig rig = begin(100, 0, 0);

	(void)state;
	expect_run(&rig, 1, 8);
	for (int i = 2; i <= 8; i++) // 1 is lost
		expect_ack(&rig, 0, TFTP_STREAM_SAME);
	expect_run(&rig, 1, 1);
	// That is lost, too, and nothing else is under way.
	assert_int_equal(
		tftp_stream_timer(&rig.record, &rig.stream, false, NOW + 60000), TFTP_STREAM_PROBE);
	expect_ack(&rig, 0, TFTP_STREAM_SAME);
	assert_int_equal(rig.record.next, 0);
	assert_int_equal(
		tftp_stream_timer(&rig.record, &rig.stream, false, NOW + 70000), TFTP_STREAM_SEND);
	expect_run(&rig, 1, 1);
}

static void a_second_hole_is_filled_at_once(void **state) {
	struct rig rig = begin(100, 0, 0);

	(void)state;
	expect_run(&rig, 1, 8);
	expect_ack(&rig, 0, TFTP_STREAM_SAME); // of 2: 1 is lost
	expect_run(&rig, 1, 1);
	expect_ack(&rig, 4, TFTP_STREAM_MOVED); // of 1: so is 5
	assert_int_equal(rig.record.next, 5);
	tftp_stream_take(&rig.record, &rig.stream, NOW);
	expect_run(&rig, 9, 12);
}

// The master is slow: time alone makes no DATA, and nothing does that comes of asking.
static void silence_makes_no_data(void **state) {
	struct rig rig = begin(100, 0, 0);
	uint64_t now = NOW;

	(void)state;
	expect_run(&rig, 1, 8);
	for (int i = 0; i < 3; i++) {
		now = rig.record.deadline_us;
		assert_int_equal(
			tftp_stream_timer(&rig.record, &rig.stream, false, now), TFTP_STREAM_PROBE);
		assert_int_equal(rig.record.next, 0);
	}
	// It reads the OACKs first, then DATA.
	for (int i = 0; i < 3; i++)
		expect_ack(&rig, 0, TFTP_STREAM_SAME);
	for (uint64_t block = 1; block <= 8; block++)
		expect_ack(&rig, block, TFTP_STREAM_MOVED);
	expect_run(&rig, 9, 16);
	assert_int_equal(rig.record.retransmitted, 0);
}

static void a_new_master_gets_its_holes_one_by_one(void **state) {
	struct rig rig = settled(100, 50, 9);

	(void)state;
	expect_run(&rig, 10, 10);
	expect_ack(&rig, 29, TFTP_STREAM_MOVED);
	expect_run(&rig, 30, 30);
	expect_ack(&rig, 50, TFTP_STREAM_MOVED);
	expect_run(&rig, 51, 58);
}

static void who_has_joined_late_gets_a_run(void **state) {
	struct rig rig = settled(100, 50, 0);

	(void)state;
	for (uint64_t block = 1; block <= TFTP_STREAM_RUN; block++) {
		expect_run(&rig, block, block);
		expect_ack(&rig, block, TFTP_STREAM_MOVED);
	}
	expect_run(&rig, 5, 12);
	expect_ack(&rig, 40, TFTP_STREAM_MOVED); // that was all it lacked
	expect_run(&rig, 41, 41);
}

// A new master that finds in its sockets what it seemed to lack.
static void who_has_it_after_all_is_not_sent_it(void **state) {
	struct rig rig = begin(60, 50, 44);

	(void)state;
	for (uint64_t block = 45; block < 50; block++) {
		expect_ack(&rig, block, TFTP_STREAM_MOVED);
		assert_int_equal(rig.record.next, 0);
	}
	expect_ack(&rig, 50, TFTP_STREAM_MOVED);
	expect_run(&rig, 51, 58);
}

static void a_client_that_was_started_again_goes_back(void **state) {
	struct rig rig = begin(100, 0, 0);

	(void)state;
	expect_run(&rig, 1, 8);
	expect_ack(&rig, 8, TFTP_STREAM_MOVED);
	expect_run(&rig, 9, 16);
	expect_ack(&rig, 0, TFTP_STREAM_OLD);
	tftp_stream_probed(&rig.stream);
	expect_ack(&rig, 0, TFTP_STREAM_SAME);
	assert_int_equal(
		tftp_stream_timer(&rig.record, &rig.stream, false, NOW + 2000), TFTP_STREAM_SEND);
	expect_run(&rig, 1, 1);
}

static void the_last_block_is_the_last(void **state) {
	struct rig rig = begin(3, 0, 0);

	(void)state;
	expect_run(&rig, 1, 3);
	expect_ack(&rig, 3, TFTP_STREAM_MOVED);
	assert_int_equal(rig.record.next, 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acks_of_what_was_not_sent_are_ignored),
		cmocka_unit_test(what_is_new_is_sent_ahead),
		cmocka_unit_test(a_lost_block_is_sent_once),
		cmocka_unit_test(a_block_lost_twice_is_sent_again),
		cmocka_unit_test(a_second_hole_is_filled_at_once),
		cmocka_unit_test(silence_makes_no_data),
		cmocka_unit_test(a_new_master_gets_its_holes_one_by_one),
		cmocka_unit_test(who_has_joined_late_gets_a_run),
		cmocka_unit_test(who_has_it_after_all_is_not_sent_it),
		cmocka_unit_test(a_client_that_was_started_again_goes_back),
		cmocka_unit_test(the_last_block_is_the_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
