// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "cli/cli.h"

static const struct cli_option options[] = {
	CLI_OPTION_CONFIG,
	{"write", "FILE", "where to", 'w'},
	CLI_OPTION_JSON,
	CLI_OPTION_END,
};

static const struct cli_command command = {
	.name = "probe",
	.operands = "FILE",
	.operands_min = 1,
	.operands_max = 2,
	.options = options,
};

static void bad_words_are_refused_with_a_sentence(void **state) {
	static const struct {
		const char *name;
		char *argv[4];
		int argc;
		const char *why;
	} cases[] = {
		{"unknown option", {"--nope", "f"}, 2, "no option --nope"},
		{"prefix of an option", {"--conf", "x", "f"}, 3, "no option --conf"},
		{"short option", {"-j", "f"}, 2, "no option -j"},
		{"letter with its value", {"-wf", "f"}, 2, "no option -wf"},
		{"value of a letter missing", {"f", "-w"}, 2, "--write needs a value"},
		{"by letter and name", {"-w", "a", "--write=b"}, 3, "--write is given twice"},
		{"value missing", {"f", "--config"}, 2, "--config needs a value"},
		{"value for a flag", {"f", "--json=yes"}, 2, "--json takes no value"},
		{"twice", {"f", "--json", "--json"}, 3, "--json is given twice"},
		{"operand missing", {"--json"}, 1, "probe needs FILE"},
		{"too many operands", {"a", "b", "c"}, 3, "too many words"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cli_args args;
		char why[CLI_WHY_SIZE] = "";
		int rc = cli_parse(&command, cases[i].argc, (char **)cases[i].argv, &args, why);

		if (rc != -EINVAL || !strstr(why, cases[i].why))
			fail_msg("%s: %d, \"%s\"", cases[i].name, rc, why);
	}
}

static void good_words_are_read(void **state) {
	char *argv[] = {"--config=a=b", "-w", "-", "--json", "--", "--f"};
	struct cli_args args;
	char why[CLI_WHY_SIZE];

	(void)state;
	assert_int_equal(cli_parse(&command, 6, argv, &args, why), 0);
	assert_string_equal(cli_value(&args, "write"), "-");
	assert_string_equal(cli_value(&args, "config"), "a=b");
	assert_true(cli_flag(&args, "json"));
	assert_int_equal(args.operand_count, 1);
	assert_string_equal(args.operand[0], "--f");
}

static void table_is_complete(void **state) {
	(void)state;
	for (size_t i = 0; cli_commands[i]; i++) {
		const struct cli_command *c = cli_commands[i];
		size_t count = 0;

		if (!c->name || !c->help || !c->operands || !c->run)
			fail_msg("row %zu: incomplete", i);
		if (strlen(c->help) > 66)
			fail_msg("%s: its help does not fit 80 columns", c->name);
		if (cli_find(c->name) != c)
			fail_msg("%s: is there twice", c->name);
		while (c->options && c->options[count].name)
			count++;
		if (count > CLI_OPTIONS_MAX)
			fail_msg("%s: %zu options", c->name, count);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_words_are_refused_with_a_sentence),
		cmocka_unit_test(good_words_are_read),
		cmocka_unit_test(table_is_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
