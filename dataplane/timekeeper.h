// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A worker's clock: the TSC between readings of the real clocks, which are taken once a millisecond
// and after each sleep. Never goes back.

#pragma once

#include <stdint.h>

#include <rte_cycles.h>

#include "clock.h"

struct timekeeper {
	struct rouse_now now;
	uint64_t base_us;
	uint64_t base_tsc;
	uint64_t renew_tsc;      // when the real clocks are read again
	uint64_t us_per_tsc_q32; // fixed point, 32 bits after the point
	uint64_t ms_tsc;
};

void timekeeper_init(struct timekeeper *keeper);

// The wall clock's lead over the boot-time clock, now, in microseconds.
int64_t timekeeper_unix_less_us(void);

// Reads the real clocks.
void timekeeper_renew(struct timekeeper *keeper, uint64_t tsc);

// The time at tsc, at or after the last tick: for durations within a pass.
static inline uint64_t timekeeper_us(const struct timekeeper *keeper, uint64_t tsc) {
	return keeper->base_us + ((tsc - keeper->base_tsc) * keeper->us_per_tsc_q32 >> 32);
}

// Brings keeper->now up to date.
static inline void timekeeper_tick(struct timekeeper *keeper, uint64_t tsc) {
	uint64_t us;

	if (tsc >= keeper->renew_tsc) {
		timekeeper_renew(keeper, tsc);
		return;
	}
	us = timekeeper_us(keeper, tsc);
	if (us > keeper->now.us)
		keeper->now.us = us;
}
