// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse-storm: boots many simulated machines against any server and says how it went. This file
// only finds the subcommand.

#include <stdio.h>
#include <string.h>

#include "storm_commands.h"
#include "storm_completion.h"
#include "storm_manual.h"

static const struct storm_command *const COMMANDS[] = {
	&STORM_TFTP,
	&STORM_DHCP,
	&STORM_BOOT,
	&STORM_VERIFY,
	&STORM_REFLECT,
#ifdef STORM_WITH_DPDK
	&STORM_LOAD_TFTP,
	&STORM_LOAD_FLOOD,
	&STORM_LOAD_DHCP,
	&STORM_NULL_TX,
	&STORM_NULL_RX,
#endif
};

#define COMMAND_COUNT (sizeof(COMMANDS) / sizeof(COMMANDS[0]))

static void usage(FILE *out) {
	fputs("usage: rouse-storm COMMAND [options]\n\n"
	      "Boots many simulated machines against a DHCP or TFTP server.\n\n",
		out);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-10s %s\n", COMMANDS[i]->name, COMMANDS[i]->summary);
	fputs("\nrouse-storm COMMAND --help says more. --version prints the version,\n"
	      "--manual the manual page as scdoc source, --completion a script for bash.\n",
		out);
}

// How many words of the command line are this name, which has one or two; 0 if they are not.
static int match(const char *name, int argc, char **argv) {
	const char *space = strchr(name, ' ');
	size_t len = space ? (size_t)(space - name) : strlen(name);

	if (argc < 2 || strlen(argv[1]) != len || memcmp(argv[1], name, len) != 0)
		return 0;
	if (!space)
		return 1;
	return argc > 2 && !strcmp(argv[2], space + 1) ? 2 : 0;
}

int main(int argc, char **argv) {
	const char *word = argc > 1 ? argv[1] : "";

	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		int words = match(COMMANDS[i]->name, argc, argv);

		if (words)
			return COMMANDS[i]->run(COMMANDS[i], argc - 1 - words, argv + 1 + words);
	}
	if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
		usage(stdout);
		return STORM_EXIT_OK;
	}
	if (!strcmp(word, "--manual")) {
		storm_manual_print(COMMANDS, COMMAND_COUNT);
		return STORM_EXIT_OK;
	}
	if (!strcmp(word, "--completion")) {
		storm_completion_print(COMMANDS, COMMAND_COUNT);
		return STORM_EXIT_OK;
	}
	if (!strcmp(word, "--version")) {
		puts("rouse-storm " ROUSE_VERSION);
		return STORM_EXIT_OK;
	}
	if (*word)
		fprintf(stderr, "rouse-storm: unknown command '%s'\n", word);
	usage(stderr);
	return STORM_EXIT_USAGE;
}
