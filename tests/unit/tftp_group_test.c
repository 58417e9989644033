// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Who is the master of a group, without packets.

#include "tftp_group.h"
#include "unit.h"

#define RECORDS 32u
#define NOW     1000000u

struct rig {
	struct tftp_group group;
	struct tftp_session sessions[RECORDS];
	uint64_t now;
};

// A group of count members, whose record is 0 and which has sent highest of 100 blocks.
static struct rig *begin(uint32_t count, uint64_t highest) {
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	rig->now = NOW;
	for (uint32_t i = 0; i < RECORDS; i++)
		rig->sessions[i] = (struct tftp_session){
			.blocks = 100, .block_ns = 1000, .state = SESSION_MEMBER};
	rig->sessions[0].state = SESSION_GROUP;
	tftp_group_begin(&rig->group, rig->sessions, 0, NOW);
	rig->sessions[0].highest = highest;
	for (uint32_t i = 1; i <= count; i++)
		tftp_group_join(&rig->group, rig->sessions, i, NOW);
	return rig;
}

static enum tftp_group_ack ack(struct rig *rig, uint32_t member, uint16_t block) {
	return tftp_group_ack(&rig->group, rig->sessions, member, block, rig->now);
}

static void leave(struct rig *rig, uint32_t member) {
	tftp_group_leave(&rig->group, rig->sessions, member, rig->now);
}

// The timer comes up, and asks exactly these, in any order that has them all.
static void expect_round(struct rig *rig, uint32_t count) {
	uint32_t asked = 0;

	rig->now = rig->sessions[0].deadline_us;
	assert_int_equal(
		tftp_group_timer(&rig->group, rig->sessions, false, rig->now), TFTP_GROUP_ASK);
	while (tftp_group_next(&rig->group, rig->sessions, rig->now) != TFTP_GROUP_NONE)
		asked++;
	assert_int_equal(asked, count);
}

static void expect_asked(struct rig *rig, uint32_t member) {
	rig->now = rig->sessions[0].deadline_us;
	assert_int_equal(
		tftp_group_timer(&rig->group, rig->sessions, false, rig->now), TFTP_GROUP_ASK);
	assert_int_equal(tftp_group_next(&rig->group, rig->sessions, rig->now), member);
	assert_int_equal(tftp_group_next(&rig->group, rig->sessions, rig->now), TFTP_GROUP_NONE);
}

static void the_oldest_is_the_master(void **state) {
	struct rig *rig = begin(3, 0);

	(void)state;
	assert_int_equal(rig->sessions[1].role, ROLE_ASKED);
	assert_int_equal(rig->sessions[2].role, ROLE_LISTENER);
	assert_int_equal(ack(rig, 1, 0), TFTP_GROUP_MASTER);
	assert_int_equal(rig->sessions[1].role, ROLE_MASTER);
	free(rig);
}

static void the_next_oldest_follows(void **state) {
	struct rig *rig = begin(3, 100);

	(void)state;
	assert_int_equal(ack(rig, 1, 40), TFTP_GROUP_MASTER);
	assert_int_equal(ack(rig, 1, 100), TFTP_GROUP_COMPLETE);
	leave(rig, 1);
	expect_asked(rig, 2);
	assert_int_equal(ack(rig, 2, 100), TFTP_GROUP_COMPLETE);
	leave(rig, 2);
	expect_asked(rig, 3);
	free(rig);
}

static void who_is_complete_says_so_without_being_asked(void **state) {
	struct rig *rig = begin(3, 100);

	(void)state;
	assert_int_equal(ack(rig, 1, 40), TFTP_GROUP_MASTER);
	assert_int_equal(ack(rig, 3, 100), TFTP_GROUP_COMPLETE);
	leave(rig, 3);
	assert_int_equal(rig->group.master, 1);
	free(rig);
}

static void the_end_cannot_be_claimed_before_it_was_sent(void **state) {
	struct rig *rig = begin(2, 99);

	(void)state;
	assert_int_equal(ack(rig, 1, 100), TFTP_GROUP_AHEAD);
	assert_int_equal(rig->sessions[1].proven, 0);
	free(rig);
}

static void more_and_more_are_asked(void **state) {
	struct rig *rig = begin(20, 100);

	(void)state;
	expect_round(rig, 1);
	expect_round(rig, 2);
	expect_round(rig, 4);
	expect_round(rig, 8);
	expect_round(rig, 16);
	expect_round(rig, 20);
	assert_in_range(rig->now - NOW, 0, 200000);
	assert_int_equal(ack(rig, 13, 7), TFTP_GROUP_MASTER);
	// Another answers, too: it is told, and will be the next.
	assert_int_equal(ack(rig, 17, 3), TFTP_GROUP_STRAY);
	assert_int_equal(rig->sessions[17].role, ROLE_LISTENER);
	leave(rig, 13);
	expect_asked(rig, 17);
	free(rig);
}

static void a_silent_master_is_replaced(void **state) {
	struct rig *rig = begin(2, 0);
	enum tftp_group_timer result = TFTP_GROUP_WAIT;

	(void)state;
	assert_int_equal(ack(rig, 1, 0), TFTP_GROUP_MASTER);
	tftp_stream_take(&rig->sessions[0], &rig->group.stream, rig->now);
	for (uint32_t i = 0; i < TFTP_GROUP_PROBES; i++) {
		rig->now = rig->sessions[0].deadline_us;
		result = tftp_group_timer(&rig->group, rig->sessions, false, rig->now);
		assert_int_equal(result, TFTP_GROUP_PROBE);
	}
	rig->now = rig->sessions[0].deadline_us;
	result = tftp_group_timer(&rig->group, rig->sessions, false, rig->now);
	assert_int_equal(result, TFTP_GROUP_SILENT);
	expect_asked(rig, 2);
	// It was only slow: who answers first is the master.
	assert_int_equal(ack(rig, 1, 1), TFTP_GROUP_MASTER);
	free(rig);
}

static void who_shows_nothing_is_asked_a_few_times(void **state) {
	struct rig *rig = begin(1, 50);
	uint32_t asked = 1; // with its first OACK

	(void)state;
	while (tftp_group_lost(&rig->group, rig->sessions, rig->now) == TFTP_GROUP_NONE) {
		rig->now = rig->sessions[0].deadline_us;
		tftp_group_timer(&rig->group, rig->sessions, false, rig->now);
		asked += tftp_group_next(&rig->group, rig->sessions, rig->now) == 1;
	}
	assert_int_equal(asked, TFTP_GROUP_ASKS);
	assert_in_range(rig->now - NOW, 32000000, 34000000);
	free(rig);
}

static void who_persists_is_told_so_often(void **state) {
	struct rig *rig = begin(2, 50);
	uint32_t told = 0;
	enum tftp_group_ack result;

	(void)state;
	assert_int_equal(ack(rig, 1, 0), TFTP_GROUP_MASTER);
	while ((result = ack(rig, 2, 9)) != TFTP_GROUP_PERSISTS) {
		told += result == TFTP_GROUP_STRAY;
		rig->now += 1000;
	}
	assert_int_equal(told, TFTP_GROUP_STRAYS);
	free(rig);
}

// Runs the timer until DATA 1 may leave, which is told once. When that was.
static uint64_t start(struct rig *rig) {
	enum tftp_group_timer result = TFTP_GROUP_WAIT;

	for (int i = 0; i < 100 && result != TFTP_GROUP_START; i++) {
		assert_false(tftp_group_can_send(&rig->group, &rig->sessions[0]));
		rig->now = rig->sessions[0].deadline_us;
		result = tftp_group_timer(&rig->group, rig->sessions, false, rig->now);
	}
	assert_true(tftp_group_can_send(&rig->group, &rig->sessions[0]));
	return rig->now;
}

static void data_1_waits_for_others(void **state) {
	struct rig *rig = begin(1, 0);

	(void)state;
	assert_int_equal(ack(rig, 1, 0), TFTP_GROUP_MASTER);
	assert_int_equal(start(rig), NOW + 300000);
	free(rig);
	rig = begin(1, 0);
	assert_int_equal(ack(rig, 1, 0), TFTP_GROUP_MASTER);
	for (uint32_t i = 2; i < 20; i++)
		tftp_group_join(&rig->group, rig->sessions, i, NOW + i * 100000);
	assert_int_equal(start(rig), NOW + 1000000);
	free(rig);
}

// Their OACKs may have been lost, too.
static void all_are_told_when_the_master_answers_late(void **state) {
	struct rig *rig = begin(3, 0);

	(void)state;
	rig->now = NOW + 1300000;
	assert_int_equal(ack(rig, 1, 0), TFTP_GROUP_MASTER);
	assert_true(start(rig) <= NOW + 1300000);
	free(rig);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_oldest_is_the_master),
		cmocka_unit_test(the_next_oldest_follows),
		cmocka_unit_test(who_is_complete_says_so_without_being_asked),
		cmocka_unit_test(the_end_cannot_be_claimed_before_it_was_sent),
		cmocka_unit_test(more_and_more_are_asked),
		cmocka_unit_test(a_silent_master_is_replaced),
		cmocka_unit_test(who_shows_nothing_is_asked_a_few_times),
		cmocka_unit_test(who_persists_is_told_so_often),
		cmocka_unit_test(data_1_waits_for_others),
		cmocka_unit_test(all_are_told_when_the_master_answers_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
