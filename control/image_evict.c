// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "image_evict.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arena.h"

#define NS_PER_MS 1000000u
#define FRESH_MS  100u // from its load until whoever waited for it has begun to read

struct image_unit {
	uint64_t used_ms; // when any of its files was used last
	uint32_t extents;
	bool ready;   // holds contents that can be evicted
	bool loading; // is just being loaded, or has just been
	bool pinned;  // transfers read it
	bool leaving; // holds contents that are on their way out
	bool kept;
	bool chosen;
};

void image_evictor_init(struct image_evictor *evictor, const struct image_store *store) {
	*evictor = (struct image_evictor){.unit_count = store->extent_count};
	evictor->units = mem_alloc(evictor->unit_count * sizeof(*evictor->units));
	evictor->order = mem_alloc(evictor->unit_count * sizeof(*evictor->order));
}

void image_evictor_free(struct image_evictor *evictor) {
	free(evictor->units);
	free(evictor->order);
	*evictor = (struct image_evictor){0};
}

// The unit that a slot's contents are part of; NULL: it has none, or they take no room.
static struct image_unit *unit_of(
	struct image_evictor *evictor, const struct image_store *store, uint32_t slot) {
	const struct image_slot *s = &store->slots[slot];
	uint32_t extent;

	if (image_store_state(store, slot) == IMAGE_ABSENT || !s->map_count)
		return NULL;
	extent = atomic_load_explicit(&store->extents[s->map_first], memory_order_relaxed);
	return &evictor->units[extent];
}

// What was loaded just now is as good as used, or it would make room before anybody has asked for
// it.
uint64_t image_evictor_used_ms(
	const struct image_store *store, const struct state_view *state, uint32_t slot) {
	uint64_t loaded = store->slots[slot].loaded_unix_ns / NS_PER_MS, used = 0;

	if (state && slot < state->image_slot_count)
		used = atomic_load_explicit(
			(_Atomic uint64_t *)&state->last_use[slot], memory_order_relaxed);
	return used > loaded ? used : loaded;
}

static uint64_t unix_ms(void) {
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / NS_PER_MS;
}

// Where all else is being read, what was just loaded would go before anybody could begin.
static bool is_fresh(const struct image_store *store, uint32_t slot, uint64_t now_ms) {
	uint64_t loaded = store->slots[slot].loaded_unix_ns / NS_PER_MS;

	return loaded <= now_ms && now_ms - loaded < FRESH_MS;
}

static void note(struct image_unit *unit, const struct image_store *store,
	const struct state_view *state, uint32_t slot, uint64_t now_ms) {
	enum image_state residency = image_store_state(store, slot);
	uint64_t used = image_evictor_used_ms(store, state, slot);

	unit->extents = store->slots[slot].map_count;
	unit->ready |= residency == IMAGE_READY;
	unit->leaving |= residency == IMAGE_EVICTING;
	unit->loading |= residency == IMAGE_LOADING ||
			 (residency == IMAGE_READY && is_fresh(store, slot, now_ms));
	unit->pinned |= state && state_pins(state, slot) > 0;
	unit->kept |= image_store_is_kept(store, slot);
	if (used > unit->used_ms)
		unit->used_ms = used;
}

static int goes_first(const void *a, const void *b, void *units) {
	const struct image_unit *x = &((const struct image_unit *)units)[*(const uint32_t *)a];
	const struct image_unit *y = &((const struct image_unit *)units)[*(const uint32_t *)b];

	if (x->pinned != y->pinned)
		return x->pinned - y->pinned;
	if (x->kept != y->kept)
		return x->kept - y->kept;
	return x->used_ms < y->used_ms ? -1 : x->used_ms > y->used_ms;
}

static void sort(struct image_evictor *evictor) {
	if (evictor->order_count)
		qsort_r(evictor->order, evictor->order_count, sizeof(*evictor->order), goes_first,
			evictor->units);
}

// Where a unit's extents belong; NULL: nothing can be made of them.
static uint64_t *account_of(struct image_survey *survey, const struct image_unit *unit) {
	if (unit->loading || (!unit->ready && !unit->leaving))
		return NULL;
	if (!unit->ready)
		return unit->pinned ? &survey->draining : &survey->coming;
	if (unit->kept)
		return unit->pinned ? NULL : &survey->kept;
	return unit->pinned ? &survey->pinned : &survey->evictable;
}

static void add_up(struct image_evictor *evictor) {
	struct image_survey *survey = &evictor->survey;

	evictor->order_count = 0;
	for (uint32_t i = 0; i < evictor->unit_count; i++) {
		const struct image_unit *unit = &evictor->units[i];
		uint64_t *account = account_of(survey, unit);

		if (unit->kept)
			survey->preloaded += unit->extents;
		if (!account)
			continue;
		*account += unit->extents;
		if (unit->ready)
			evictor->order[evictor->order_count++] = i;
	}
}

const struct image_survey *image_evictor_survey(struct image_evictor *evictor,
	const struct image_store *store, const struct state_view *state) {
	uint64_t now_ms = unix_ms();

	memset(evictor->units, 0, evictor->unit_count * sizeof(*evictor->units));
	for (uint32_t slot = 0; slot < store->used_slots; slot++) {
		struct image_unit *unit = unit_of(evictor, store, slot);

		if (unit)
			note(unit, store, state, slot, now_ms);
	}
	evictor->survey = (struct image_survey){.free = image_alloc_free_extents(store->alloc)};
	add_up(evictor);
	sort(evictor);
	return &evictor->survey;
}

// Chooses units until there is enough. Returns whether it chose any.
static bool choose(struct image_evictor *evictor, uint64_t extents, bool kept, uint64_t drain) {
	uint64_t have = evictor->survey.free + evictor->survey.coming;
	uint64_t draining = evictor->survey.draining;
	bool any = false;

	for (uint32_t i = 0; i < evictor->order_count && have < extents; i++) {
		struct image_unit *unit = &evictor->units[evictor->order[i]];

		if (unit->kept && !kept)
			continue;
		if (unit->pinned && (have + draining >= extents || draining >= drain))
			break;
		unit->chosen = any = true;
		*(unit->pinned ? &draining : &have) += unit->extents;
	}
	return any;
}

void image_evictor_make_room(struct image_evictor *evictor, struct image_store *store,
	const struct state_view *state, uint64_t extents, bool kept, uint64_t drain) {
	if (!choose(evictor, extents, kept, drain))
		return;
	for (uint32_t slot = 0; slot < store->used_slots; slot++) {
		const struct image_unit *unit = unit_of(evictor, store, slot);

		if (!unit || !unit->chosen || image_store_state(store, slot) != IMAGE_READY)
			continue;
		image_store_close_extent(store, slot);
		image_store_evict(store, slot, state);
	}
}
