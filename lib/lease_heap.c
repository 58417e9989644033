// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "lease_heap.h"

static void put(struct lease_heap *heap, uint32_t at, struct lease_due due) {
	heap->due[at] = due;
	heap->place[due.record] = at + 1;
}

static void sift_up(struct lease_heap *heap, uint32_t at, struct lease_due due) {
	while (at) {
		uint32_t parent = (at - 1) / 2;

		if (heap->due[parent].due_ms <= due.due_ms)
			break;
		put(heap, at, heap->due[parent]);
		at = parent;
	}
	put(heap, at, due);
}

static void sift_down(struct lease_heap *heap, uint32_t at, struct lease_due due) {
	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= heap->count)
			break;
		if (child + 1 < heap->count &&
			heap->due[child + 1].due_ms < heap->due[child].due_ms)
			child++;
		if (due.due_ms <= heap->due[child].due_ms)
			break;
		put(heap, at, heap->due[child]);
		at = child;
	}
	put(heap, at, due);
}

void lease_heap_set(struct lease_heap *heap, uint32_t record, uint64_t due_ms) {
	struct lease_due due = {.due_ms = due_ms, .record = record};
	uint32_t place = heap->place[record];

	if (!place)
		sift_up(heap, heap->count++, due);
	else if (due_ms < heap->due[place - 1].due_ms)
		sift_up(heap, place - 1, due);
}

void lease_heap_remove(struct lease_heap *heap, uint32_t record) {
	uint32_t place = heap->place[record];
	struct lease_due last;

	if (!place)
		return;
	heap->place[record] = 0;
	last = heap->due[--heap->count];
	if (last.record == record)
		return;
	if (place > 1 && last.due_ms < heap->due[(place - 2) / 2].due_ms)
		sift_up(heap, place - 1, last);
	else
		sift_down(heap, place - 1, last);
}

bool lease_heap_due(const struct lease_heap *heap, uint64_t now_ms, uint32_t *record) {
	if (!heap->count || heap->due[0].due_ms > now_ms)
		return false;
	*record = heap->due[0].record;
	return true;
}

void lease_heap_put_off(struct lease_heap *heap, uint32_t record, uint64_t due_ms) {
	sift_down(heap, heap->place[record] - 1,
		(struct lease_due){.due_ms = due_ms, .record = record});
}
