// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "storm_poll.h"

#include <time.h>

#define SETTLE_NS 50000 // for what either thread has stored to reach the other
#define STEP_NS   50000

_Atomic uint32_t storm_poll_turns;

void storm_poll_wait_outside(void *unused) {
	const struct timespec settle = {.tv_nsec = SETTLE_NS}, step = {.tv_nsec = STEP_NS};
	uint32_t turns;

	(void)unused;
	nanosleep(&settle, NULL);
	turns = atomic_load_explicit(&storm_poll_turns, memory_order_acquire);
	while (turns & 1 && atomic_load_explicit(&storm_poll_turns, memory_order_acquire) == turns)
		nanosleep(&step, NULL);
}
