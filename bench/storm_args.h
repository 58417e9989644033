// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Options of the subcommands: one table per subcommand gives parsing, defaults shown in --help, and
// limits.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum storm_arg_kind {
	STORM_ARG_FLAG,    // bool
	STORM_ARG_U32,     // uint32_t, limits from min to max
	STORM_ARG_U64,     // uint64_t
	STORM_ARG_REAL,    // double, >= 0
	STORM_ARG_SECONDS, // uint64_t microseconds; "0.5", "30"
	STORM_ARG_PERCENT, // double from 0 to 1; "0.5" or "0.5%"
	STORM_ARG_TEXT,    // const char *
	STORM_ARG_ADDRESS, // uint32_t, host byte order
	STORM_ARG_SERVER,  // struct storm_server
	STORM_ARG_NETWORK, // struct storm_network
	STORM_ARG_MAC,     // uint8_t[6]
	STORM_ARG_RETRY,   // struct storm_retry; "1,2,4,8" seconds
	STORM_ARG_LIST,    // struct storm_list; a text, may be given more than once
};

struct storm_server {
	uint32_t address; // host byte order
	uint16_t port;    // 0: not given
};

struct storm_network {
	uint32_t address; // first address, host bits cleared
	uint8_t prefix_len;
};

// The usable addresses: neither the network's own nor its broadcast address, at most 2^24.
void storm_network_range(const struct storm_network *network, uint32_t *first, uint32_t *count);

struct storm_arg {
	const char *name;  // without dashes
	const char *value; // what --help calls it; NULL for a flag
	enum storm_arg_kind kind;
	size_t offset; // of the field in the settings
	uint64_t min;  // for numbers; max 0: no limit
	uint64_t max;
	const char *help;
};

// Words that a command explains behind its options, such as the models of boot.
struct storm_terms {
	const char *title;
	// The word number i and its text; false: there is none.
	bool (*at)(uint32_t i, const char **name, const char **text);
};

struct storm_command {
	const char *name;
	const char *usage;               // what follows the name
	const char *summary;             // one line
	const char *notes;               // below the options, or NULL
	const struct storm_terms *terms; // NULL, or ends with a NULL title
	const struct storm_arg *args;    // ends with a NULL name
	int (*run)(const struct storm_command *command, int argc, char **argv);
};

enum storm_exit {
	STORM_EXIT_OK = 0,
	STORM_EXIT_FAILED = 1, // a client failed, a check failed, or the deadline passed
	STORM_EXIT_USAGE = 2,
	STORM_EXIT_CANNOT = 3, // the run could not begin: interface, permission, file
};

// Fills settings (which hold the defaults) from argv. Words that are no option are moved to the
// front of argv and counted in words; with words NULL they are an error. Returns 0; 1 after --help;
// -EINVAL after a sentence on stderr.
int storm_args_parse(
	const struct storm_command *command, int argc, char **argv, void *settings, int *words);

// "rouse-storm NAME: " and the sentence on stderr.
void storm_complain(const struct storm_command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
