// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A list that doubles.

#include "storm_timeline.h"

#include <stdlib.h>

static int grow(struct storm_timeline *line) {
	uint32_t size = line->size ? 2 * line->size : 1024;
	void *more = size > STORM_TIMELINE_MAX
			     ? NULL
			     : realloc(line->moments, size * sizeof(*line->moments));

	if (!more)
		return -1;
	line->moments = more;
	line->size = size;
	return 0;
}

void storm_timeline_add(struct storm_timeline *line, uint64_t since_us, uint8_t model, int booted) {
	if (line->count == line->size && grow(line) < 0) {
		line->left_out++;
		return;
	}
	line->moments[line->count++] =
		(struct storm_moment){(uint32_t)(since_us / 1000), model, booted != 0};
}

void storm_timeline_free(struct storm_timeline *line) {
	free(line->moments);
	*line = (struct storm_timeline){0};
}
