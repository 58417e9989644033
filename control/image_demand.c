// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "image_demand.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "wants.h"

void image_demand_init(struct image_demand *demand, uint32_t slot_count) {
	*demand = (struct image_demand){.slot_count = slot_count};
	demand->list = mem_alloc(slot_count * sizeof(*demand->list));
	demand->place = mem_alloc(slot_count * sizeof(*demand->place));
}

void image_demand_free(struct image_demand *demand) {
	free(demand->list);
	free(demand->place);
	*demand = (struct image_demand){0};
}

void image_demand_add(struct image_demand *demand, uint32_t slot, uint64_t generation,
	uint64_t now_ms, bool must) {
	struct image_want *want;

	if (slot >= demand->slot_count)
		return;
	if (!demand->place[slot]) {
		demand->place[slot] = (uint32_t)++demand->count;
		demand->list[demand->count - 1] = (struct image_want){.slot = slot};
	}
	want = &demand->list[demand->place[slot] - 1];
	if (want->generation != generation)
		want->must = false;
	want->generation = generation;
	want->asked_ms = now_ms;
	want->must |= must;
}

void image_demand_drop(struct image_demand *demand, uint32_t slot) {
	size_t i;

	if (slot >= demand->slot_count || !demand->place[slot])
		return;
	i = demand->place[slot] - 1;
	demand->place[slot] = 0;
	demand->count--;
	memmove(&demand->list[i], &demand->list[i + 1],
		(demand->count - i) * sizeof(*demand->list));
	for (; i < demand->count; i++)
		demand->place[demand->list[i].slot]--;
}

static void take_want(struct image_demand *demand, uint64_t want, uint64_t now_ms) {
	if (!(want & WANT_NETASCII))
		image_demand_add(demand, WANT_SLOT(want), WANT_GENERATION(want), now_ms, false);
	else if (demand->netascii && WANT_SLOT(want) < demand->slot_count)
		demand->netascii(demand->context, WANT_SLOT(want), WANT_GENERATION(want));
}

void image_demand_poll(struct image_demand *demand, const struct state_view *state,
	_Atomic uint64_t *tails, uint64_t now_ms) {
	for (uint32_t i = 0; i < state->worker_count; i++) {
		const _Atomic uint64_t *ring = state->wants + (size_t)i * WANT_RING_SIZE;
		uint64_t tail = atomic_load_explicit(&tails[i], memory_order_relaxed), want;
		uint32_t taken = 0;

		// A worker that is gone mad must not keep us here.
		while (taken++ < WANT_RING_SIZE &&
			wants_pop(&state->workers[i], ring, &tail, &want))
			take_want(demand, want, now_ms);
		atomic_store_explicit(&tails[i], tail, memory_order_release);
	}
}

bool image_demand_is_stale(const struct image_want *want, uint64_t now_ms) {
	return !want->must && now_ms - want->asked_ms >= IMAGE_DEMAND_MS;
}
