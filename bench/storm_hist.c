// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Log-linear histogram: the index is the exponent and the six bits below the leading one.

#include "storm_hist.h"

static uint32_t bucket_of(uint64_t value) {
	uint32_t exponent;

	if (value < STORM_HIST_STEPS)
		return (uint32_t)value;
	exponent = 63u - (uint32_t)__builtin_clzll(value);
	if (exponent > 40)
		return STORM_HIST_BUCKETS - 1;
	return STORM_HIST_STEPS * (exponent - 5) +
	       (uint32_t)(value >> (exponent - 6)) % STORM_HIST_STEPS;
}

static uint64_t upper_edge(uint32_t bucket) {
	uint32_t octave = bucket / STORM_HIST_STEPS;
	uint64_t step = bucket % STORM_HIST_STEPS;

	if (octave == 0)
		return step;
	return ((STORM_HIST_STEPS + step + 1) << (octave - 1)) - 1;
}

void storm_hist_add(struct storm_hist *h, uint64_t value) {
	h->count++;
	h->sum += value;
	if (value > h->max)
		h->max = value;
	h->buckets[bucket_of(value)]++;
}

uint64_t storm_hist_quantile(const struct storm_hist *h, double share) {
	uint64_t wanted = (uint64_t)(share * (double)h->count);
	uint64_t seen = 0;

	if ((double)wanted < share * (double)h->count)
		wanted++;
	if (wanted == 0)
		wanted = 1;
	for (uint32_t i = 0; i < STORM_HIST_BUCKETS; i++) {
		seen += h->buckets[i];
		if (seen >= wanted)
			return upper_edge(i) < h->max ? upper_edge(i) : h->max;
	}
	return h->max;
}
