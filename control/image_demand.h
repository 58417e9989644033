// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The files that somebody waits for, first come first: clients, through the dataplane's rings, and
// the image thread itself, for what has to be in memory. Each slot stands in the list once. No I/O.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "state_view.h"

// The dataplane asks again each second while a client waits.
#define IMAGE_DEMAND_MS 5000u

struct image_want {
	uint64_t generation;
	uint64_t asked_ms; // last
	uint32_t slot;
	bool must;    // nobody need ask again
	bool starved; // there is no room for it at the moment
};

struct image_demand {
	struct image_want *list;
	size_t count;
	uint32_t *place; // of a slot in the list, + 1; 0: it is not there
	uint32_t slot_count;
	// Called for each want of a version in netascii; slot is below slot_count.
	void (*netascii)(void *context, uint32_t slot, uint64_t generation);
	void *context;
};

void image_demand_init(struct image_demand *demand, uint32_t slot_count);
void image_demand_free(struct image_demand *demand);

void image_demand_add(struct image_demand *demand, uint32_t slot, uint64_t generation,
	uint64_t now_ms, bool must);
void image_demand_drop(struct image_demand *demand, uint32_t slot);

// Takes what is in the rings. tails: the control region's, one per worker.
void image_demand_poll(struct image_demand *demand, const struct state_view *state,
	_Atomic uint64_t *tails, uint64_t now_ms);

// Whether whoever asked has not asked again for so long that he has given up.
bool image_demand_is_stale(const struct image_want *want, uint64_t now_ms);
