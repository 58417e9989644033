// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "rest_path.h"

static void only_what_a_path_says_matches(void **state) {
	static const struct {
		const char *path;
		const char *url;
		const char *first; // NULL: does not match
		const char *second;
	} cases[] = {
		{"/v1/nodes", "/v1/node", NULL, NULL},
		{"/v1/nodes", "/v1/nodes/", NULL, NULL},
		{"/v1/nodes/*", "/v1/nodes", NULL, NULL},
		{"/v1/nodes/*", "/v1/nodes/", NULL, NULL},
		{"/v1/nodes/*", "/v1/nodes/a/b", NULL, NULL},
		{"/v1/nodes/*/boot", "/v1/nodes//boot", NULL, NULL},
		{"/v1/nodes/*/boot", "/v1/nodes/a/boots", NULL, NULL},
		{"/v1/nodes/*/render/**", "/v1/nodes/a/render/", NULL, NULL},
		{"/v1/nodes/*/render/*", "/v1/nodes/a/render/b/c", NULL, NULL},
		{"/v1/nodes", "/v1/nodes", "", ""},
		{"/v1/nodes/*", "/v1/nodes/n001", "n001", ""},
		{"/v1/nodes/*", "/v1/nodes/*", "*", ""},
		{"/v1/nodes/*/boot", "/v1/nodes/52:54:00:00:00:01/boot", "52:54:00:00:00:01", ""},
		{"/v1/nodes/*/render/*", "/v1/nodes/a/render/ipxe", "a", "ipxe"},
		{"/v1/nodes/*/render/**", "/v1/nodes/a/render/b/c.d", "a", "b/c.d"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rest_arguments arguments;
		bool matched = rest_path_matches(cases[i].path, cases[i].url, &arguments);

		if (matched != (cases[i].first != NULL))
			fail_msg("%s and %s: %d", cases[i].path, cases[i].url, matched);
		if (matched && (strcmp(arguments.text[0], cases[i].first) != 0 ||
				       strcmp(arguments.text[1], cases[i].second) != 0))
			fail_msg("%s and %s: \"%s\", \"%s\"", cases[i].path, cases[i].url,
				arguments.text[0], arguments.text[1]);
	}
}

static void an_argument_has_a_bound(void **state) {
	char url[REST_ARGUMENT_SIZE + 8] = "/v1/";
	struct rest_arguments arguments;

	(void)state;
	memset(url + 4, 'x', REST_ARGUMENT_SIZE);
	assert_false(rest_path_matches("/v1/*", url, &arguments));
	assert_false(rest_path_matches("/v1/**", url, &arguments));
	url[4 + REST_ARGUMENT_SIZE - 1] = '\0';
	assert_true(rest_path_matches("/v1/*", url, &arguments));
	assert_int_equal(strlen(arguments.text[0]), REST_ARGUMENT_SIZE - 1);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_a_path_says_matches),
		cmocka_unit_test(an_argument_has_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
