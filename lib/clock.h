// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Time as an argument. lib/ never reads a clock.

#pragma once

#include <stdint.h>

struct rouse_now {
	uint64_t us; // CLOCK_BOOTTIME in microseconds, never 0: all timers and expiries in memory
	int64_t unix_s;       // CLOCK_REALTIME in seconds: what goes to disk and to people
	int64_t unix_less_us; // CLOCK_REALTIME's lead over us, in microseconds
};

// CLOCK_REALTIME in nanoseconds, for events: of one thread they come in the order of their times,
// but for a wall clock that is set.
static inline int64_t rouse_unix_ns(struct rouse_now now) {
	return ((int64_t)now.us + now.unix_less_us) * 1000;
}
