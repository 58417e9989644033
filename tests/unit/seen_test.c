// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "seen.h"

#include "unit.h"

static const uint64_t seed[2] = {3, 4};
static const struct rouse_now early = {.us = 60000000};
static const struct rouse_now later = {.us = 600000000};

static void number_mac(uint32_t number, uint8_t mac[6]) {
	memcpy(mac,
		(uint8_t[]){2, 1, (uint8_t)(number >> 24), (uint8_t)(number >> 16),
			(uint8_t)(number >> 8), (uint8_t)number},
		6);
}

static int set_up(void **state) {
	*state = seen_init(aligned_alloc(64, seen_size()), seed);
	return 0;
}

static int tear_down(void **state) {
	free(*state);
	return 0;
}

static void what_was_noted_is_found(void **state) {
	struct seen_machine machine;
	uint8_t mac[6], zero[6] = {0};

	number_mac(1, mac);
	assert_false(seen_find(*state, mac, &machine));
	assert_false(seen_find(*state, zero, &machine)); // an empty place is nobody
	seen_note(*state, mac, true, early);
	assert_true(seen_find(*state, mac, &machine) && machine.send_ahead);
	seen_note(*state, mac, false, early); // another stage of its boot
	assert_true(seen_find(*state, mac, &machine) && !machine.send_ahead);
}

static void one_anomaly_is_enough(void **state) {
	struct seen_machine machine;
	uint8_t mac[6], zero[6] = {0};

	number_mac(1, mac);
	seen_stop_ahead(*state, mac); // not there: nothing happens
	seen_stop_ahead(*state, zero);
	assert_false(seen_find(*state, mac, &machine));
	seen_note(*state, mac, true, early);
	seen_stop_ahead(*state, mac);
	assert_true(seen_find(*state, mac, &machine) && !machine.send_ahead);
	seen_note(*state, mac, true, later);
	assert_true(seen_find(*state, mac, &machine) && !machine.send_ahead);
}

static uint32_t count_found(struct seen_table *table, uint32_t from, uint32_t to) {
	struct seen_machine machine;
	uint32_t found = 0;
	uint8_t mac[6];

	for (; from < to; from++) {
		number_mac(from, mac);
		found += seen_find(table, mac, &machine);
	}
	return found;
}

// Of machines that all come at once few are lost though a bucket has eight places only.
static void half_a_table_of_machines_is_remembered(void **state) {
	uint32_t count = SEEN_ENTRIES / 2;
	uint8_t mac[6];

	for (uint32_t i = 1; i <= count; i++) {
		number_mac(i, mac);
		seen_note(*state, mac, false, early);
	}
	assert_true(count_found(*state, 1, count + 1) > count - count / 33);
}

// A flood of strangers pushes out what is old before what is new.
static void the_oldest_is_forgotten_first(void **state) {
	uint8_t mac[6];

	for (uint32_t i = 1; i <= 100; i++) {
		number_mac(i, mac);
		seen_note(*state, mac, false, early);
	}
	for (uint32_t i = 1000; i < 1000 + SEEN_ENTRIES / 2; i++) {
		number_mac(i, mac);
		seen_note(*state, mac, false, later);
	}
	for (uint32_t i = 1; i <= 50; i++) {
		number_mac(i, mac);
		seen_note(*state, mac, false, later); // heard again, or new again
	}
	for (uint32_t i = 200000; i < 200000 + SEEN_ENTRIES / 4; i++) {
		number_mac(i, mac);
		seen_note(*state, mac, false, later);
	}
	assert_true(count_found(*state, 1, 51) > count_found(*state, 51, 101));
	assert_true(count_found(*state, 1, 51) >= 30);
}

// Ages wrap after four hours; the table goes on to work.
static void time_wraps(void **state) {
	uint8_t mac[6];

	for (uint32_t hour = 0; hour < 24; hour++)
		for (uint32_t i = 1; i <= 1000; i++) {
			number_mac(hour * 1000 + i, mac);
			seen_note(*state, mac, false,
				(struct rouse_now){.us = 60000000 + hour * 3600000000ull});
		}
	assert_int_equal(count_found(*state, 23001, 24001), 1000);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_noted_is_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_anomaly_is_enough, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			half_a_table_of_machines_is_remembered, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_oldest_is_forgotten_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(time_wraps, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
