// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// storm_steal: the first line of /proc/stat, bad ones first.

#include "storm_steal.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void lines_that_say_nothing_are_refused(void **state) {
	static const char *const BAD[] = {"", "cpu", "cpu 1 2 3 4 5 6 7\n",
		"cpu0 1 2 3 4 5 6 7 8\n", "intr 1 2 3 4 5 6 7 8\n"};
	struct storm_steal steal = {.stolen = 5, .total = 6};

	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		if (storm_steal_parse(BAD[i], &steal) != -EINVAL)
			fail_msg("taken: '%s'", BAD[i]);
		assert_int_equal(steal.stolen, 5);
	}
}

static void steal_is_the_eighth_of_eight(void **state) {
	struct storm_steal steal;

	(void)state;
	// guest and guest_nice count in user and nice already.
	assert_int_equal(storm_steal_parse("cpu  100 20 30 400 5 6 7 32 90 10\n", &steal), 0);
	assert_int_equal(steal.stolen, 32);
	assert_int_equal(steal.total, 600);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_that_say_nothing_are_refused),
		cmocka_unit_test(steal_is_the_eighth_of_eight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
