// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The captured frames of all workers of a dataplane, in the order of their times. Pure.

#pragma once

#include "capture.h"
#include "state_view.h"

struct capture_source {
	const struct capture_ring *rings; // one per worker
	uint32_t workers;
	struct capture_reader reader[ROUSE_MAX_WORKERS];
	struct capture_record next[ROUSE_MAX_WORKERS];
	bool has_next[ROUSE_MAX_WORKERS];
	uint64_t told[ROUSE_MAX_WORKERS]; // of reader's lost ones
};

struct captured {
	const struct capture_record *record; // good until the next call
	uint32_t worker;
	uint64_t lost; // of this worker, between its frame before and this one
};

// Begins with the frames that are captured from now on.
void capture_source_init(
	struct capture_source *source, const struct capture_ring *rings, uint32_t workers);

// The next frame that is older than settled_ns, or whose ring fills. False: there is none yet.
bool capture_source_next(
	struct capture_source *source, int64_t settled_ns, struct captured *captured);

// Frames that were overwritten before they were read, so far.
uint64_t capture_source_lost(const struct capture_source *source);
