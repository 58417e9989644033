// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "cli/capture_source.h"

#include <string.h>

void capture_source_init(
	struct capture_source *source, const struct capture_ring *rings, uint32_t workers) {
	memset(source, 0, sizeof(*source));
	source->rings = rings;
	source->workers = workers;
	for (uint32_t i = 0; i < workers; i++)
		source->reader[i] = capture_reader_at_end(&rings[i]);
}

static void look(struct capture_source *source, int64_t settled_ns) {
	for (uint32_t i = 0; i < source->workers; i++)
		if (!source->has_next[i])
			source->has_next[i] = capture_pop(&source->rings[i], settled_ns,
				&source->reader[i], &source->next[i]);
}

bool capture_source_next(
	struct capture_source *source, int64_t settled_ns, struct captured *captured) {
	uint32_t oldest = UINT32_MAX;

	look(source, settled_ns);
	for (uint32_t i = 0; i < source->workers; i++)
		if (source->has_next[i] &&
			(oldest == UINT32_MAX ||
				source->next[i].unix_ns < source->next[oldest].unix_ns))
			oldest = i;
	if (oldest == UINT32_MAX)
		return false;
	source->has_next[oldest] = false;
	*captured = (struct captured){
		.record = &source->next[oldest],
		.worker = oldest,
		.lost = source->reader[oldest].lost - source->told[oldest],
	};
	source->told[oldest] = source->reader[oldest].lost;
	return true;
}

uint64_t capture_source_lost(const struct capture_source *source) {
	uint64_t lost = 0;

	for (uint32_t i = 0; i < source->workers; i++)
		lost += source->reader[i].lost;
	return lost;
}
