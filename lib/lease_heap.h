// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// When which record runs out: a binary heap by time. It is lazy: a record that is extended keeps
// its old, earlier entry, and whoever finds it on top puts it back with the new time. So a renewal
// costs nothing here.

#pragma once

#include <stdbool.h>
#include <stdint.h>

struct lease_due {
	uint64_t due_ms;
	uint32_t record;
	uint32_t pad;
};

struct lease_heap {
	struct lease_due *due; // [count of records]
	uint32_t *place;       // [count of records]: index in due + 1, 0: not in the heap
	uint32_t count;
};

// The record is to be looked at no later than due_ms. Moves its entry forward, never back.
void lease_heap_set(struct lease_heap *heap, uint32_t record, uint64_t due_ms);

void lease_heap_remove(struct lease_heap *heap, uint32_t record);

// The earliest entry that is due. False if there is none.
bool lease_heap_due(const struct lease_heap *heap, uint64_t now_ms, uint32_t *record);

// Gives the record's entry, which must exist, a later time.
void lease_heap_put_off(struct lease_heap *heap, uint32_t record, uint64_t due_ms);
