// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The operator's command: finds the command in the table, reads its options, runs it.

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static int run_help(const char *about) {
	struct cli_args args = {.command = cli_find("help")};

	if (about)
		args.operand[args.operand_count++] = (char *)about;
	return args.command->run(&args);
}

static bool asks_help(const char *word) {
	return !strcmp(word, "--help") || !strcmp(word, "-h");
}

static int run_command(const struct cli_command *command, int argc, char **argv) {
	struct cli_args args;
	char why[CLI_WHY_SIZE];

	if (argc > 0 && asks_help(argv[0]))
		return run_help(command->name);
	if (cli_parse(command, argc, argv, &args, why) < 0) {
		cli_error("%s", why);
		return CLI_USAGE;
	}
	return command->run(&args);
}

int main(int argc, char **argv) {
	const struct cli_command *command;

	if (argc < 2) {
		cli_error("which command? see rouse help");
		return CLI_USAGE;
	}
	if (asks_help(argv[1]))
		return run_help(NULL);
	if (!strcmp(argv[1], "--version")) {
		puts("rouse " ROUSE_VERSION);
		return CLI_OK;
	}
	command = cli_find(argv[1]);
	if (!command) {
		cli_error("there is no command %s: see rouse help", argv[1]);
		return CLI_USAGE;
	}
	return run_command(command, argc - 2, argv + 2);
}
