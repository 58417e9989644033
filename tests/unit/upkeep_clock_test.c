// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The wall clock is set, and the store is pruned nevertheless.

#include "unit.h"

#include "upkeep_clock.h"

#define WALL   INT64_C(1764417600000)
#define STEADY INT64_C(5000)
#define YEAR   (365 * UPKEEP_SETTLED_MS)

static void a_clock_that_is_set_changes_no_schedule(void **state) {
	static const int64_t steps[] = {-YEAR, -1, 0, YEAR};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		struct upkeep_clock clock = {0};

		assert_true(upkeep_clock_due(&clock, WALL, STEADY));
		assert_false(upkeep_clock_due(&clock, WALL + 100, STEADY + 100));
		assert_false(
			upkeep_clock_due(&clock, WALL + steps[i], STEADY + UPKEEP_EACH_MS - 1));
		if (!upkeep_clock_due(
			    &clock, WALL + steps[i] + UPKEEP_EACH_MS, STEADY + UPKEEP_EACH_MS))
			fail_msg("set by %lld ms: not due", (long long)steps[i]);
		upkeep_clock_again(&clock);
		assert_true(upkeep_clock_due(
			&clock, WALL + steps[i] + UPKEEP_EACH_MS, STEADY + UPKEEP_EACH_MS + 1));
	}
}

static void a_clock_is_trusted_after_a_day_without_being_set(void **state) {
	struct upkeep_clock clock = {0};
	int64_t steady = STEADY, wall = WALL;

	(void)state;
	assert_false(upkeep_clock_settled(&clock, steady));
	// Slewed by a half per mille meanwhile.
	for (int64_t passed = 0; passed < UPKEEP_SETTLED_MS; passed += 1000) {
		upkeep_clock_due(&clock, wall + passed + passed / 2000, steady + passed);
		assert_false(upkeep_clock_settled(&clock, steady + passed));
	}
	steady += UPKEEP_SETTLED_MS;
	assert_true(upkeep_clock_settled(&clock, steady));
	upkeep_clock_due(&clock, wall - YEAR, steady);
	assert_false(upkeep_clock_settled(&clock, steady));
	upkeep_clock_due(&clock, wall, steady + 1000);
	assert_false(upkeep_clock_settled(&clock, steady + UPKEEP_SETTLED_MS));
	assert_true(upkeep_clock_settled(&clock, steady + UPKEEP_SETTLED_MS + 1000));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clock_that_is_set_changes_no_schedule),
		cmocka_unit_test(a_clock_is_trusted_after_a_day_without_being_set),
	};

	return cmocka_run_group_tests_name("upkeep_clock", tests, NULL, NULL);
}
