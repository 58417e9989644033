// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A histogram of durations with a relative error below 1.6 %: 64 linear steps in each octave.
// Memory is fixed, so ten million samples cost what ten cost.

#pragma once

#include <stdint.h>

#define STORM_HIST_STEPS   64u
#define STORM_HIST_BUCKETS (STORM_HIST_STEPS * 36u)

struct storm_hist {
	uint64_t count;
	uint64_t sum;
	uint64_t max;
	uint64_t buckets[STORM_HIST_BUCKETS];
};

// Values beyond 2^41 count in the last bucket; max stays exact.
void storm_hist_add(struct storm_hist *h, uint64_t value);

// The value that at least share (0 to 1) of the samples do not exceed, rounded up to its bucket's
// upper edge and never above max. 0 without samples.
uint64_t storm_hist_quantile(const struct storm_hist *h, double share);
