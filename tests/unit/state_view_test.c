// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What control and the command make of the dataplane's state.

#include "unit.h"

#include "state_view.h"

static struct state_region region;
static struct worker_block workers[2];

static struct state_view view_of_two(uint64_t first, uint64_t second) {
	workers[0].policy_adopted = first;
	workers[1].policy_adopted = second;
	return (struct state_view){.region = &region, .worker_count = 2, .workers = workers};
}

static void counters_of_another_build_are_told_apart(void **state) {
	struct state_view view = view_of_two(0, 0);

	(void)state;
	region.stat_names_crc = 0; // of a build that knew no such field
	assert_false(state_same_counters(&view));
	region.stat_names_crc = stat_names_crc() + 1;
	assert_false(state_same_counters(&view));
	region.stat_names_crc = stat_names_crc();
	assert_true(state_same_counters(&view));
}

static void the_slowest_worker_counts(void **state) {
	struct state_view view = view_of_two(7, 9);

	(void)state;
	assert_int_equal(state_adopted(&view), 7);
	view = view_of_two(9, 0);
	assert_int_equal(state_adopted(&view), 0);
	view = view_of_two(9, 9);
	assert_int_equal(state_adopted(&view), 9);
}

static void counters_are_summed(void **state) {
	struct state_view view = view_of_two(0, 0);

	(void)state;
	workers[0].counter[STAT_RX_FRAMES] = 5;
	workers[1].counter[STAT_RX_FRAMES] = 7;
	assert_int_equal(state_counter(&view, STAT_RX_FRAMES), 12);
	assert_int_equal(state_counter(&view, STAT_RX_BYTES), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_of_another_build_are_told_apart),
		cmocka_unit_test(the_slowest_worker_counts),
		cmocka_unit_test(counters_are_summed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
