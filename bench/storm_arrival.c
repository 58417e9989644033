// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The number of machines is the integral of the rate.

#include "storm_arrival.h"

#include <errno.h>
#include <stdio.h>

uint64_t storm_arrival_due(
	const struct storm_arrival *arrival, uint64_t elapsed_us, uint64_t total) {
	uint64_t rising_us = elapsed_us < arrival->ramp_us ? elapsed_us : arrival->ramp_us;
	double rising = (double)rising_us / 1e6, steady = (double)(elapsed_us - rising_us) / 1e6;
	double end = arrival->from;
	double due;

	if (arrival->from <= 0 && arrival->to <= 0)
		return total;
	if (arrival->ramp_us)
		end += (arrival->to - arrival->from) * (double)rising_us / (double)arrival->ramp_us;
	due = 1 + rising * (arrival->from + end) / 2 + steady * end;
	return due >= (double)total ? total : (uint64_t)due;
}

int storm_arrival_parse(const char *text, struct storm_arrival *arrival) {
	double seconds;
	int end = -1;

	if (sscanf(text, "%lf:%lf:%lf%n", &arrival->from, &arrival->to, &seconds, &end) != 3 ||
		end < 0 || text[end])
		return -EINVAL;
	// Written so that what is no number is refused too.
	if (!(arrival->from >= 0 && arrival->to >= 0 && arrival->from + arrival->to > 0 &&
		    arrival->from + arrival->to < 1e9 && seconds >= 0.001 && seconds < 1e6))
		return -EINVAL;
	arrival->ramp_us = (uint64_t)(seconds * 1e6);
	return 0;
}
