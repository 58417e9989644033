// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "json_depth.h"

static void depth_is_counted_outside_of_strings(void **state) {
	static const struct {
		const char *name;
		const char *text;
		size_t max;
		bool deeper;
	} cases[] = {
		{"nothing", "", 0, false},
		{"a string that does not end", "\"[[[[", 1, false},
		{"an escape at the end", "\"\\", 1, false},
		{"brackets in a string", "[\"[[{{\"]", 1, false},
		{"a quote in a string", "[\"\\\"\", [1]]", 1, true},
		{"a backslash in a string", "[\"\\\\\", [1]]", 1, true},
		{"as deep as it may be", "{\"a\": [{}]}", 3, false},
		{"one more", "{\"a\": [{}]}", 2, true},
		{"side by side", "[[], [], {}, [[]]]", 3, false},
		{"more ends than beginnings", "]]]][[", 1, true},
		{"no number is a bracket", "12345", 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (json_is_deeper(cases[i].text, strlen(cases[i].text), cases[i].max) !=
			cases[i].deeper)
			fail_msg("%s", cases[i].name);
}

static void a_million_of_them_is_no_harm(void **state) {
	static char text[1 << 20];

	(void)state;
	memset(text, '[', sizeof(text));
	assert_true(json_is_deeper(text, sizeof(text), 32));
	assert_false(json_is_deeper(text, sizeof(text), sizeof(text)));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(depth_is_counted_outside_of_strings),
		cmocka_unit_test(a_million_of_them_is_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
