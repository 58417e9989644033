// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Time of the programs in bench/: microseconds that never step.

#pragma once

#include <stdint.h>
#include <time.h>

#define STORM_SECOND_US 1000000ull

static inline uint64_t storm_clock_us(void) {
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * STORM_SECOND_US + (uint64_t)t.tv_nsec / 1000;
}

static inline uint64_t storm_clock_unix_us(void) {
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * STORM_SECOND_US + (uint64_t)t.tv_nsec / 1000;
}
