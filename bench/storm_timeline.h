// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// When machines were powered on and when they had booted, for a plot.

#pragma once

#include <stdint.h>

#define STORM_TIMELINE_MAX (1u << 22) // events; later ones are left out

struct storm_moment {
	uint32_t ms; // since the run began
	uint8_t model;
	uint8_t booted; // else powered on
};

// In the order of time.
struct storm_timeline {
	uint32_t count;
	uint32_t size;
	struct storm_moment *moments; // grown
	uint64_t left_out;
};

void storm_timeline_add(struct storm_timeline *line, uint64_t since_us, uint8_t model, int booted);
void storm_timeline_free(struct storm_timeline *line);
