// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "nap.h"

#include "unit.h"

#define NOW 5000000u

// Frames that come one by one, every gap_us, for a while. Returns when the last one came.
static uint64_t feed(struct nap *nap, uint64_t from_us, uint32_t gap_us, uint32_t frames) {
	for (uint32_t i = 0; i < frames; i++)
		nap_count(nap, 1, from_us + (uint64_t)i * gap_us);
	return from_us + (uint64_t)(frames - 1) * gap_us;
}

static void the_first_frame_is_answered_at_once(void **state) {
	struct nap nap = {0};

	(void)state;
	assert_int_equal(nap_us(&nap, 0, NOW), 0);
	nap_count(&nap, 1, NOW);
	assert_int_equal(nap_us(&nap, 0, NOW), 0);
}

// Blocks in lock-step would feel it.
static void transfers_are_not_held(void **state) {
	struct nap nap = {0};
	uint64_t now_us = feed(&nap, NOW, 10, 1000);

	(void)state;
	assert_int_equal(nap_us(&nap, 1, now_us), 0);
	assert_int_equal(nap_us(&nap, 0, now_us), NAP_US);
}

static void leases_gather(void **state) {
	struct nap nap = {0};
	uint64_t now_us = feed(&nap, NOW, 100, 1000);

	(void)state;
	assert_int_equal(nap_us(&nap, 0, now_us), NAP_US);
}

// A hundred machines ask a second apart from each other.
static void slow_leases_are_not_held(void **state) {
	struct nap nap = {0};
	uint64_t now_us = feed(&nap, NOW, 10000, 100);

	(void)state;
	assert_int_equal(nap_us(&nap, 0, now_us), 0);
}

// Bursts that came in one pass each, as after a nap, count for the time that they took to come.
static void what_a_nap_gathered_keeps_it_going(void **state) {
	struct nap nap = {0};
	uint64_t now_us = NOW;

	(void)state;
	for (int i = 0; i < 100; i++, now_us += 150)
		nap_count(&nap, 2, now_us);
	assert_int_equal(nap_us(&nap, 0, now_us), NAP_US);
}

static void silence_ends_it(void **state) {
	struct nap nap = {0};
	uint64_t now_us = feed(&nap, NOW, 10, 1000);

	(void)state;
	assert_int_equal(nap_us(&nap, 0, now_us + 2 * NAP_SPAN_US), NAP_US);
	assert_int_equal(nap_us(&nap, 0, now_us + NAP_WEIGHT * NAP_SPAN_US), 0);
	nap_count(&nap, 1, now_us + 1000000);
	assert_int_equal(nap_us(&nap, 0, now_us + 1000000), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_frame_is_answered_at_once),
		cmocka_unit_test(transfers_are_not_held),
		cmocka_unit_test(leases_gather),
		cmocka_unit_test(slow_leases_are_not_held),
		cmocka_unit_test(what_a_nap_gathered_keeps_it_going),
		cmocka_unit_test(silence_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
