// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Runs programs in the foreground and starts each again when it dies.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SUPERVISOR_ARGS_MAX 4

struct supervised {
	const char *name; // for messages
	char path[4096];
	const char *argv[SUPERVISOR_ARGS_MAX + 2]; // ends with NULL
	bool wants_hup;                            // SIGHUP is handed on to it

	pid_t pid;             // 0: not running
	uint64_t started_ms;   // CLOCK_BOOTTIME
	uint64_t start_at_ms;  // when it is to be started again
	uint32_t quick_deaths; // in a row
	bool proven;           // has once run for SUPERVISOR_PROVEN_MS
};

// A program that dies sooner than this makes the next wait longer.
#define SUPERVISOR_PROVEN_MS  1000u
#define SUPERVISOR_FIRST_MS   50u
#define SUPERVISOR_LONGEST_MS 2000u
// A program that never ran for SUPERVISOR_PROVEN_MS and ended by itself so often cannot start here.
#define SUPERVISOR_GIVE_UP    5u

// How long to wait before the next start, after so many quick deaths in a row.
uint32_t supervisor_delay_ms(uint32_t quick_deaths);

// Whether it is of no use to start it again; status as from waitpid.
bool supervisor_hopeless(const struct supervised *program, int status);

// Finds the program beside the running executable, in its build tree, in ../libexec/rouse, or in
// PATH. 0 or -ENOENT.
int supervisor_find(const char *name, char *path, size_t size);

// From here on SIGTERM, SIGINT and SIGHUP wait for supervisor_run, which takes them at once.
void supervisor_block_signals(void);

// Starts the programs in order and keeps them running until SIGTERM or SIGINT, then ends them in
// reverse order, each with time to finish. Every program dies with the calling process, whatever
// kills that. Blocks the signals that it waits for. 0 after a signal; -EIO when one cannot start,
// said on stderr.
int supervisor_run(struct supervised *programs, size_t count);
