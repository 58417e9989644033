// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Machines that have booted over time, as a picture: one line for all, one for each model, and a
// dashed one for those that were powered on.

#pragma once

#include <stdio.h>

#include "storm_mix.h"
#include "storm_timeline.h"

struct storm_svg {
	const struct storm_timeline *line;
	const struct storm_mix *mix;
	uint64_t total; // machines of the run
	uint64_t failed;
	uint32_t end_ms; // of the run
};

void storm_svg_write(FILE *out, const struct storm_svg *svg);
