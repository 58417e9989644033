// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Durations of a boot's phases as the server sees them, defined once in phases.def. Histograms of
// microseconds; command and manual take names and meanings from here.

#pragma once

#include "hist.h"

enum rouse_phase {
#define PHASE(name, json, label, meaning) PHASE_##name,
#include "phases.def"
#undef PHASE
	PHASE_COUNT // as a value: none
};

#define PHASE_OF_WORKERS PHASE_SYNC // the ones before it are recorded by workers

struct phase_info {
	const char *name;
	const char *label;
	const char *meaning;
};

extern const struct phase_info phase_info[PHASE_COUNT];

// One worker's. That worker alone writes it.
struct phase_block {
	struct hist phase[PHASE_OF_WORKERS];
};

// since_us may lie ahead of now_us, when another clock or process set it: counts as 0.
static inline void phase_add(
	struct phase_block *block, enum rouse_phase phase, uint64_t since_us, uint64_t now_us) {
	hist_add(&block->phase[phase], now_us > since_us ? now_us - since_us : 0);
}
