// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The engine alone: which block is sent when, and what the timer does.

#include "tftp_session.h"

#include "unit.h"

static struct tftp_session begin(uint16_t windowsize, uint64_t blocks) {
	struct tftp_session session = {
		.blksize = 512,
		.windowsize = windowsize,
		.blocks = blocks,
		.size = (blocks - 1) * 512,
		.flags = SESSION_HAS_OPTIONS,
		.requested = 1,
	};

	tftp_session_begin(&session, 40, 1000000);
	tftp_session_take_oack(&session, 14, 1000000);
	assert_int_equal(tftp_session_ack(&session, 0, 1001000), TFTP_ACK_STARTED);
	return session;
}

// Sends all that may be sent; returns how many blocks.
static uint32_t send_all(struct tftp_session *session, uint64_t now_us) {
	uint32_t count = 0;

	for (; tftp_session_can_send(session); count++)
		tftp_session_take_block(session, now_us);
	return count;
}

static void acks_of_an_oack(void **state) {
	struct tftp_session session = {
		.blksize = 512, .windowsize = 1, .blocks = 9, .flags = SESSION_HAS_OPTIONS};

	(void)state;
	tftp_session_begin(&session, 40, 1000000);
	assert_int_equal(tftp_session_ack(&session, 1, 1000100), TFTP_ACK_AHEAD);
	assert_int_equal(tftp_session_ack(&session, 65535, 1000100), TFTP_ACK_AHEAD);
	assert_true(tftp_session_half_open(&session));
	assert_int_equal(tftp_session_ack(&session, 0, 1000100), TFTP_ACK_STARTED);
	assert_false(tftp_session_half_open(&session));
	assert_int_equal(tftp_session_ack(&session, 0, 1000100), TFTP_ACK_SAME);
}

static void acks_out_of_range_are_told_apart(void **state) {
	struct tftp_session session = begin(4, 100);

	(void)state;
	send_all(&session, 1001000);
	assert_int_equal(tftp_session_ack(&session, 4, 1002000), TFTP_ACK_PROGRESS);
	send_all(&session, 1002000);
	assert_int_equal(tftp_session_ack(&session, 3, 1003000), TFTP_ACK_OLD);
	assert_int_equal(tftp_session_ack(&session, 0, 1003000), TFTP_ACK_OLD);
	assert_int_equal(tftp_session_ack(&session, 9, 1003000), TFTP_ACK_AHEAD);
	assert_int_equal(tftp_session_ack(&session, 30000, 1003000), TFTP_ACK_AHEAD);
	assert_int_equal(tftp_session_ack(&session, 40000, 1003000), TFTP_ACK_OLD);
	assert_int_equal(tftp_session_acked(&session), 4);
	assert_false(tftp_session_can_send(&session));
}

static void a_gap_rewinds_once(void **state) {
	struct tftp_session session = begin(8, 100);

	(void)state;
	assert_int_equal(send_all(&session, 1001000), 8);
	assert_int_equal(tftp_session_ack(&session, 3, 1002000), TFTP_ACK_GAP);
	assert_int_equal(session.next, 4);
	assert_int_equal(send_all(&session, 1002000), 8);
	assert_int_equal(session.highest, 11);
	for (int i = 0; i < 5; i++)
		assert_int_equal(tftp_session_ack(&session, 3, 1002100), TFTP_ACK_SAME);
	assert_int_equal(send_all(&session, 1002100), 0);
	assert_int_equal(session.retransmitted, 5);
}

// The rest of the window arrived after all, in another order: nothing of it is sent again.
static void an_ack_beyond_the_rewind_skips_it(void **state) {
	struct tftp_session session = begin(8, 100);

	(void)state;
	send_all(&session, 1001000);
	tftp_session_ack(&session, 3, 1002000);
	tftp_session_take_block(&session, 1002000);
	assert_int_equal(tftp_session_ack(&session, 8, 1002100), TFTP_ACK_PROGRESS);
	assert_int_equal(session.next, 9);
}

static void the_last_ack_ends_it(void **state) {
	struct tftp_session session = begin(4, 3);

	(void)state;
	assert_int_equal(send_all(&session, 1001000), 3);
	assert_int_equal(tftp_session_ack(&session, 3, 1002000), TFTP_ACK_DONE);
	assert_int_equal(tftp_session_bytes(&session), 1024);
}

static void numbers_wrap_to_zero(void **state) {
	static const uint16_t windows[] = {1, 3, 64, 1000, 65535};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(windows); i++) {
		struct tftp_session session = begin(windows[i], 300000);
		uint64_t now_us = 2000000;
		enum tftp_ack_result result;

		do {
			send_all(&session, now_us);
			now_us += 100;
			result = tftp_session_ack(&session, (uint16_t)session.highest, now_us);
			assert_int_not_equal(result, TFTP_ACK_AHEAD);
		} while (result == TFTP_ACK_PROGRESS);
		assert_int_equal(result, TFTP_ACK_DONE);
		assert_int_equal(tftp_session_acked(&session), 300000);
		assert_int_equal(session.retransmitted, 0);
	}
}

static void the_round_trip_sets_the_timer(void **state) {
	struct tftp_session session = begin(1, 100000);
	uint64_t now_us = 2000000;

	(void)state;
	for (uint16_t block = 1; block < 100; block++) {
		send_all(&session, now_us);
		now_us += 50000;
		tftp_session_ack(&session, block, now_us);
	}
	assert_in_range(session.srtt_us, 49000, 51000);
	assert_in_range(session.rto_us, 196000, 204000);
	send_all(&session, now_us);
	assert_int_equal(session.deadline_us, now_us + session.rto_us);
	for (uint16_t block = 100; block < 300; block++) {
		now_us += 100;
		tftp_session_ack(&session, block, now_us);
		send_all(&session, now_us);
	}
	assert_int_equal(session.rto_us, TFTP_RTO_FLOOR_US);
}

// Karn: the ACK of a block that was sent twice says nothing about the round trip.
static void a_repeated_block_is_not_timed(void **state) {
	struct tftp_session session = begin(1, 100);
	uint32_t srtt_us = session.srtt_us;
	uint32_t rto_us = session.rto_us;

	(void)state;
	send_all(&session, 1001000);
	assert_int_equal(tftp_session_timer(&session, false, 1040000), TFTP_TIMER_RESEND);
	assert_int_equal(session.rto_us, 2 * rto_us);
	send_all(&session, 1040000);
	tftp_session_ack(&session, 1, 1040010);
	assert_int_equal(session.srtt_us, srtt_us);
	assert_int_equal(session.rto_us, 2 * rto_us);
	send_all(&session, 1040010);
	tftp_session_ack(&session, 2, 1041010);
	assert_int_equal(session.rto_us, rto_us);
}

static void a_repeated_oack_is_not_timed(void **state) {
	struct tftp_session session = {
		.blksize = 512, .windowsize = 1, .blocks = 9, .flags = SESSION_HAS_OPTIONS};

	(void)state;
	tftp_session_begin(&session, 40, 1000000);
	tftp_session_take_oack(&session, 14, 1000000);
	assert_int_equal(tftp_session_timer(&session, false, 1250000), TFTP_TIMER_RESEND);
	tftp_session_take_oack(&session, 14, 1250000);
	tftp_session_ack(&session, 0, 1250010);
	assert_int_equal(session.srtt_us, 0);
	assert_int_equal(session.rto_us, 2 * TFTP_RTO_INITIAL_US);
}

static void the_timer_doubles_up_to_a_second(void **state) {
	struct tftp_session session = begin(1, 100);
	uint64_t now_us = 1001000;
	uint32_t before = 0;
	int repeats = 0;

	(void)state;
	send_all(&session, now_us);
	for (;;) {
		now_us = session.deadline_us;
		if (tftp_session_timer(&session, false, now_us) != TFTP_TIMER_RESEND)
			break;
		assert_true(session.rto_us == 2 * before || before == 0 ||
			    session.rto_us == TFTP_RTO_CAP_US);
		before = session.rto_us;
		repeats += send_all(&session, now_us);
	}
	assert_int_equal(session.rto_us, TFTP_RTO_CAP_US);
	assert_in_range(repeats, 30, 45);
	assert_in_range(now_us, 32000000, 35000000);
}

static void what_waits_for_the_port_is_no_timeout(void **state) {
	struct tftp_session session = begin(4, 100);
	uint32_t rto_us = session.rto_us;

	(void)state;
	tftp_session_take_block(&session, 1001000);
	assert_int_equal(tftp_session_timer(&session, true, 1900000), TFTP_TIMER_WAIT);
	assert_int_equal(session.rto_us, rto_us);
	assert_int_equal(session.next, 2);
	assert_int_equal(session.deadline_us, 1900000 + rto_us);
	// But not for ever: a port may be dead.
	assert_int_equal(tftp_session_timer(&session, true, 40000000), TFTP_TIMER_GAVE_UP);
}

static void noise_without_progress_ends(void **state) {
	struct tftp_session session = begin(4, 100);
	uint64_t now_us = 1001000;
	int timers = 0;

	(void)state;
	send_all(&session, now_us);
	tftp_session_ack(&session, 2, now_us);
	for (; timers < 1000; timers++) {
		now_us = session.deadline_us;
		if (tftp_session_timer(&session, false, now_us) != TFTP_TIMER_RESEND)
			break;
		send_all(&session, now_us);
		tftp_session_ack(&session, 2, now_us + 10); // alive, and stuck
	}
	assert_in_range(timers, TFTP_RETRIES_MAX - 1, TFTP_RETRIES_MAX);
}

static void a_hint_acts_once_per_window(void **state) {
	struct tftp_session session = begin(4, 100);

	(void)state;
	send_all(&session, 1001000);
	tftp_session_ack(&session, 4, 1002000);
	send_all(&session, 1002000);
	assert_int_equal(session.deadline_us, 1002000 + TFTP_RTO_FLOOR_US);
	tftp_session_ack(&session, 4, 1003000);
	assert_in_range(session.deadline_us, 1003999, 1004100);
	tftp_session_ack(&session, 4, 1003010);
	assert_in_range(session.deadline_us, 1003999, 1004100);
	assert_int_equal(tftp_session_timer(&session, false, 1004100), TFTP_TIMER_RESEND);
	assert_int_equal(session.next, 5);
	assert_int_equal(session.rto_us, TFTP_RTO_FLOOR_US); // not a timeout
	send_all(&session, 1004100);
	tftp_session_ack(&session, 4, 1004200);
	assert_int_equal(session.deadline_us, 1004100 + TFTP_RTO_FLOOR_US);
}

// Of a client that tells once of each gap the timer must not wait for a second word: the ACK may be
// for a copy, or for a gap in what the timer has repeated.
static void a_gap_in_a_timed_repeat_does_not_wait(void **state) {
	struct tftp_session session = begin(8, 100);
	uint64_t now_us;

	(void)state;
	send_all(&session, 1001000);
	tftp_session_ack(&session, 8, 1002000);
	send_all(&session, 1002000);
	now_us = session.deadline_us;
	assert_int_equal(tftp_session_timer(&session, false, now_us), TFTP_TIMER_RESEND);
	send_all(&session, now_us);
	assert_int_equal(tftp_session_ack(&session, 11, now_us + 1000), TFTP_ACK_PROGRESS);
	assert_int_equal(session.next, 17); // not at once
	send_all(&session, now_us + 1000);
	assert_in_range(session.deadline_us, now_us + 2999, now_us + 3100);
	now_us = session.deadline_us;
	assert_int_equal(tftp_session_timer(&session, false, now_us), TFTP_TIMER_RESEND);
	assert_int_equal(session.next, 12);
	assert_int_equal(session.retries, 0);
	// From there on gaps are as good as any other.
	send_all(&session, now_us);
	assert_int_equal(tftp_session_ack(&session, 14, now_us + 1000), TFTP_ACK_GAP);
}

// Nothing but gaps, and yet the round trip is known, and what the timer has backed off ends.
static void a_gap_ends_the_back_off(void **state) {
	struct tftp_session session = begin(8, 100);

	(void)state;
	send_all(&session, 1001000);
	assert_int_equal(tftp_session_ack(&session, 3, 1002000), TFTP_ACK_GAP);
	session.rto_us = TFTP_RTO_CAP_US;
	send_all(&session, 1003000);
	assert_int_equal(tftp_session_ack(&session, 6, 1004000), TFTP_ACK_GAP);
	assert_int_equal(session.rto_us, TFTP_RTO_FLOOR_US);
	// The last block of before may have come then: this ACK's round trip is not known.
	session.rto_us = TFTP_RTO_CAP_US;
	send_all(&session, 1005000);
	assert_int_equal(tftp_session_ack(&session, 11, 1005001), TFTP_ACK_PROGRESS);
	assert_int_equal(session.rto_us, TFTP_RTO_CAP_US);
}

static void no_hint_without_a_window(void **state) {
	struct tftp_session session = begin(1, 100);

	(void)state;
	send_all(&session, 1001000);
	tftp_session_ack(&session, 1, 1002000);
	send_all(&session, 1002000);
	tftp_session_ack(&session, 1, 1003000);
	assert_int_equal(session.rewinding, REWIND_NONE);
	assert_int_equal(session.deadline_us, 1002000 + TFTP_RTO_FLOOR_US);
}

static void no_hint_for_a_last_block_alone(void **state) {
	struct tftp_session session = begin(4, 5);
	uint64_t deadline_us;

	(void)state;
	send_all(&session, 1001000);
	tftp_session_ack(&session, 4, 1002000);
	assert_int_equal(send_all(&session, 1002000), 1);
	deadline_us = session.deadline_us;
	tftp_session_ack(&session, 4, 1003000);
	assert_int_equal(session.rewinding, REWIND_NONE);
	assert_int_equal(session.deadline_us, deadline_us);
}

// Whatever comes: what is sent lies within the window and the file, and the numbers keep their
// order.
static void check_order(const struct tftp_session *session) {
	uint64_t acked = tftp_session_acked(session);

	assert_true(acked < session->blocks);
	assert_true(session->next >= acked + 1);
	assert_true(session->highest <= session->blocks);
	assert_true(session->highest <= acked + session->windowsize + 1);
	assert_true(session->next <= session->highest + 1);
}

static void any_sequence_keeps_its_order(void **state) {
	uint64_t random = 3;

	(void)state;
	for (int round = 0; round < 300; round++) {
		uint16_t windowsize = (uint16_t)(1 + unit_random(&random) % 70);
		struct tftp_session session =
			begin(windowsize, 60000 + unit_random(&random) % 20000);
		uint64_t now_us = 1001000;
		bool over = false;

		for (int i = 0; i < 3000 && !over; i++) {
			uint64_t acked = tftp_session_acked(&session);

			now_us += unit_random(&random) % 3000;
			switch (unit_random(&random) % 8) {
			case 0:
				over = tftp_session_ack(&session, (uint16_t)unit_random(&random),
					       now_us) == TFTP_ACK_DONE;
				break;
			case 1:
				over = tftp_session_ack(&session,
					       (uint16_t)(acked + unit_random(&random) % 80 - 4),
					       now_us) == TFTP_ACK_DONE;
				break;
			case 2:
				over = now_us >= session.deadline_us &&
				       tftp_session_timer(&session, false, now_us) >
					       TFTP_TIMER_RESEND;
				break;
			default:
				if (tftp_session_can_send(&session))
					tftp_session_take_block(&session, now_us);
			}
			if (!over)
				check_order(&session);
		}
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acks_of_an_oack),
		cmocka_unit_test(acks_out_of_range_are_told_apart),
		cmocka_unit_test(a_gap_rewinds_once),
		cmocka_unit_test(an_ack_beyond_the_rewind_skips_it),
		cmocka_unit_test(the_last_ack_ends_it),
		cmocka_unit_test(numbers_wrap_to_zero),
		cmocka_unit_test(the_round_trip_sets_the_timer),
		cmocka_unit_test(a_repeated_block_is_not_timed),
		cmocka_unit_test(a_repeated_oack_is_not_timed),
		cmocka_unit_test(the_timer_doubles_up_to_a_second),
		cmocka_unit_test(what_waits_for_the_port_is_no_timeout),
		cmocka_unit_test(noise_without_progress_ends),
		cmocka_unit_test(a_hint_acts_once_per_window),
		cmocka_unit_test(a_gap_in_a_timed_repeat_does_not_wait),
		cmocka_unit_test(a_gap_ends_the_back_off),
		cmocka_unit_test(no_hint_without_a_window),
		cmocka_unit_test(no_hint_for_a_last_block_alone),
		cmocka_unit_test(any_sequence_keeps_its_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
