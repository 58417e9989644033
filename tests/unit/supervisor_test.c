// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "unit.h"

#include <errno.h>

#include "cli/supervisor.h"

static void the_wait_grows_to_its_bound(void **state) {
	static const uint32_t wanted[] = {50, 50, 100, 200, 400, 800, 1600, 2000, 2000};

	(void)state;
	for (uint32_t i = 0; i < COUNT_OF(wanted); i++)
		assert_int_equal(supervisor_delay_ms(i), wanted[i]);
	assert_int_equal(supervisor_delay_ms(UINT32_MAX), 2000);
}

static void only_what_never_ran_is_given_up(void **state) {
	static const struct {
		const char *name;
		struct supervised program;
		int status;
		bool hopeless;
	} cases[] = {
		{"first exit", {.quick_deaths = 1}, 1 << 8, false},
		{"fifth exit", {.quick_deaths = 5}, 1 << 8, true},
		{"fifth exit with 0", {.quick_deaths = 5}, 0, true},
		{"fifth kill -9", {.quick_deaths = 5}, 9, false},
		{"it ran before", {.quick_deaths = 50, .proven = true}, 1 << 8, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_case(cases[i].name, supervisor_hopeless(&cases[i].program,
						   cases[i].status) == cases[i].hopeless);
}

static void programs_are_found_in_path_or_not_at_all(void **state) {
	char path[4096];

	(void)state;
	assert_int_equal(supervisor_find("no-such-program-of-rouse", path, sizeof(path)), -ENOENT);
	assert_int_equal(supervisor_find("sh", path, sizeof(path)), 0);
	assert_string_equal(path + strlen(path) - 3, "/sh");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_wait_grows_to_its_bound),
		cmocka_unit_test(only_what_never_ran_is_given_up),
		cmocka_unit_test(programs_are_found_in_path_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
