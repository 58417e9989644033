// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The table of all commands. A new command is a line in each of the two lists below.

#include "cli/cli.h"

extern const struct cli_command cmd_check;
extern const struct cli_command cmd_help;
extern const struct cli_command cmd_host;
extern const struct cli_command cmd_up;

const struct cli_command *const cli_commands[] = {
	&cmd_up,
	&cmd_host,
	&cmd_check,
	&cmd_help,
	NULL,
};
