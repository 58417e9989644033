// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The rouse command's skeleton: one table of commands, from which parsing, usage, help and
// completion come. A command is one struct cli_command in a file of its own and one row in
// cli_commands.c.

#pragma once

#include <stdbool.h>
#include <stddef.h>

enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1,
	CLI_USAGE = 2,
	CLI_NOT_RUNNING = 3,
};

#define CLI_OPTIONS_MAX  24
#define CLI_OPERANDS_MAX 1025
#define CLI_MORE_MAX     64
#define CLI_WHY_SIZE     256

struct cli_option {
	const char *name;  // without the dashes; NULL ends the list
	const char *value; // what stands for the value in the help: "FILE"; NULL for a flag
	const char *help;  // one line
	char letter;       // "-w" means the same as "--write"; 0: there is none
	bool many;         // may be given several times
};

// Options that mean the same everywhere.
#define CLI_OPTION_CONFIG                                                                          \
	{ "config", "FILE", "the configuration file (default /etc/rouse/rouse.yaml)" }
#define CLI_OPTION_RUNTIME_DIR                                                                     \
	{ "runtime-dir", "DIR", "the running instance's directory, instead of --config" }
#define CLI_OPTION_JSON                                                                            \
	{ "json", NULL, "print JSON for programs" }
#define CLI_OPTION_END                                                                             \
	{ NULL, NULL, NULL }

struct cli_args;

struct cli_command {
	const char *name;
	const char *operands; // as in the usage line: "FILE", "up|down", "" for none
	int operands_min;
	int operands_max;
	const char *help;                        // one line, lower case, without a full stop
	const char *detail;                      // sentences below the usage; may be NULL
	const struct cli_option *options;        // up to CLI_OPTION_END, at most CLI_OPTIONS_MAX
	int (*run)(const struct cli_args *args); // enum cli_exit
};

struct cli_args {
	const struct cli_command *command;
	const char *value[CLI_OPTIONS_MAX]; // by index of the option; "" for a flag that is set
	int more_count;
	struct {
		int option;
		const char *value;
	} more[CLI_MORE_MAX]; // after the first value of those that may be given several times
	int operand_count;
	char *operand[CLI_OPERANDS_MAX];
};

// The table of all commands, in the order of the help; ends with NULL.
extern const struct cli_command *const cli_commands[];

// NULL when there is none of this name.
const struct cli_command *cli_find(const char *name);

// Reads what follows the command's name: --name VALUE, --name=VALUE, -l VALUE, flags, operands;
// "--" ends the options. 0, or -EINVAL with a sentence in why.
int cli_parse(const struct cli_command *command, int argc, char **argv, struct cli_args *args,
	char why[CLI_WHY_SIZE]);

// The value of an option, NULL when it was not given. The name must be in the command's list.
const char *cli_value(const struct cli_args *args, const char *name);
bool cli_flag(const struct cli_args *args, const char *name);

// The values of an option that may be given several times, in their order: at < 0 is none. Returns
// NULL past the last.
const char *cli_value_at(const struct cli_args *args, const char *name, int at);

// A verb of a command, its first operand: operands are counted without it.
struct cli_verb {
	const char *name; // NULL ends the list
	int operands_min;
	int operands_max;
	const char *operands;       // for the error: "NODE"
	const char *const *options; // that it has beside those of the instance, to NULL
	int (*run)(const struct cli_args *args); // its operands begin at 1
};

// Runs the verb that is the first operand. CLI_USAGE after a sentence when it is none of them, or
// has too few or too many words, or an option that would silently do nothing.
int cli_run_verb(const struct cli_args *args, const struct cli_verb *verbs);

// Prints "rouse: " and the sentence to stderr.
void cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
