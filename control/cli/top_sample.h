// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What rouse top looks at: copies of the dataplane's counters, durations and transfers, and what
// happened between two of them.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cli/instance.h"

// How far a transfer was.
struct top_progress {
	uint64_t bytes; // acknowledged
	int64_t started_unix_ms;
	uint32_t peer_address;
	uint16_t peer_port;
};

struct top_worker {
	uint64_t busy_cycles;
	uint64_t idle_cycles;
	uint64_t frames; // received and sent
	uint64_t sleeps;
	uint64_t sessions;
};

struct top_sample {
	uint64_t at_ns;           // boot-time clock
	uint64_t started_unix_ms; // of the dataplane: another one begins its counters anew
	uint64_t writer_pid;
	uint32_t worker_count;
	uint32_t session_count; // room in progress
	uint64_t counter[STAT_COUNT];
	uint64_t missed; // frames that drivers lost
	struct top_worker worker[ROUSE_MAX_WORKERS];
	struct hist phase[PHASE_COUNT];
	struct top_progress *progress; // [session_count], its own memory
};

#define TOP_TRANSFERS 64 // of the slowest, as many as are kept
#define TOP_DROPS     (STAT_COUNT + 1)
#define TOP_HOST_SIZE 256
#define TOP_WHY_SIZE  48

struct top_transfer {
	struct tftp_session session;
	uint64_t bytes;
	uint64_t bytes_per_s; // in the interval; of one that began within it, since then
	int64_t age_ms;
	char why[TOP_WHY_SIZE]; // what keeps it, "" when nothing stands out
	char host[TOP_HOST_SIZE];
	char file[INSTANCE_NAME_SIZE];
};

struct top_drop {
	const char *name;
	const char *meaning;
	double per_s;
	uint64_t total; // since the dataplane's start
};

struct top_figures {
	bool alive;        // the rest is of a dataplane that runs
	char trouble[320]; // why not, a sentence
	bool degraded;     // the journal cannot write
	uint64_t uptime_s;
	double interval_s; // of rates and workers; 0: there was one sample only
	double window_s;   // of phases and drops
	double per_s[STAT_COUNT];
	uint32_t session_room;
	uint32_t worker_count;
	struct top_worker worker[ROUSE_MAX_WORKERS]; // in the interval; sessions: now
	struct hist phase[PHASE_COUNT];              // in the window
	uint32_t drop_count;
	struct top_drop drop[TOP_DROPS]; // the most frequent in the window first, then by total
	uint32_t sessions;
	uint32_t transfer_count;
	struct top_transfer transfer[TOP_TRANSFERS]; // the slowest first
};

// Copies what the dataplane tells now. The sample's memory is used again.
void top_sample_take(struct top_sample *sample, const struct state_view *state);
void top_sample_free(struct top_sample *sample);

// Whether the second sample's counters go on from the first's: the same process wrote both.
bool top_sample_goes_on(const struct top_sample *before, const struct top_sample *now);

// Rates between before and now, durations and drops between oldest and now. A counter that went
// back has begun anew.
void top_between(const struct top_sample *oldest, const struct top_sample *before,
	const struct top_sample *now, struct top_figures *figures);

// The slowest transfers, with what keeps each. before: as above, NULL for none.
void top_transfers(const struct instance *instance, const struct top_sample *before,
	const struct top_sample *now, struct top_figures *figures);
