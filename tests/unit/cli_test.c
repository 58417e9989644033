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
	{.name = "var", .value = "NAME=TEXT", .help = "a variable", .many = true},
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

static void an_option_can_be_given_several_times(void **state) {
	char *argv[] = {"f", "--var", "a=1", "--var=b=2", "--write=x", "--var", "c"};
	char *cut[] = {"f", "--var", "a=1", "--var"};
	char *many[2 * (CLI_MORE_MAX + 2)];
	struct cli_args args;
	char why[CLI_WHY_SIZE];

	(void)state;
	assert_int_equal(cli_parse(&command, 7, argv, &args, why), 0);
	assert_string_equal(cli_value_at(&args, "var", 0), "a=1");
	assert_string_equal(cli_value_at(&args, "var", 1), "b=2");
	assert_string_equal(cli_value_at(&args, "var", 2), "c");
	assert_null(cli_value_at(&args, "var", 3));
	assert_null(cli_value_at(&args, "write", 1));
	assert_int_equal(cli_parse(&command, 4, cut, &args, why), -EINVAL);
	assert_non_null(strstr(why, "--var needs a value"));
	for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++)
		many[i] = i % 2 ? "a=1" : "--var";
	assert_int_equal(
		cli_parse(&command, (int)(sizeof(many) / sizeof(many[0])), many, &args, why),
		-EINVAL);
	assert_non_null(strstr(why, "more than 64 times"));
}

static int ran;

static int run_verb(const struct cli_args *args) {
	ran = args->operand_count;
	return CLI_OK;
}

static const struct cli_verb verbs[] = {
	{"list", 0, 0, "nothing", (const char *const[]){"json", NULL}, run_verb},
	{"show", 1, 2, "NAME", (const char *const[]){NULL}, run_verb},
	{NULL},
};

static void a_verb_has_its_own_words_and_options(void **state) {
	static const struct {
		const char *name;
		const char *operands[4];
		bool json;
		int code;
	} cases[] = {
		{"no verb", {NULL}, false, CLI_USAGE},
		{"another verb", {"shows"}, false, CLI_USAGE},
		{"too many words", {"list", "a"}, false, CLI_USAGE},
		{"too few", {"show"}, false, CLI_USAGE},
		{"an option of another verb", {"show", "a"}, true, CLI_USAGE},
		{"good", {"list"}, true, CLI_OK},
		{"good, with words", {"show", "a", "b"}, false, CLI_OK},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cli_args args = {.command = &command};
		int code;

		while (cases[i].operands[args.operand_count]) {
			args.operand[args.operand_count] =
				(char *)cases[i].operands[args.operand_count];
			args.operand_count++;
		}
		args.value[2] = cases[i].json ? "" : NULL;
		ran = 0;
		code = cli_run_verb(&args, verbs);
		if (code != cases[i].code || (ran != 0) != (code == CLI_OK))
			fail_msg("%s: %d, ran with %d", cases[i].name, code, ran);
	}
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
		cmocka_unit_test(an_option_can_be_given_several_times),
		cmocka_unit_test(a_verb_has_its_own_words_and_options),
		cmocka_unit_test(table_is_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
