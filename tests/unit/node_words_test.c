// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/node_words.h"

extern const struct cli_command cmd_node;

// Reads the words of a command line. NULL: refused, with the sentence.
static char *read_words(int argc, char *const argv[], char why[CLI_WHY_SIZE]) {
	json_t *body = json_object();
	struct cli_args args;
	char *text = NULL;

	assert_int_equal(cli_parse(&cmd_node, argc, (char **)argv, &args, why), 0);
	if (node_words_read(&args, body, why) == CLI_OK)
		text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(body);
	return text;
}

static void what_cannot_be_read_is_refused(void **state) {
	static const struct {
		const char *name;
		char *argv[5];
		int argc;
		const char *why;
	} cases[] = {
		{"no equals sign", {"set", "a", "--var", "x"}, 4, "NAME=TEXT"},
		{"no name", {"set", "a", "--var", "=x"}, 4, "NAME=TEXT"},
		{"no UTF-8 in a variable", {"set", "a", "--var", "x=\xff"}, 4, "UTF-8"},
		{"no UTF-8 in a text", {"set", "a", "--notes", "\xc3"}, 4, "UTF-8"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char why[CLI_WHY_SIZE] = "";
		char *text = read_words(cases[i].argc, cases[i].argv, why);

		if (text || !strstr(why, cases[i].why))
			fail_msg("%s: %s, \"%s\"", cases[i].name, text ? text : "refused", why);
	}
}

static void words_become_a_body(void **state) {
	static const struct {
		char *argv[10];
		int argc;
		const char *text;
	} cases[] = {
		{{"set", "a"}, 2, "{}"},
		{{"set", "a", "--role=-", "--profile="}, 4, "{\"profile\":null,\"role\":null}"},
		{{"set", "a", "--role", "web", "--notes", "by the door"}, 6,
			"{\"notes\":\"by the door\",\"role\":\"web\"}"},
		{{"set", "a", "--var", "x=1", "--var=y=a=b", "--var", "z="}, 7,
			"{\"vars\":{\"x\":\"1\",\"y\":\"a=b\",\"z\":null}}"},
		{{"set", "a", "--reinstall"}, 3, "{\"state\":\"discovered\"}"},
		{{"add", "a", "--mac", "52:54:00:00:00:01"}, 4, "{\"mac\":\"52:54:00:00:00:01\"}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char why[CLI_WHY_SIZE] = "";
		char *text = read_words(cases[i].argc, cases[i].argv, why);

		if (!text || strcmp(text, cases[i].text) != 0)
			fail_msg("%s in place of %s", text ? text : why, cases[i].text);
		free(text);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_read_is_refused),
		cmocka_unit_test(words_become_a_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
