// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Which contents leave the memory when others are wanted. What is evicted is a unit that gives
// whole extents back: a large file, or all small files that share an extent. The unit that was used
// longest ago goes first; preloaded files go last; what a transfer reads stays until it has ended,
// and what is just being loaded stays.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "image_store.h"

// Extents, by what can be made of them.
struct image_survey {
	uint64_t free;
	uint64_t coming;    // free when the grace period of what was evicted is over
	uint64_t draining;  // the same, when the transfers that read it have ended, too
	uint64_t evictable; // without preloaded files
	uint64_t pinned;    // evictable when transfers have ended, without preloaded files
	uint64_t kept;      // evictable, of preloaded files alone
	uint64_t preloaded; // all of preloaded files
};

struct image_unit;

struct image_evictor {
	struct image_unit *units; // by first extent
	uint32_t unit_count;
	uint32_t *order; // units that can be evicted, first the one that goes first
	uint32_t order_count;
	struct image_survey survey;
};

void image_evictor_init(struct image_evictor *evictor, const struct image_store *store);
void image_evictor_free(struct image_evictor *evictor);

// Looks at everything; good until the store changes. state: the dataplane's, NULL: none.
const struct image_survey *image_evictor_survey(struct image_evictor *evictor,
	const struct image_store *store, const struct state_view *state);

// When contents were used last, in unix ms: read by a transfer, or loaded.
uint64_t image_evictor_used_ms(
	const struct image_store *store, const struct state_view *state, uint32_t slot);

// Begins to evict, after a survey, until so many extents are free or coming, preloaded files
// included if kept. Evicts whole units, and nothing when that is enough already. What falls short
// then is made up with what transfers read, while less than drain extents are draining: no new
// transfers of it begin, so that files which somebody reads at any moment do not keep others out.
void image_evictor_make_room(struct image_evictor *evictor, struct image_store *store,
	const struct state_view *state, uint64_t extents, bool kept, uint64_t drain);
