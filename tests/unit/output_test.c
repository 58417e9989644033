// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/output.h"

static char *print(const struct table *table, size_t width) {
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	table_print(table, out, width);
	fclose(out);
	return text;
}

static void columns_are_aligned(void **state) {
	struct table table;
	char *text;

	(void)state;
	table_init(&table, (const char *const[]){"name", ">size", "state"}, 3);
	table_row(&table, (const char *const[]){"a", "12", "ready"});
	table_row(&table, (const char *const[]){"longer.efi", "1048576", NULL});
	text = print(&table, 0);
	assert_string_equal(text, "name           size  state\n"
				  "a                12  ready\n"
				  "longer.efi  1048576\n");
	free(text);
	table_free(&table);
}

static const char *red_is_failed(size_t column, const char *cell) {
	return column == 1 && !strcmp(cell, "failed") ? "31" : NULL;
}

static void colours_take_no_room(void **state) {
	struct table table;
	char *text;

	(void)state;
	table_init(&table, (const char *const[]){"name", "failed", "role"}, 3);
	table.colour = red_is_failed;
	table_row(&table, (const char *const[]){"a", "failed", "web"});
	table_row(&table, (const char *const[]){"b", "failed", NULL});
	text = print(&table, 0);
	assert_string_equal(text, "name  failed  role\n"
				  "a     \033[31mfailed\033[0m  web\n"
				  "b     \033[31mfailed\033[0m\n");
	free(text);
	table_free(&table);
}

static void the_last_column_is_continued_below_itself(void **state) {
	static const struct {
		size_t width;
		const char *text;
		const char *expected;
	} cases[] = {
		{0, "some words that are too long for it",
			"k   what\nab  some words that are too long for it\n"},
		{80, "some words that are too long for it",
			"k   what\nab  some words that are too long for it\n"},
		{24, "some words that are too long for it",
			"k   what\nab  some words that are\n    too long for it\n"},
		{23, "some words that are too long for it",
			"k   what\nab  some words that are\n    too long for it\n"},
		{22, "some words that are too long for it",
			"k   what\nab  some words that\n    are too long for\n    it\n"},
		{24, "a/path/without/any/space.efi",
			"k   what\nab  a/path/without/any/\n    space.efi\n"},
		{24, "a_name_without_any_space.efi",
			"k   what\nab  a_name_without_any_s\n    pace.efi\n"},
		{3, "some words that are too long", // never narrower than 16
			"k   what\nab  some words that\n    are too long\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct table table;
		char *text;

		table_init(&table, (const char *const[]){"k", "what"}, 2);
		table_row(&table, (const char *const[]){"ab", cases[i].text});
		text = print(&table, cases[i].width);
		if (strcmp(text, cases[i].expected) != 0)
			fail_msg("case %zu, width %zu: \"%s\"", i, cases[i].width, text);
		free(text);
		table_free(&table);
	}
}

static void text_is_filled(void **state) {
	static const struct {
		const char *text;
		const char *expected;
	} cases[] = {
		{"", "\n"},
		{"short", "short\n"},
		{"lines of\nthe source\nare joined", "lines of the\n  source are\n  joined\n"},
		{"exactly twelve", "exactly\n  twelve\n"},
		{"twelve chars", "twelve chars\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);

		output_filled(cases[i].text, 12, 2, out);
		fclose(out);
		if (strcmp(text, cases[i].expected) != 0)
			fail_msg("\"%s\": \"%s\"", cases[i].text, text);
		free(text);
	}
}

static void nothing_is_obeyed_by_a_terminal(void **state) {
	static const struct {
		const char *text;
		const char *expected;
	} cases[] = {
		{"", ""},
		{"plain, and \\ too", "plain, and \\ too"},
		{"\033[31mred\007", "\\x1b[31mred\\x07"},
		{"a\tb\x7f\r", "a\\x09b\\x7f\\x0d"},
		{"two\nlines", "two\nlines"},
		{"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
		{"\xc2\x9b"
		 "31m",
			"\\xc2\\x9b31m"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *clean = output_clean(cases[i].text);

		assert_string_equal(clean, cases[i].expected);
		free(clean);
	}
}

static void characters_are_counted_not_bytes(void **state) {
	struct table table;
	char *text;

	(void)state;
	table_init(&table, (const char *const[]){"name", "of", "what"}, 3);
	table_row(&table, (const char *const[]){"M\xc3\xbcllers", "\033", "a"});
	table_row(&table, (const char *const[]){"n", "b",
				  "\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87 "
				  "\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87"
				  "\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87"
				  "\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87"});
	text = print(&table, 31);
	assert_string_equal(text,
		"name     of    what\n"
		"M\xc3\xbcllers  \\x1b  a\n"
		"n        b     \xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87\n"
		"               \xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87"
		"\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87"
		"\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87\n");
	free(text);
	table_free(&table);
}

static void an_empty_table_is_its_heading(void **state) {
	struct table table;
	char *text;

	(void)state;
	table_init(&table, (const char *const[]){">n", "x"}, 2);
	text = print(&table, 0);
	assert_string_equal(text, "n  x\n");
	free(text);
	table_free(&table);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_aligned),
		cmocka_unit_test(colours_take_no_room),
		cmocka_unit_test(the_last_column_is_continued_below_itself),
		cmocka_unit_test(text_is_filled),
		cmocka_unit_test(nothing_is_obeyed_by_a_terminal),
		cmocka_unit_test(characters_are_counted_not_bytes),
		cmocka_unit_test(an_empty_table_is_its_heading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
