// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// clock_gettime costs no system call where the vDSO serves it, but it does on some virtual
// machines: once a millisecond is cheap on all.

#include "timekeeper.h"

#include <time.h>

static int64_t us_of(const struct timespec *time) {
	return (int64_t)time->tv_sec * 1000000 + time->tv_nsec / 1000;
}

int64_t timekeeper_unix_less_us(void) {
	struct timespec boot, real;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	clock_gettime(CLOCK_REALTIME, &real);
	return us_of(&real) - us_of(&boot);
}

// The coarse clock is behind by up to a tick of the kernel's: only a clock that was set leads by
// more.
#define SET_US 20000

static void follow_wall_clock(struct timekeeper *keeper, int64_t coarse_less_us) {
	int64_t change = coarse_less_us - keeper->now.unix_less_us;

	if (change > SET_US || change < -SET_US)
		keeper->now.unix_less_us = timekeeper_unix_less_us();
}

void timekeeper_renew(struct timekeeper *keeper, uint64_t tsc) {
	struct timespec boot, real;
	uint64_t us;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	clock_gettime(CLOCK_REALTIME_COARSE, &real);
	us = (uint64_t)us_of(&boot);
	keeper->base_us = us;
	keeper->base_tsc = tsc;
	keeper->renew_tsc = tsc + keeper->ms_tsc;
	if (us > keeper->now.us)
		keeper->now.us = us;
	keeper->now.unix_s = real.tv_sec;
	follow_wall_clock(keeper, us_of(&real) - (int64_t)us);
}

void timekeeper_init(struct timekeeper *keeper) {
	uint64_t hz = rte_get_tsc_hz();

	*keeper = (struct timekeeper){
		.us_per_tsc_q32 = (uint64_t)(((unsigned __int128)1000000 << 32) / hz),
		.ms_tsc = hz / 1000,
	};
	timekeeper_renew(keeper, rte_rdtsc());
}
