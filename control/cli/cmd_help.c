// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse help: all commands, or one command's usage and options, from the table.

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/completion.h"
#include "cli/manual.h"
#include "cli/output.h"

static void print_commands(void) {
	puts("usage: rouse COMMAND [OPTION...]\n\ncommands:");
	for (size_t i = 0; cli_commands[i]; i++)
		printf("  %-10s %s\n", cli_commands[i]->name, cli_commands[i]->help);
	puts("\n\"rouse help COMMAND\" tells a command's options; \"rouse --version\" the "
	     "version.\n"
	     "exit codes: 0 ok, 1 failed, 2 usage, 3 not running\n"
	     "manual: rouse(1), rouse.yaml(5) for the configuration, rouse-counters(7)");
}

#define WIDTH 79 // of a terminal, so that texts read well wherever they go
#define LEFT  25 // where the options' help begins

static void print_option(const struct cli_option *option) {
	char left[64], letter[8] = "";

	if (option->letter)
		snprintf(letter, sizeof(letter), "-%c, ", option->letter);
	snprintf(left, sizeof(left), "%s--%s%s%s", letter, option->name, option->value ? " " : "",
		option->value ? option->value : "");
	printf("  %-*s ", LEFT - 3, left);
	output_filled(option->help, WIDTH - LEFT, LEFT, stdout);
}

static void print_command(const struct cli_command *command) {
	const struct cli_option *options = command->options;

	printf("usage: rouse %s%s%s%s\n\n%s\n", command->name,
		options && options[0].name ? " [OPTION...]" : "", command->operands[0] ? " " : "",
		command->operands, command->help);
	if (command->detail) {
		putchar('\n');
		output_filled(command->detail, WIDTH, 0, stdout);
	}
	if (options && options[0].name)
		puts("\noptions:");
	for (; options && options->name; options++)
		print_option(options);
}

static int print_manual(const char *part) {
	if (manual_print(part))
		return CLI_OK;
	fprintf(stderr, "rouse: --manual %s: there is no such part, only", part);
	for (size_t i = 0; manual_parts[i]; i++)
		fprintf(stderr, "%s %s", i ? "," : "", manual_parts[i]);
	fputc('\n', stderr);
	return CLI_USAGE;
}

static int run(const struct cli_args *args) {
	const struct cli_command *command;

	if (cli_value(args, "manual"))
		return print_manual(cli_value(args, "manual"));
	if (cli_flag(args, "completion")) {
		completion_print();
		return CLI_OK;
	}
	if (!args->operand_count) {
		print_commands();
		return CLI_OK;
	}
	command = cli_find(args->operand[0]);
	if (!command) {
		cli_error("there is no command %s: see rouse help", args->operand[0]);
		return CLI_USAGE;
	}
	print_command(command);
	return CLI_OK;
}

static const struct cli_option options[] = {
	{"manual", "PART", "print a generated part of the manual pages as scdoc source"},
	{"completion", NULL, "print the completion script for bash, and zsh's bashcompinit"},
	CLI_OPTION_END,
};

const struct cli_command cmd_help = {
	.name = "help",
	.operands = "[COMMAND]",
	.operands_max = 1,
	.help = "list the commands, or tell the options of one",
	.options = options,
	.run = run,
};
