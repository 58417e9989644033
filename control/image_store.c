// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "image_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "image_region.h"

static_assert(IMAGE_STORE_WHY >= IMAGE_REGION_WHY, "room for the region's sentence");

// How far each worker was when a slot was retired. A worker that has begun two passes of its loop
// since has seen EVICTING, and whatever it pinned before is counted.
struct grace {
	uint8_t boot_id[16];
	uint64_t loops[ROUSE_MAX_WORKERS];
};

struct image_book {
	struct grace *grace; // of a slot in state EVICTING
	bool claimed;        // found by image_store_find
};

#define GRACE_LOOPS 2u

static uint64_t word_of(const struct image_store *store, uint32_t slot) {
	return atomic_load_explicit(&store->slots[slot].word, memory_order_relaxed);
}

static enum image_state state_of(const struct image_store *store, uint32_t slot) {
	return IMAGE_WORD_STATE(word_of(store, slot));
}

static void set_state(struct image_store *store, uint32_t slot, enum image_state state) {
	uint64_t generation = IMAGE_WORD_GENERATION(word_of(store, slot));

	atomic_store_explicit(
		&store->slots[slot].word, IMAGE_WORD(generation, state), memory_order_release);
}

static struct image_place place_of(const struct image_slot *slot) {
	return (struct image_place){slot->map_first, slot->map_count, slot->first_offset};
}

// A new region's generations begin where no former region's were, so that a snapshot that speaks of
// that one cannot be taken to speak of this.
static void number_slots(struct image_store *store) {
	struct timespec now;
	uint64_t generation;

	clock_gettime(CLOCK_REALTIME, &now);
	generation = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	for (uint32_t i = 0; i < store->slot_count; i++)
		atomic_store_explicit(&store->slots[i].word, IMAGE_WORD(generation, IMAGE_ABSENT),
			memory_order_relaxed);
}

static void start_grace(struct image_store *store, uint32_t slot, const struct state_view *state) {
	struct grace *grace = store->books[slot].grace;

	if (!state || !state_view_boot_id(state, grace->boot_id))
		return;
	for (uint32_t i = 0; i < state->worker_count; i++)
		grace->loops[i] = atomic_load_explicit(
			(_Atomic uint64_t *)&state->workers[i].loops, memory_order_acquire);
}

// A slot that a former process was evicting, or whose place makes no sense: its grace begins anew.
static void note_evicting(struct image_store *store, uint32_t slot) {
	store->books[slot].grace = mem_alloc(sizeof(struct grace));
	store->evicting++;
}

// Takes the places of what the former process had loaded. A slot that it was still loading was
// never published.
static void adopt_slots(struct image_store *store) {
	for (uint32_t i = 0; i < store->slot_count; i++) {
		struct image_place place = place_of(&store->slots[i]);
		enum image_state state = state_of(store, i);

		if (state == IMAGE_ABSENT)
			continue;
		store->used_slots = i + 1;
		if (state == IMAGE_LOADING ||
			image_alloc_claim(store->alloc, store->slots[i].size, &place) < 0)
			set_state(store, i, IMAGE_ABSENT);
		else if (state == IMAGE_EVICTING)
			note_evicting(store, i);
	}
}

int image_store_open(struct image_store *store, const char *runtime_dir, uint64_t memory_bytes,
	char why[IMAGE_STORE_WHY]) {
	struct image_region_plan plan;
	char *base;
	int rc;

	*store = (struct image_store){0};
	image_region_plan(memory_bytes, &plan);
	rc = image_region_open(runtime_dir, &plan, &store->map, store->path, &store->adopted, why);
	if (rc < 0)
		return rc;
	base = store->map.base;
	store->region = store->map.base;
	store->slot_count = plan.slot_count;
	store->extent_count = plan.extent_count;
	store->slots = (struct image_slot *)(base + plan.slots_offset);
	store->extents = (_Atomic uint32_t *)(base + plan.map_offset);
	store->data = (uint8_t *)base + plan.data_offset;
	store->huge = strncmp(store->path, "/dev/shm/", 9) != 0;
	store->books = mem_alloc(store->slot_count * sizeof(*store->books));
	store->alloc = image_alloc_new(plan.extent_count, store->extents, plan.map_count);
	if (store->adopted)
		adopt_slots(store);
	else
		number_slots(store);
	image_store_beat(store, state_boottime_ns());
	return 0;
}

void image_store_close(struct image_store *store) {
	for (uint32_t i = 0; i < store->slot_count; i++)
		free(store->books[i].grace);
	free(store->books);
	image_alloc_free(store->alloc);
	if (store->map.base)
		shm_unmap(&store->map);
	*store = (struct image_store){0};
}

void image_store_beat(struct image_store *store, uint64_t boottime_ns) {
	atomic_store_explicit(
		&store->region->header.heartbeat_ns, boottime_ns, memory_order_release);
}

static int64_t find_absent(struct image_store *store) {
	for (uint32_t n = 0; n < store->slot_count; n++) {
		uint32_t slot = (store->next_slot + n) % store->slot_count;

		if (state_of(store, slot) != IMAGE_ABSENT)
			continue;
		store->next_slot = slot + 1;
		if (store->used_slots < slot + 1)
			store->used_slots = slot + 1;
		return slot;
	}
	return -ENOSPC;
}

int64_t image_store_reserve(struct image_store *store, const struct image_identity *identity) {
	int64_t number = find_absent(store);
	struct image_place place;
	struct image_slot *slot;
	int rc;

	if (number < 0)
		return number;
	rc = image_alloc_take(store->alloc, identity->size, &place);
	if (rc < 0)
		return rc;
	slot = &store->slots[number];
	atomic_store_explicit(&slot->word,
		IMAGE_WORD(
			IMAGE_WORD_GENERATION(word_of(store, (uint32_t)number)) + 1, IMAGE_LOADING),
		memory_order_release);
	slot->size = identity->size;
	slot->map_first = place.map_first;
	slot->map_count = place.map_count;
	slot->first_offset = place.first_offset;
	slot->path_hash = identity->path_hash;
	slot->inode = identity->inode;
	slot->mtime_ns = identity->mtime_ns;
	store->books[number].claimed = true;
	return number;
}

uint8_t *image_store_room(struct image_store *store, uint32_t slot, uint64_t offset, size_t *len) {
	const struct image_slot *record = &store->slots[slot];
	uint64_t at = record->first_offset + offset;
	uint32_t extent = atomic_load_explicit(
		&store->extents[record->map_first + (at >> IMAGE_EXTENT_SHIFT)],
		memory_order_relaxed);
	uint64_t in_extent = at & (IMAGE_EXTENT_BYTES - 1);
	uint64_t left = record->size - offset;

	*len = left < IMAGE_EXTENT_BYTES - in_extent ? left : IMAGE_EXTENT_BYTES - in_extent;
	return store->data + (uint64_t)extent * IMAGE_EXTENT_BYTES + in_extent;
}

uint64_t image_store_commit(
	struct image_store *store, uint32_t slot, const uint8_t sha256[32], uint64_t unix_ns) {
	memcpy(store->slots[slot].sha256, sha256, 32);
	store->slots[slot].loaded_unix_ns = unix_ns;
	set_state(store, slot, IMAGE_READY);
	return image_store_generation(store, slot);
}

static void free_slot(struct image_store *store, uint32_t slot) {
	struct image_place place = place_of(&store->slots[slot]);

	image_alloc_give(store->alloc, store->slots[slot].size, &place);
	set_state(store, slot, IMAGE_ABSENT);
	free(store->books[slot].grace);
	store->books[slot] = (struct image_book){0};
}

void image_store_abort(struct image_store *store, uint32_t slot) {
	free_slot(store, slot);
}

void image_store_retire(struct image_store *store, uint32_t slot, const struct state_view *state) {
	set_state(store, slot, IMAGE_EVICTING);
	// The workers' positions must be read after the word is stored.
	atomic_thread_fence(memory_order_seq_cst);
	note_evicting(store, slot);
	start_grace(store, slot, state);
}

static bool grace_is_over(
	struct image_store *store, uint32_t slot, const struct state_view *state) {
	struct grace *grace = store->books[slot].grace;
	uint8_t boot_id[16];

	if (!state_view_boot_id(state, boot_id))
		return false;
	if (memcmp(boot_id, grace->boot_id, sizeof(boot_id)) != 0) {
		start_grace(store, slot, state);
		return false;
	}
	for (uint32_t i = 0; i < state->worker_count; i++)
		if (atomic_load_explicit(
			    (_Atomic uint64_t *)&state->workers[i].loops, memory_order_acquire) -
				grace->loops[i] <
			GRACE_LOOPS)
			return false;
	return state_pins(state, slot) == 0;
}

uint32_t image_store_reap(struct image_store *store, const struct state_view *state) {
	uint32_t freed = 0;

	for (uint32_t i = 0; i < store->used_slots && store->evicting; i++) {
		if (!store->books[i].grace || (state && !grace_is_over(store, i, state)))
			continue;
		free_slot(store, i);
		store->evicting--;
		freed++;
	}
	return freed;
}

int64_t image_store_find(const struct image_store *store, const struct image_identity *identity) {
	for (uint32_t i = 0; i < store->used_slots; i++) {
		const struct image_slot *slot = &store->slots[i];

		if (slot->path_hash != identity->path_hash || slot->inode != identity->inode ||
			slot->mtime_ns != identity->mtime_ns || slot->size != identity->size ||
			state_of(store, i) != IMAGE_READY)
			continue;
		store->books[i].claimed = true;
		return i;
	}
	return -ENOENT;
}

bool image_store_is_unclaimed(const struct image_store *store, uint32_t slot) {
	return state_of(store, slot) == IMAGE_READY && !store->books[slot].claimed;
}

uint64_t image_store_generation(const struct image_store *store, uint32_t slot) {
	return IMAGE_WORD_GENERATION(word_of(store, slot));
}

uint64_t image_store_free_bytes(const struct image_store *store) {
	return (uint64_t)image_alloc_free_extents(store->alloc) * IMAGE_EXTENT_BYTES;
}
