// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "pace.h"
#include "pace_wheel.h"

#include "unit.h"

#define SESSIONS 64u

struct bench {
	struct pace_wheel wheel;
	struct tftp_session session[SESSIONS];
};

static struct bench *begin(uint64_t now_us) {
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	pace_wheel_init(&bench->wheel, bench->session, now_us);
	return bench;
}

static void rates(void **state) {
	static const struct {
		uint64_t rate;
		uint32_t payload;
		uint32_t min_ns, max_ns;
	} cases[] = {
		{1000000000, 1472, 12304, 12700},    // 1538 bytes on the wire
		{10000000000, 1472, 1230, 1280},     // ten times as fast
		{1000000, 1472, 12304000, 12700000}, // the slowest edge
		{400000000000ull, 12, 1, 3},         // never nothing
		{1, 65468, UINT32_MAX, UINT32_MAX},  // never too much
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_in_range(pace_frame_ns(cases[i].rate, cases[i].payload), cases[i].min_ns,
			cases[i].max_ns);
}

static void a_bucket_lets_a_burst_through_and_then_the_rate(void **state) {
	uint64_t at = 0, now = 1000000;
	int sent = 0;

	(void)state;
	for (; pace_ready(at, 700, now); sent++)
		at = pace_take(at, 100, now);
	assert_int_equal(sent, 8); // 700 ns ahead, and one
	for (int i = 0; i < 1000; i++, now += 10)
		for (; pace_ready(at, 700, now); sent++)
			at = pace_take(at, 100, now);
	assert_in_range(sent, 8 + 99, 8 + 101);
	now += 1000000; // a pause is not saved up
	for (sent = 0; pace_ready(at, 700, now); sent++)
		at = pace_take(at, 100, now);
	assert_int_equal(sent, 8);
}

static void an_empty_wheel_gives_nobody(void **state) {
	struct bench *bench = begin(1000);

	(void)state;
	assert_int_equal(pace_wheel_expired(&bench->wheel, 2000), PACE_WHEEL_NONE);
	assert_int_equal(pace_wheel_due(&bench->wheel), UINT64_MAX);
	free(bench);
}

static void nobody_comes_before_its_time(void **state) {
	static const uint64_t waits[] = {0, 1, 15, 16, 17, 1000, 16000};
	struct bench *bench = begin(1000003);

	(void)state;
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		uint64_t due = 1000003 + waits[i], now;

		pace_wheel_add(&bench->wheel, 7, due, 1000003);
		assert_in_range(pace_wheel_due(&bench->wheel), due, due + 15);
		for (now = 1000003; pace_wheel_expired(&bench->wheel, now) == PACE_WHEEL_NONE;)
			now++;
		assert_in_range(now, due, due + 16);
		assert_int_equal(bench->wheel.count, 0);
		pace_wheel_init(&bench->wheel, bench->session, 1000003);
	}
	free(bench);
}

// Longer than a turn: early, and it is put back.
static void who_waits_longer_than_a_turn_comes_early(void **state) {
	struct bench *bench = begin(0);
	uint64_t now = 0;

	(void)state;
	pace_wheel_add(&bench->wheel, 1, 100000, now);
	while (pace_wheel_expired(&bench->wheel, now) == PACE_WHEEL_NONE)
		now += 16;
	assert_in_range(now, 16000, 16384);
	free(bench);
}

static void one_that_is_taken_out_does_not_come(void **state) {
	struct bench *bench = begin(0);

	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		pace_wheel_add(&bench->wheel, i, 100, 0);
	pace_wheel_remove(&bench->wheel, 4); // the first of its slot
	pace_wheel_remove(&bench->wheel, 2); // one in the middle
	pace_wheel_remove(&bench->wheel, 0); // the last
	assert_int_equal(pace_wheel_expired(&bench->wheel, 200), 3);
	assert_int_equal(pace_wheel_expired(&bench->wheel, 200), 1);
	assert_int_equal(pace_wheel_expired(&bench->wheel, 200), PACE_WHEEL_NONE);
	assert_int_equal(pace_wheel_due(&bench->wheel), UINT64_MAX);
	free(bench);
}

// Against the plain model: each session's time. The clock stands still, creeps and jumps.
static void nobody_is_lost(void **state) {
	struct bench *bench = begin(77777);
	uint64_t due[SESSIONS] = {0}, random = 11, now = 77777;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint32_t index = (uint32_t)(unit_random(&random) % SESSIONS), found;

		if (due[index] && unit_random(&random) % 4 == 0) {
			pace_wheel_remove(&bench->wheel, index);
			due[index] = 0;
		} else if (!due[index]) {
			due[index] = now + unit_random(&random) % 15000;
			pace_wheel_add(&bench->wheel, index, due[index], now);
		}
		now += unit_random(&random) % 100 == 0 ? unit_random(&random) % 50000
						       : unit_random(&random) % 20;
		while ((found = pace_wheel_expired(&bench->wheel, now)) != PACE_WHEEL_NONE) {
			assert_true(due[found] && due[found] <= now + 15);
			due[found] = 0;
		}
		for (uint32_t s = 0; s < SESSIONS; s++)
			assert_true(due[s] == 0 || due[s] + 16 > now);
	}
	free(bench);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates),
		cmocka_unit_test(a_bucket_lets_a_burst_through_and_then_the_rate),
		cmocka_unit_test(an_empty_wheel_gives_nobody),
		cmocka_unit_test(nobody_comes_before_its_time),
		cmocka_unit_test(who_waits_longer_than_a_turn_comes_early),
		cmocka_unit_test(one_that_is_taken_out_does_not_come),
		cmocka_unit_test(nobody_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
