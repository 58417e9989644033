// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// When the store is pruned, whatever the wall clock is set to, and whether that can be trusted.
// Pure. Times are milliseconds: wall since 1970, steady by a clock that is never set.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#define UPKEEP_EACH_MS    10000
#define UPKEEP_STEP_MS    60000                   // by which it was set, and not slewed
#define UPKEEP_SETTLED_MS (86400 * (int64_t)1000) // without having been set

struct upkeep_clock {
	bool looked;
	int64_t ahead_ms; // of the wall clock before the steady one
	int64_t set_ms;   // steady: when the wall clock was set, or looked at first
	int64_t due_ms;   // steady
};

// Call it often. Whether it is time to prune.
bool upkeep_clock_due(struct upkeep_clock *clock, int64_t wall_ms, int64_t steady_ms);

// There is more to do: it is due at once.
void upkeep_clock_again(struct upkeep_clock *clock);

// Whether the wall clock has not been set for a day, so that what is dated later than now was dated
// by a clock that was wrong.
bool upkeep_clock_settled(const struct upkeep_clock *clock, int64_t steady_ms);
