// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Loss, duplication and reordering by a seeded generator. Pure.

#include "storm_impair.h"

uint64_t storm_random(uint64_t *state) {
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 0x2545f4914f6cdd1dULL;
}

static bool chance(struct storm_impair *im, uint64_t limit) {
	return limit && storm_random(&im->random) >> 32 < limit;
}

void storm_impair_init(
	struct storm_impair *im, double loss, double dup, double reorder, uint64_t seed) {
	*im = (struct storm_impair){
		.active = loss > 0 || dup > 0 || reorder > 0,
		.random = seed * 0x9e3779b97f4a7c15ULL | 1,
		.loss = (uint64_t)(loss * 4294967296.0),
		.dup = (uint64_t)(dup * 4294967296.0),
		.reorder = (uint64_t)(reorder * 4294967296.0),
	};
}

struct storm_fate storm_impair_next(struct storm_impair *im) {
	struct storm_fate fate = {.copies = 1};

	if (!im->active)
		return fate;
	if (chance(im, im->loss)) {
		im->dropped++;
		fate.copies = 0;
		return fate;
	}
	if (chance(im, im->dup)) {
		im->duplicated++;
		fate.copies = 2;
	}
	if (chance(im, im->reorder)) {
		im->delayed++;
		fate.late = true;
	}
	return fate;
}
