// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Time as an argument. lib/ never reads a clock.

#pragma once

#include <stdint.h>

struct rouse_now {
	uint64_t us;    // CLOCK_BOOTTIME in microseconds, never 0: all timers and expiries in memory
	int64_t unix_s; // CLOCK_REALTIME in seconds: what goes to disk and to people
};
