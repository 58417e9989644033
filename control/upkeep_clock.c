// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "upkeep_clock.h"

// A machine without a clock of its own begins in the past and is put right minutes later: what was
// dated before its start is right.
static void watch(struct upkeep_clock *clock, int64_t wall_ms, int64_t steady_ms) {
	int64_t ahead_ms = wall_ms - steady_ms, step_ms = ahead_ms - clock->ahead_ms;

	if (!clock->looked || step_ms > UPKEEP_STEP_MS || step_ms < -UPKEEP_STEP_MS)
		clock->set_ms = steady_ms;
	clock->looked = true;
	clock->ahead_ms = ahead_ms;
}

bool upkeep_clock_due(struct upkeep_clock *clock, int64_t wall_ms, int64_t steady_ms) {
	watch(clock, wall_ms, steady_ms);
	if (steady_ms < clock->due_ms)
		return false;
	clock->due_ms = steady_ms + UPKEEP_EACH_MS;
	return true;
}

void upkeep_clock_again(struct upkeep_clock *clock) {
	clock->due_ms = 0;
}

bool upkeep_clock_settled(const struct upkeep_clock *clock, int64_t steady_ms) {
	return clock->looked && steady_ms - clock->set_ms >= UPKEEP_SETTLED_MS;
}
