// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The operator's command: finds the command in the table, reads its options, runs it.

#include <errno.h>
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

// What could not be written was not done: on a full disk a list would be cut off in silence.
static int end(int status) {
	errno = 0; // of a write before this one it is not known any more
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	cli_error("the output cannot be written: %s", errno ? strerror(errno) : "a part is lost");
	return status == CLI_OK ? CLI_FAILED : status;
}

int main(int argc, char **argv) {
	const struct cli_command *command;

	if (argc < 2) {
		cli_error("which command? see rouse help");
		return CLI_USAGE;
	}
	if (asks_help(argv[1]))
		return end(run_help(NULL));
	if (!strcmp(argv[1], "--version")) {
		puts("rouse " ROUSE_VERSION);
		return end(CLI_OK);
	}
	command = cli_find(argv[1]);
	if (!command) {
		cli_error("there is no command %s: see rouse help", argv[1]);
		return CLI_USAGE;
	}
	return end(run_command(command, argc - 2, argv + 2));
}
