// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "turn.h"

#include <errno.h>
#include <sched.h>

// The calling thread alone, not the process.
static int become(int policy) {
	struct sched_param param = {.sched_priority = policy == SCHED_FIFO};

	return sched_setscheduler(0, policy, &param) ? -errno : 0;
}

int turn_probe(void) {
	int rc = become(SCHED_FIFO);

	return rc ? rc : become(SCHED_OTHER);
}

void turn_sleep(struct turn *turn) {
	if (turn->may && turn->earned && !turn->first)
		turn->first = become(SCHED_FIFO) == 0;
}

void turn_yield(struct turn *turn) {
	(void)become(SCHED_OTHER); // nobody is refused that
	turn->first = false;
}
