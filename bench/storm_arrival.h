// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// When machines are powered on: all at once, at a rate, or at one that rises or falls. Pure.

#pragma once

#include <stdint.h>

struct storm_arrival {
	double from;      // machines per second, 0: all at once
	double to;        // reached after ramp_us, kept from then on
	uint64_t ramp_us; // 0: the rate is from
};

// How many of total are on after elapsed_us. The first is on at 0.
uint64_t storm_arrival_due(
	const struct storm_arrival *arrival, uint64_t elapsed_us, uint64_t total);

// "FROM:TO:SECONDS", rates of 0 or more that are not both 0. 0 or -EINVAL.
int storm_arrival_parse(const char *text, struct storm_arrival *arrival);
