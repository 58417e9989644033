// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "unit.h"

#include <errno.h>

#include "cli/port_set.h"

static char out[PORT_SET_TEXT_MAX];

static void bad_lists_are_refused(void **state) {
	static const char *const cases[] = {",", "1,", ",1", "1-", "-1", "2-1", "65536", "1-65536",
		"99999999999999999999", "1 2", "1;2", "0x10", "1--2", "1-2-3", "a", "1,,2", "+1"};
	struct port_set set;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_case(cases[i], port_set_parse(cases[i], &set) == -EINVAL);
}

static void lists_are_read_and_written_as_the_kernel_does(void **state) {
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{"", ""},
		{"\n", ""},
		{"0\n", "0"},
		{"65535", "65535"},
		{"0-65535", "0-65535"},
		{"8080,32768-49151\n", "8080,32768-49151"},
		{"5,4,3", "3-5"},
		{"1-10,5-20", "1-20"},
		{"7-7", "7"},
		{"1,3,5", "1,3,5"},
	};
	struct port_set set;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_case(cases[i].in, port_set_parse(cases[i].in, &set) == 0);
		assert_case(cases[i].in,
			port_set_format(&set, out, sizeof(out)) == (int)strlen(cases[i].out));
		assert_case(cases[i].in, strcmp(out, cases[i].out) == 0);
	}
}

static void the_longest_list_fits_and_a_short_buffer_is_told(void **state) {
	struct port_set set = {0}, again;

	(void)state;
	for (uint32_t port = 0; port <= UINT16_MAX; port += 2)
		port_set_add_range(&set, (uint16_t)port, (uint16_t)port);
	assert_true(port_set_format(&set, out, sizeof(out)) > 0);
	assert_int_equal(port_set_parse(out, &again), 0);
	assert_true(port_set_equal(&set, &again));
	assert_int_equal(port_set_format(&set, out, 100), -ENOSPC);
	assert_int_equal(port_set_format(&set, out, 0), -ENOSPC);
}

static void what_is_merged_in_comes_out_again(void **state) {
	struct port_set before, after, added, ours = {0};

	(void)state;
	assert_int_equal(port_set_parse("80,40000-40010", &before), 0);
	port_set_add_range(&ours, 32768, 49151);
	after = before;
	port_set_merge(&after, &ours);
	assert_true(port_set_has(&after, 80));
	assert_true(port_set_has(&after, 32768) && port_set_has(&after, 49151));
	assert_false(port_set_has(&after, 49152));
	added = after;
	port_set_remove(&added, &before);
	assert_false(port_set_has(&added, 40005)); // it was there before us
	port_set_remove(&after, &added);
	assert_true(port_set_equal(&after, &before));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_lists_are_refused),
		cmocka_unit_test(lists_are_read_and_written_as_the_kernel_does),
		cmocka_unit_test(the_longest_list_fits_and_a_short_buffer_is_told),
		cmocka_unit_test(what_is_merged_in_comes_out_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
