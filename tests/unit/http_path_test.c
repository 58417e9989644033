// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <cmocka.h>

#include "http_path.h"

static const struct {
	const char *target;
	int rc;
	const char *path;
} cases[] = {
	{"/a%00b", -EILSEQ, NULL},
	{"/a%0ab", -EILSEQ, NULL},
	{"/a\x01", -EILSEQ, NULL},
	{"/a%7f", -EILSEQ, NULL},
	{"/%", -EILSEQ, NULL},
	{"/%4", -EILSEQ, NULL},
	{"/%g1", -EILSEQ, NULL},
	{"/%4?", -EILSEQ, NULL},
	{"/..", -EACCES, NULL},
	{"/../etc/passwd", -EACCES, NULL},
	{"/a/../b", -EACCES, NULL},
	{"/a/%2e%2e/b", -EACCES, NULL},
	{"/a%2f..%2fb", -EACCES, NULL},
	{"/a\\..\\b", -EACCES, NULL},
	{"..\\b", -EACCES, NULL},
	{"/a/..", -EACCES, NULL},
	{"http://10.77.0.1/../x", -EACCES, NULL},
	{"/", 0, ""},
	{"", 0, ""},
	{"*", 0, "*"},
	{"/.", 0, ""},
	{"/./a/./b/.", 0, "a/b/"},
	{"/a.", 0, "a."},
	{"/...", 0, "..."},
	{"/a..b/..c", 0, "a..b/..c"},
	{"//a///b", 0, "a/b"},
	{"/a/", 0, "a/"},
	{"/%61%2Fb%20c", 0, "a/b c"},
	{"/\\EFI\\boot", 0, "\\EFI\\boot"},
	{"/a?b/../c", 0, "a"},
	{"/a#b", 0, "a"},
	{"/a+b", 0, "a+b"},
	{"http://10.77.0.1:80/menu.ipxe?x", 0, "menu.ipxe"},
	{"HTTPS://boot.example", 0, ""},
	{"http://boot.example?a", 0, ""},
	{"/\xc3\xa4%C3%A4", 0, "\xc3\xa4\xc3\xa4"},
};

static void paths(void **state) {
	char out[HTTP_PATH_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int rc = http_path_decode(cases[i].target, out);

		if (rc != cases[i].rc || (rc == 0 && strcmp(out, cases[i].path) != 0))
			fail_msg("%s: %d, %s", cases[i].target, rc, rc ? "" : out);
	}
}

static void length(void **state) {
	char target[2 * HTTP_PATH_MAX], out[HTTP_PATH_MAX + 1];

	(void)state;
	memset(target, 'a', sizeof(target));
	target[0] = '/';
	target[HTTP_PATH_MAX + 1] = '\0';
	assert_int_equal(http_path_decode(target, out), 0);
	assert_int_equal(strlen(out), HTTP_PATH_MAX);
	target[HTTP_PATH_MAX + 1] = 'a';
	target[HTTP_PATH_MAX + 2] = '\0';
	assert_int_equal(http_path_decode(target, out), -ENAMETOOLONG);
}

static const struct {
	const char *target;
	int count;
	const char *joined; // name=value; of each
} queries[] = {
	{"/a?%", -EILSEQ, NULL},
	{"/a?b=%0", -EILSEQ, NULL},
	{"/a?b=%0&c", -EILSEQ, NULL},
	{"/a?b=%00", -EILSEQ, NULL},
	{"/a", 0, ""},
	{"/a?", 0, ""},
	{"/a?&&", 0, ""},
	{"/a?b", 1, "b=;"},
	{"/a?=x", 1, "=x;"},
	{"/a?b=c=d&e=%26f+g&h=#i=j", 3, "b=c=d;e=&f+g;h=;"},
	{"/a#b?c=d", 0, ""},
	{"/a?mac=52%3A54&uuid=", 2, "mac=52:54;uuid=;"},
};

static void arguments(void **state) {
	struct http_argument list[HTTP_ARGUMENTS_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		char *query = strdup(http_path_query(queries[i].target));
		int count = http_path_arguments(query, list);
		char joined[256] = "";

		for (int k = 0; k < count; k++)
			sprintf(joined + strlen(joined), "%s=%s;", list[k].name, list[k].value);
		if (count != queries[i].count || (count >= 0 && strcmp(joined, queries[i].joined)))
			fail_msg("%s: %d, %s", queries[i].target, count, joined);
		free(query);
	}
}

static void too_many_arguments(void **state) {
	struct http_argument list[HTTP_ARGUMENTS_MAX];
	char query[4 * HTTP_ARGUMENTS_MAX] = "";

	(void)state;
	for (uint32_t i = 0; i < HTTP_ARGUMENTS_MAX; i++)
		strcat(query, "a&");
	assert_int_equal(http_path_arguments(query, list), HTTP_ARGUMENTS_MAX);
	query[0] = '\0';
	for (uint32_t i = 0; i <= HTTP_ARGUMENTS_MAX; i++)
		strcat(query, "a&");
	assert_int_equal(http_path_arguments(query, list), -E2BIG);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(length),
		cmocka_unit_test(arguments),
		cmocka_unit_test(too_many_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
