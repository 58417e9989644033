// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A bad network in the client: loss, duplication and late delivery, decided by a seeded generator,
// so that a run can be repeated.

#pragma once

#include <stdbool.h>
#include <stdint.h>

struct storm_impair {
	bool active;
	uint64_t random; // never 0
	uint64_t loss;   // out of 2^32
	uint64_t dup;
	uint64_t reorder;
	uint64_t dropped; // counters, read by the report
	uint64_t duplicated;
	uint64_t delayed;
};

struct storm_fate {
	uint8_t copies; // 0, 1 or 2
	bool late;      // to be delivered after what follows it
};

// Probabilities from 0 to 1.
void storm_impair_init(
	struct storm_impair *im, double loss, double dup, double reorder, uint64_t seed);

// What happens to the next packet.
struct storm_fate storm_impair_next(struct storm_impair *im);

// The generator (xorshift64*), for other choices of a simulation.
uint64_t storm_random(uint64_t *state);
