// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The result of a run, for people or, with --json, for programs: the same calls write both.

#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "hist.h"

// Version of the JSON's meaning: fields may be added without raising it.
#define STORM_REPORT_SCHEMA 1u

struct storm_report {
	FILE *out;
	bool json;
	bool comma; // the next field needs one
	unsigned depth;
};

// command: "tftp", "dhcp" ... Writes the schema, the program's version and the command.
void storm_report_begin(struct storm_report *r, FILE *out, bool json, const char *command);
void storm_report_end(struct storm_report *r);

void storm_report_open(struct storm_report *r, const char *name);
void storm_report_close(struct storm_report *r);
void storm_report_u64(struct storm_report *r, const char *name, uint64_t value);
void storm_report_real(struct storm_report *r, const char *name, double value);
void storm_report_flag(struct storm_report *r, const char *name, bool value);
void storm_report_text(struct storm_report *r, const char *name, const char *value);
// count, mean, p50, p90, p99, p99_9 and max in microseconds.
void storm_report_hist(struct storm_report *r, const char *name, const struct hist *h);
// cpu_seconds: what this process has used so far, system time included.
void storm_report_cpu(struct storm_report *r);
