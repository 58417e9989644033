// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A histogram of durations with a relative error below 1.6 %: 64 linear steps in each octave.
// Memory is fixed, so ten million samples cost what ten cost. One writer, by relaxed loads and
// stores of 64 bits; anybody else, in other processes too, takes copies.

#pragma once

#include <stdint.h>

#define HIST_STEPS   64u
#define HIST_BUCKETS (HIST_STEPS * 36u)

struct hist {
	uint64_t count;
	uint64_t sum;
	uint64_t max;
	uint64_t pad[5];
	uint64_t bucket[HIST_BUCKETS];
};
_Static_assert(sizeof(struct hist) % 64 == 0, "hist: two writers would share a line");

// The writer only. Values beyond 2^41 count in the last bucket; max stays exact.
void hist_add(struct hist *h, uint64_t value);

// A copy of what another thread or process writes. Its count is that of its buckets, so it agrees
// with itself whenever it was taken; sum and max may be a sample ahead or behind. Whatever stands
// in from, nothing overflows afterwards.
void hist_copy(const struct hist *from, struct hist *copy);

// Adds what another copy has seen.
void hist_merge(struct hist *into, const struct hist *from);

// What a histogram has seen between two copies. Where before has more than now, the writer has
// begun anew, and all that now has is new. max: as near as the buckets tell.
void hist_between(const struct hist *now, const struct hist *before, struct hist *out);

// The value that at least share (0 to 1; beyond: the nearer) of the samples do not exceed, rounded
// up to its bucket's upper edge and never above max. 0 without samples. Not on what is being
// written.
uint64_t hist_quantile(const struct hist *h, double share);

// 0 without samples.
uint64_t hist_mean(const struct hist *h);
