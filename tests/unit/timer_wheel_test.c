// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "timer_wheel.h"

#include "unit.h"

#define SESSIONS 300

struct bench {
	struct timer_wheel wheel;
	struct tftp_session session[SESSIONS];
};

static struct bench *begin(uint64_t now_us) {
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	timer_wheel_init(&bench->wheel, bench->session, now_us);
	return bench;
}

static void arm(struct bench *bench, uint32_t index, uint64_t deadline_us) {
	bench->session[index].deadline_us = deadline_us;
	timer_wheel_arm(&bench->wheel, index);
}

static uint32_t expired(struct bench *bench, uint64_t now_us) {
	uint32_t budget = 1000;

	return timer_wheel_expired(&bench->wheel, now_us, &budget);
}

static void an_empty_wheel_is_never_due(void **state) {
	struct bench *bench = begin(5);

	(void)state;
	assert_true(timer_wheel_due(&bench->wheel) == UINT64_MAX);
	assert_int_equal(expired(bench, 1000000), TIMER_WHEEL_NONE);
	timer_wheel_cancel(&bench->wheel, 3);
	assert_true(timer_wheel_due(&bench->wheel) == UINT64_MAX);
	free(bench);
}

static void a_deadline_in_the_past_is_due_at_once(void **state) {
	struct bench *bench = begin(10000000);

	(void)state;
	arm(bench, 7, 1);
	assert_true(timer_wheel_due(&bench->wheel) <= 10000000);
	assert_int_equal(expired(bench, 10000000), 7);
	assert_int_equal(expired(bench, 10000000), TIMER_WHEEL_NONE);
	free(bench);
}

static void a_timer_at_the_first_moment_of_time_is_armed(void **state) {
	struct bench *bench = begin(0);

	(void)state;
	arm(bench, 0, 0);
	assert_int_equal(expired(bench, 2048), 0);
	free(bench);
}

static void later_costs_nothing_and_comes_later(void **state) {
	struct bench *bench = begin(0);

	(void)state;
	arm(bench, 1, 30000);
	arm(bench, 1, 90000);
	assert_true(timer_wheel_due(&bench->wheel) <= 31000);
	assert_int_equal(expired(bench, 40000), TIMER_WHEEL_NONE);
	assert_true(timer_wheel_due(&bench->wheel) >= 90000);
	assert_int_equal(expired(bench, 89999), TIMER_WHEEL_NONE);
	assert_int_equal(expired(bench, 92000), 1);
	free(bench);
}

static void earlier_moves_it(void **state) {
	struct bench *bench = begin(0);

	(void)state;
	arm(bench, 1, 900000);
	arm(bench, 2, 900000);
	arm(bench, 3, 900000);
	arm(bench, 2, 3000);
	assert_int_equal(expired(bench, 5000), 2);
	assert_int_equal(expired(bench, 5000), TIMER_WHEEL_NONE);
	timer_wheel_cancel(&bench->wheel, 3);
	assert_int_equal(expired(bench, 901000), 1);
	assert_int_equal(expired(bench, 9010000), TIMER_WHEEL_NONE);
	free(bench);
}

static void a_deadline_beyond_the_wheel_waits(void **state) {
	struct bench *bench = begin(0);
	uint64_t day_us = 86400ULL * 1000000;
	int calls = 0;

	(void)state;
	arm(bench, 5, day_us);
	while (expired(bench, timer_wheel_due(&bench->wheel)) == TIMER_WHEEL_NONE)
		calls++;
	assert_in_range(calls, 1, day_us / (TIMER_WHEEL_SLOTS - 2) / 1024 + 2);
	assert_true(bench->wheel.tick >= day_us >> TIMER_WHEEL_SHIFT);
	free(bench);
}

static void a_long_sleep_is_survived(void **state) {
	struct bench *bench = begin(0);
	uint64_t year_us = 365ULL * 86400 * 1000000;
	int found = 0;

	(void)state;
	for (uint32_t i = 0; i < SESSIONS; i++)
		arm(bench, i, 1000 * i);
	arm(bench, 0, year_us + 5000000);
	for (int i = 0; i < 10000000 && found < SESSIONS - 1; i++)
		found += expired(bench, year_us) != TIMER_WHEEL_NONE;
	assert_int_equal(found, SESSIONS - 1);
	free(bench);
}

static void a_call_looks_at_no_more_than_its_budget(void **state) {
	struct bench *bench = begin(0);
	uint32_t budget = 10;

	(void)state;
	for (uint32_t i = 0; i < SESSIONS; i++) {
		arm(bench, i, 1000);
		bench->session[i].deadline_us = 1000000;
	}
	assert_int_equal(timer_wheel_expired(&bench->wheel, 2048, &budget), TIMER_WHEEL_NONE);
	assert_int_equal(budget, 0);
	assert_true(timer_wheel_due(&bench->wheel) <= 2048);
	free(bench);
}

// Against the plain model: a list of deadlines.
static void step(struct bench *bench, uint64_t *random, uint64_t now_us) {
	uint32_t index = (uint32_t)(unit_random(random) % SESSIONS);

	if (unit_random(random) % 8 == 0) {
		timer_wheel_cancel(&bench->wheel, index);
		return;
	}
	arm(bench, index, now_us + (unit_random(random) >> unit_random(random) % 64) % 9000000);
}

static uint64_t earliest(const struct bench *bench) {
	uint64_t first = UINT64_MAX;

	for (uint32_t i = 0; i < SESSIONS; i++)
		if (bench->session[i].timer_tick && bench->session[i].deadline_us < first)
			first = bench->session[i].deadline_us;
	return first;
}

static void it_agrees_with_a_list(void **state) {
	struct bench *bench = begin(0);
	uint64_t random = 42;
	uint64_t now_us = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint32_t index;

		step(bench, &random, now_us);
		now_us += unit_random(&random) % 3000;
		while ((index = expired(bench, now_us)) != TIMER_WHEEL_NONE) {
			assert_true(bench->session[index].deadline_us <= now_us);
			bench->session[index].deadline_us = 0;
		}
		// What is past is out, but for the slot of the moment itself.
		assert_true(earliest(bench) > now_us - (now_us < 1024 ? now_us : 1024));
		assert_true(timer_wheel_due(&bench->wheel) >= now_us >> 10 << 10);
		if (earliest(bench) != UINT64_MAX)
			assert_true(timer_wheel_due(&bench->wheel) <= earliest(bench) + 1024);
	}
	free(bench);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_wheel_is_never_due),
		cmocka_unit_test(a_deadline_in_the_past_is_due_at_once),
		cmocka_unit_test(a_timer_at_the_first_moment_of_time_is_armed),
		cmocka_unit_test(later_costs_nothing_and_comes_later),
		cmocka_unit_test(earlier_moves_it),
		cmocka_unit_test(a_deadline_beyond_the_wheel_waits),
		cmocka_unit_test(a_long_sleep_is_survived),
		cmocka_unit_test(a_call_looks_at_no_more_than_its_budget),
		cmocka_unit_test(it_agrees_with_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
