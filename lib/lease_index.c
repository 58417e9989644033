// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "lease_index.h"

#include <string.h>

uint32_t lease_index_slots(uint32_t count) {
	uint32_t slots = 16;

	while (slots < 2u * count)
		slots *= 2;
	return slots;
}

void lease_index_init(struct lease_index *index, struct lease_slot *slots, uint32_t slot_count) {
	memset(slots, 0, slot_count * sizeof(*slots));
	index->slot = slots;
	index->mask = slot_count - 1;
}

static void put(struct lease_index *index, uint32_t at, struct lease_slot slot) {
	__atomic_store(&index->slot[at], &slot, __ATOMIC_RELAXED);
}

void lease_index_add(struct lease_index *index, uint32_t hash, uint32_t record) {
	uint32_t at = hash & index->mask;

	while (index->slot[at].record)
		at = (at + 1) & index->mask;
	put(index, at, (struct lease_slot){.hash = hash, .record = record + 1});
}

// Closes the hole: an entry behind it moves up when the hole lies between its home and its place.
static void close_hole(struct lease_index *index, uint32_t hole) {
	uint32_t at = hole;

	for (;;) {
		uint32_t home;

		at = (at + 1) & index->mask;
		if (!index->slot[at].record)
			break;
		home = index->slot[at].hash & index->mask;
		if (((at - home) & index->mask) < ((at - hole) & index->mask))
			continue;
		put(index, hole, index->slot[at]);
		hole = at;
	}
	put(index, hole, (struct lease_slot){0});
}

void lease_index_remove(struct lease_index *index, uint32_t hash, uint32_t record) {
	uint32_t at = hash & index->mask;

	while (index->slot[at].record) {
		if (index->slot[at].record == record + 1) {
			close_hole(index, at);
			return;
		}
		at = (at + 1) & index->mask;
	}
}

uint32_t lease_index_next(const struct lease_index *index, uint32_t hash, uint32_t *at) {
	for (;;) {
		const struct lease_slot *slot = &index->slot[(hash + *at) & index->mask];

		if (!slot->record)
			return LEASE_NO_RECORD;
		(*at)++;
		if (slot->hash == hash)
			return slot->record - 1;
	}
}
