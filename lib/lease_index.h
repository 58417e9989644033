// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A hash table from a hash to record numbers: open addressing, linear probing, deletion without
// tombstones. Several records may have the same hash; the caller compares keys. Never more than
// half full, as it has two slots for each record.

#pragma once

#include <stddef.h>
#include <stdint.h>

#define LEASE_NO_RECORD UINT32_MAX

// Stored whole, so that other threads may peek.
struct lease_slot {
	_Alignas(8) uint32_t hash;
	uint32_t record; // number + 1, 0: empty
};

struct lease_index {
	struct lease_slot *slot;
	uint32_t mask;
};

// Slots for a table of count records, a power of two.
uint32_t lease_index_slots(uint32_t count);

void lease_index_init(struct lease_index *index, struct lease_slot *slots, uint32_t slot_count);

void lease_index_add(struct lease_index *index, uint32_t hash, uint32_t record);

// The pair must be there.
void lease_index_remove(struct lease_index *index, uint32_t hash, uint32_t record);

// One entry, for a thread beside the one that changes the index: entries move meanwhile. at may be
// any number.
static inline struct lease_slot lease_index_peek(const struct lease_index *index, uint32_t at) {
	struct lease_slot slot;

	__atomic_load(&index->slot[at & index->mask], &slot, __ATOMIC_RELAXED);
	return slot;
}

// Walks the records with this hash: *at is 0 for the first call. LEASE_NO_RECORD ends the walk.
uint32_t lease_index_next(const struct lease_index *index, uint32_t hash, uint32_t *at);
