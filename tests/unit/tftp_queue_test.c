// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "tftp_queue.h"

#include "unit.h"

#define SESSIONS 16
#define NOW      5000000u

struct bench {
	struct tftp_queue queue;
	struct tftp_session session[SESSIONS];
};

static void begin(struct bench *bench) {
	memset(bench, 0, sizeof(*bench));
	tftp_queue_init(&bench->queue, bench->session);
}

// Sends one packet of whoever's turn it is; the session stays in its class.
static uint32_t send_one(struct bench *bench) {
	uint32_t index = tftp_queue_pick(&bench->queue, NOW, 0);

	if (index != TFTP_QUEUE_NONE)
		tftp_queue_sent(&bench->queue, index, bench->session[index].ready, NOW);
	return index;
}

static void an_empty_queue_gives_nobody(void **state) {
	struct bench bench;

	(void)state;
	begin(&bench);
	assert_int_equal(tftp_queue_pick(&bench.queue, NOW, 0), TFTP_QUEUE_NONE);
	tftp_queue_move(&bench.queue, 3, TFTP_CLASS_NONE, NOW);
	assert_int_equal(tftp_queue_pick(&bench.queue, NOW, 0), TFTP_QUEUE_NONE);
}

static void classes_come_in_order(void **state) {
	struct bench bench;

	(void)state;
	begin(&bench);
	tftp_queue_move(&bench.queue, 5, TFTP_CLASS_ANSWER, NOW);
	tftp_queue_move(&bench.queue, 4, TFTP_CLASS_ANSWER_KNOWN, NOW);
	tftp_queue_move(&bench.queue, 3, TFTP_CLASS_NEW, NOW);
	tftp_queue_move(&bench.queue, 2, TFTP_CLASS_RUN, NOW);
	tftp_queue_move(&bench.queue, 1, TFTP_CLASS_REPEAT, NOW);
	for (uint32_t i = 1; i <= 5; i++) {
		assert_int_equal(tftp_queue_pick(&bench.queue, NOW, 0), i);
		tftp_queue_sent(&bench.queue, i, TFTP_CLASS_NONE, NOW);
	}
	assert_int_equal(tftp_queue_pick(&bench.queue, NOW, 0), TFTP_QUEUE_NONE);
}

static void each_gets_a_burst_in_turn(void **state) {
	struct bench bench;

	(void)state;
	begin(&bench);
	for (uint32_t i = 0; i < 3; i++)
		tftp_queue_move(&bench.queue, i, TFTP_CLASS_RUN, NOW);
	for (uint32_t round = 0; round < 6; round++)
		for (int i = 0; i < TFTP_QUEUE_BURST; i++)
			assert_int_equal(send_one(&bench), round % 3);
}

// How many packets of others leave before session 2's.
static int sent_before_2(struct bench *bench, uint64_t now_us, uint32_t pressed) {
	int sent = 0;

	for (;;) {
		uint32_t index = tftp_queue_pick(&bench->queue, now_us, pressed);

		if (index == 2 || sent == 1000)
			return sent;
		tftp_queue_sent(&bench->queue, index, bench->session[index].ready, NOW);
		sent++;
	}
}

#define OVERDUE_US (TFTP_OVERDUE_MS * 1000)
#define STRANGERS  (1u << TFTP_CLASS_ANSWER)
#define KNOWN      (1u << TFTP_CLASS_ANSWER_KNOWN)

static void what_is_new_waits_until_it_is_overdue(void **state) {
	struct bench bench;

	(void)state;
	begin(&bench);
	tftp_queue_move(&bench.queue, 1, TFTP_CLASS_RUN, NOW);
	tftp_queue_move(&bench.queue, 2, TFTP_CLASS_NEW, NOW);
	assert_int_equal(sent_before_2(&bench, NOW + OVERDUE_US - 1, 0), 1000);
	assert_in_range(sent_before_2(&bench, NOW + OVERDUE_US, 0), 0, TFTP_QUEUE_TURN - 1);
}

// However much runs, and waits to begin.
static void an_answer_does_not_wait(void **state) {
	static const enum tftp_class classes[] = {TFTP_CLASS_ANSWER_KNOWN, TFTP_CLASS_ANSWER};

	(void)state;
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		struct bench bench;

		begin(&bench);
		tftp_queue_move(&bench.queue, 0, TFTP_CLASS_REPEAT, NOW);
		tftp_queue_move(&bench.queue, 1, TFTP_CLASS_RUN, NOW);
		tftp_queue_move(&bench.queue, 3, TFTP_CLASS_NEW, NOW);
		tftp_queue_move(&bench.queue, 2, classes[i], NOW);
		assert_in_range(sent_before_2(&bench, NOW, 0), 0, TFTP_QUEUE_TURN - 1);
	}
}

static void the_longest_overdue_is_the_first(void **state) {
	struct bench bench;

	(void)state;
	begin(&bench);
	tftp_queue_move(&bench.queue, 1, TFTP_CLASS_RUN, NOW);
	tftp_queue_move(&bench.queue, 3, TFTP_CLASS_NEW, NOW);
	tftp_queue_move(&bench.queue, 4, TFTP_CLASS_ANSWER_KNOWN, NOW);
	tftp_queue_move(&bench.queue, 2, TFTP_CLASS_ANSWER, NOW - 1000);
	assert_in_range(sent_before_2(&bench, NOW + OVERDUE_US, 0), 0, TFTP_QUEUE_TURN - 1);
	assert_int_equal(bench.session[3].ready, TFTP_CLASS_NEW);
}

// Hundreds of answers that wait leave one after the other, however much runs.
static void all_that_is_overdue_comes_first(void **state) {
	struct bench bench;

	(void)state;
	begin(&bench);
	tftp_queue_move(&bench.queue, 0, TFTP_CLASS_REPEAT, NOW);
	tftp_queue_move(&bench.queue, 1, TFTP_CLASS_RUN, NOW);
	for (uint32_t i = 2; i < SESSIONS; i++)
		tftp_queue_move(&bench.queue, i, TFTP_CLASS_ANSWER, NOW);
	assert_in_range(sent_before_2(&bench, NOW + OVERDUE_US, 0), 0, TFTP_QUEUE_TURN - 1);
	for (uint32_t i = 2; i < SESSIONS; i++) {
		assert_int_equal(tftp_queue_pick(&bench.queue, NOW + OVERDUE_US, 0), i);
		tftp_queue_sent(&bench.queue, i, TFTP_CLASS_NONE, NOW + OVERDUE_US);
	}
	assert_int_equal(tftp_queue_pick(&bench.queue, NOW + OVERDUE_US, 0), 0);
}

// A client that asks again and again, as syslinux does after 110 ms, holds up nobody behind it.
static void a_repeated_request_keeps_its_place(void **state) {
	struct bench bench;

	(void)state;
	begin(&bench);
	tftp_queue_move(&bench.queue, 1, TFTP_CLASS_RUN, NOW);
	tftp_queue_move(&bench.queue, 3, TFTP_CLASS_ANSWER, NOW);
	tftp_queue_move(&bench.queue, 2, TFTP_CLASS_ANSWER, NOW);
	bench.session[3].last_seen_us = NOW + OVERDUE_US;
	tftp_queue_move(&bench.queue, 3, TFTP_CLASS_ANSWER, NOW + OVERDUE_US);
	for (int i = 0; i < TFTP_QUEUE_TURN - 1; i++)
		assert_int_equal(tftp_queue_pick(&bench.queue, NOW + OVERDUE_US, 0), 1);
	assert_int_equal(tftp_queue_pick(&bench.queue, NOW + OVERDUE_US, 0), 3);
	tftp_queue_sent(&bench.queue, 3, TFTP_CLASS_NONE, NOW + OVERDUE_US);
	assert_int_equal(tftp_queue_pick(&bench.queue, NOW + OVERDUE_US, 0), 2);
}

static int answers_of_400(struct bench *bench, uint64_t now_us) {
	int answers = 0;

	for (int i = 0; i < 400; i++) {
		uint32_t index = tftp_queue_pick(&bench->queue, now_us, STRANGERS);

		answers += index == 2;
		tftp_queue_sent(&bench->queue, index, bench->session[index].ready, now_us);
	}
	return answers;
}

// While strangers press in their answers have a fixed share, so that the running transfers go on:
// neither less, nor more when they are overdue.
static void pressed_answers_have_a_share(void **state) {
	struct bench bench;

	(void)state;
	begin(&bench);
	tftp_queue_move(&bench.queue, 1, TFTP_CLASS_RUN, NOW);
	tftp_queue_move(&bench.queue, 2, TFTP_CLASS_ANSWER, NOW);
	assert_int_equal(answers_of_400(&bench, NOW), 400 / TFTP_QUEUE_TURN);
	assert_int_equal(answers_of_400(&bench, NOW + OVERDUE_US), 400 / TFTP_QUEUE_TURN);
}

// What strangers press in with does not hold up a known machine, nor the other way round.
static void kinds_of_answers_do_not_hold_up_each_other(void **state) {
	static const enum tftp_class classes[] = {TFTP_CLASS_ANSWER_KNOWN, TFTP_CLASS_ANSWER};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct bench bench;
		uint32_t pressed = i ? KNOWN : STRANGERS;

		begin(&bench);
		tftp_queue_move(&bench.queue, 0, TFTP_CLASS_RUN, NOW);
		tftp_queue_move(&bench.queue, 1, classes[!i], NOW - 1000);
		tftp_queue_move(&bench.queue, 2, classes[i], NOW);
		assert_in_range(sent_before_2(&bench, NOW + OVERDUE_US - 1, pressed), 0,
			2 * TFTP_QUEUE_TURN - 1);
		assert_in_range(sent_before_2(&bench, NOW + OVERDUE_US, pressed), 0,
			2 * TFTP_QUEUE_TURN - 1);
	}
}

static void both_that_press_in_take_turns(void **state) {
	struct bench bench;
	int sent[SESSIONS] = {0};

	(void)state;
	begin(&bench);
	tftp_queue_move(&bench.queue, 0, TFTP_CLASS_RUN, NOW);
	tftp_queue_move(&bench.queue, 1, TFTP_CLASS_ANSWER, NOW);
	tftp_queue_move(&bench.queue, 2, TFTP_CLASS_ANSWER_KNOWN, NOW);
	for (int i = 0; i < 400; i++) {
		uint32_t index = tftp_queue_pick(&bench.queue, NOW + OVERDUE_US, STRANGERS | KNOWN);

		sent[index]++;
		tftp_queue_sent(&bench.queue, index, bench.session[index].ready, NOW + OVERDUE_US);
	}
	assert_int_equal(sent[0], 300);
	assert_int_equal(sent[1], 50);
	assert_int_equal(sent[2], 50);
}

// The time is kept in 16 bits of milliseconds.
static void overdue_holds_across_the_wrap(void **state) {
	(void)state;
	for (uint64_t now = 65500000; now < 65600000; now += 1000) {
		struct bench bench;

		begin(&bench);
		tftp_queue_move(&bench.queue, 1, TFTP_CLASS_RUN, now);
		tftp_queue_move(&bench.queue, 2, TFTP_CLASS_NEW, now);
		assert_int_equal(sent_before_2(&bench, now + OVERDUE_US - 1, 0), 1000);
		assert_in_range(sent_before_2(&bench, now + OVERDUE_US, 0), 0, TFTP_QUEUE_TURN - 1);
	}
}

static void a_session_is_in_one_list(void **state) {
	struct bench bench;

	(void)state;
	begin(&bench);
	tftp_queue_move(&bench.queue, 1, TFTP_CLASS_RUN, NOW);
	tftp_queue_move(&bench.queue, 2, TFTP_CLASS_RUN, NOW);
	tftp_queue_move(&bench.queue, 3, TFTP_CLASS_RUN, NOW);
	tftp_queue_move(&bench.queue, 2, TFTP_CLASS_REPEAT, NOW);
	tftp_queue_move(&bench.queue, 2, TFTP_CLASS_REPEAT, NOW);
	assert_int_equal(tftp_queue_pick(&bench.queue, NOW, 0), 2);
	tftp_queue_move(&bench.queue, 2, TFTP_CLASS_NONE, NOW);
	assert_int_equal(tftp_queue_pick(&bench.queue, NOW, 0), 1);
	tftp_queue_move(&bench.queue, 1, TFTP_CLASS_NONE, NOW);
	assert_int_equal(tftp_queue_pick(&bench.queue, NOW, 0), 3);
	tftp_queue_move(&bench.queue, 3, TFTP_CLASS_NONE, NOW);
	assert_int_equal(tftp_queue_pick(&bench.queue, NOW, 0), TFTP_QUEUE_NONE);
}

// Against the plain model: the class of each session.
static void nobody_is_lost(void **state) {
	struct bench bench;
	uint8_t model[SESSIONS] = {0};
	uint64_t random = 7;

	(void)state;
	begin(&bench);
	for (int i = 0; i < 100000; i++) {
		uint32_t index = (uint32_t)(unit_random(&random) % SESSIONS);
		uint8_t class = (uint8_t)(unit_random(&random) % TFTP_CLASS_COUNT);
		uint32_t best = TFTP_CLASS_COUNT;

		tftp_queue_move(&bench.queue, index, class, NOW);
		model[index] = class;
		for (int s = 0; s < SESSIONS; s++)
			if (model[s] && model[s] < best)
				best = model[s];
		index = send_one(&bench);
		if (best == TFTP_CLASS_COUNT)
			assert_int_equal(index, TFTP_QUEUE_NONE);
		else
			assert_true(
				model[index] == best || model[index] >= TFTP_CLASS_ANSWER_KNOWN);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_queue_gives_nobody),
		cmocka_unit_test(classes_come_in_order),
		cmocka_unit_test(each_gets_a_burst_in_turn),
		cmocka_unit_test(what_is_new_waits_until_it_is_overdue),
		cmocka_unit_test(an_answer_does_not_wait),
		cmocka_unit_test(the_longest_overdue_is_the_first),
		cmocka_unit_test(all_that_is_overdue_comes_first),
		cmocka_unit_test(a_repeated_request_keeps_its_place),
		cmocka_unit_test(pressed_answers_have_a_share),
		cmocka_unit_test(kinds_of_answers_do_not_hold_up_each_other),
		cmocka_unit_test(both_that_press_in_take_turns),
		cmocka_unit_test(overdue_holds_across_the_wrap),
		cmocka_unit_test(a_session_is_in_one_list),
		cmocka_unit_test(nobody_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
