// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "image_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "hash.h"
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
	bool claimed;        // assigned, or found by image_store_find
	bool retired;        // free when its contents are gone
	bool kept;
};

struct image_mark {
	uint64_t path_hash;
	uint32_t slot;
};

#define GRACE_LOOPS 2u

static uint64_t word_of(const struct image_store *store, uint32_t slot) {
	return atomic_load_explicit(&store->slots[slot].word, memory_order_relaxed);
}

enum image_state image_store_state(const struct image_store *store, uint32_t slot) {
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

static int by_path_hash(const void *a, const void *b) {
	const struct image_mark *x = a, *y = b;

	return x->path_hash < y->path_hash ? -1 : x->path_hash > y->path_hash;
}

static void mark_slots(struct image_store *store) {
	store->marks = mem_alloc(store->used_slots * sizeof(*store->marks));
	for (uint32_t i = 0; i < store->used_slots; i++)
		if (store->slots[i].path_hash)
			store->marks[store->mark_count++] =
				(struct image_mark){store->slots[i].path_hash, i};
	if (store->mark_count)
		qsort(store->marks, store->mark_count, sizeof(*store->marks), by_path_hash);
}

// Takes the places of what the former process had loaded. What it was still loading is not whole.
static void adopt_slots(struct image_store *store) {
	for (uint32_t i = 0; i < store->slot_count; i++) {
		struct image_place place = place_of(&store->slots[i]);
		enum image_state state = image_store_state(store, i);

		if (state == IMAGE_ABSENT && !store->slots[i].path_hash)
			continue;
		store->used_slots = i + 1;
		if (state == IMAGE_ABSENT)
			continue;
		if (state == IMAGE_LOADING ||
			image_alloc_claim(store->alloc, store->slots[i].size, &place) < 0)
			set_state(store, i, IMAGE_ABSENT);
		else if (state == IMAGE_EVICTING)
			note_evicting(store, i);
	}
	mark_slots(store);
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
	free(store->marks);
	image_alloc_free(store->alloc);
	if (store->map.base)
		shm_unmap(&store->map);
	*store = (struct image_store){0};
}

void image_store_beat(struct image_store *store, uint64_t boottime_ns) {
	atomic_store_explicit(
		&store->region->header.heartbeat_ns, boottime_ns, memory_order_release);
}

static bool is_free(const struct image_store *store, uint32_t slot) {
	return !store->slots[slot].path_hash && image_store_state(store, slot) == IMAGE_ABSENT;
}

static int64_t find_free(struct image_store *store) {
	for (uint32_t n = 0; n < store->slot_count; n++) {
		uint32_t slot = (store->next_slot + n) % store->slot_count;

		if (!is_free(store, slot))
			continue;
		store->next_slot = slot + 1;
		if (store->used_slots < slot + 1)
			store->used_slots = slot + 1;
		return slot;
	}
	return -ENOSPC;
}

void image_store_link(struct image_store *store, uint32_t slot, uint64_t link) {
	atomic_store_explicit(&store->slots[slot].netascii, link, memory_order_release);
}

static void identify(struct image_slot *slot, const struct image_identity *identity) {
	slot->size = identity->size;
	slot->path_hash = identity->path_hash;
	slot->inode = identity->inode;
	slot->mtime_ns = identity->mtime_ns;
}

int64_t image_store_assign(struct image_store *store, const struct image_identity *identity) {
	int64_t number = find_free(store);
	struct image_slot *slot;

	if (number < 0)
		return number;
	slot = &store->slots[number];
	atomic_store_explicit(&slot->word,
		IMAGE_WORD(image_store_generation(store, (uint32_t)number) + 1, IMAGE_ABSENT),
		memory_order_release);
	slot->map_first = slot->map_count = slot->first_offset = 0;
	slot->loaded_unix_ns = 0;
	memset(slot->sha256, 0, sizeof(slot->sha256));
	image_store_link(store, (uint32_t)number, IMAGE_LINK_NONE);
	identify(slot, identity);
	store->books[number].claimed = true;
	return number;
}

bool image_store_is_of(
	const struct image_store *store, uint32_t slot, const struct image_identity *identity) {
	const struct image_slot *s = &store->slots[slot];

	return s->path_hash == identity->path_hash && s->inode == identity->inode &&
	       s->mtime_ns == identity->mtime_ns && s->size == identity->size;
}

bool image_store_rename(
	struct image_store *store, uint32_t slot, const struct image_identity *identity) {
	if (image_store_state(store, slot) != IMAGE_ABSENT || store->slots[slot].loaded_unix_ns)
		return false;
	identify(&store->slots[slot], identity);
	image_store_link(store, slot, IMAGE_LINK_NONE);
	return true;
}

int image_store_reserve(struct image_store *store, uint32_t number) {
	struct image_slot *slot = &store->slots[number];
	struct image_place place;
	int rc;

	if (image_store_state(store, number) != IMAGE_ABSENT)
		return -EBUSY;
	rc = image_alloc_take(store->alloc, slot->size, &place);
	if (rc < 0)
		return rc;
	set_state(store, number, IMAGE_LOADING);
	slot->map_first = place.map_first;
	slot->map_count = place.map_count;
	slot->first_offset = place.first_offset;
	return 0;
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

// Another slot for what is in this one, LOADING as well.
static int64_t move(struct image_store *store, uint32_t from) {
	struct image_slot *slot = &store->slots[from];
	struct image_identity identity = {slot->path_hash, slot->inode, slot->mtime_ns, slot->size};
	int64_t to = image_store_assign(store, &identity);

	if (to < 0)
		return to;
	set_state(store, from, IMAGE_ABSENT);
	set_state(store, (uint32_t)to, IMAGE_LOADING);
	store->slots[to].map_first = slot->map_first;
	store->slots[to].map_count = slot->map_count;
	store->slots[to].first_offset = slot->first_offset;
	return to;
}

int64_t image_store_commit(
	struct image_store *store, uint32_t slot, const uint8_t sha256[32], uint64_t unix_ns) {
	int64_t to = slot;

	if (store->slots[slot].loaded_unix_ns && memcmp(store->slots[slot].sha256, sha256, 32) != 0)
		to = move(store, slot);
	if (to < 0) {
		image_store_abort(store, slot);
		return to;
	}
	memcpy(store->slots[to].sha256, sha256, 32);
	store->slots[to].loaded_unix_ns = unix_ns;
	set_state(store, (uint32_t)to, IMAGE_READY);
	return to;
}

static void give_room(struct image_store *store, uint32_t slot) {
	struct image_place place = place_of(&store->slots[slot]);

	image_alloc_give(store->alloc, store->slots[slot].size, &place);
	set_state(store, slot, IMAGE_ABSENT);
	free(store->books[slot].grace);
	store->books[slot].grace = NULL;
}

static void free_slot(struct image_store *store, uint32_t slot) {
	store->slots[slot].path_hash = 0;
	store->books[slot] = (struct image_book){0};
}

void image_store_abort(struct image_store *store, uint32_t slot) {
	give_room(store, slot);
}

void image_store_evict(struct image_store *store, uint32_t slot, const struct state_view *state) {
	set_state(store, slot, IMAGE_EVICTING);
	// The workers' positions must be read after the word is stored.
	atomic_thread_fence(memory_order_seq_cst);
	note_evicting(store, slot);
	start_grace(store, slot, state);
}

void image_store_close_extent(struct image_store *store, uint32_t slot) {
	struct image_place place = place_of(&store->slots[slot]);

	image_alloc_close(store->alloc, store->slots[slot].size, &place);
}

void image_store_retire(struct image_store *store, uint32_t slot, const struct state_view *state) {
	store->books[slot].retired = true;
	if (image_store_state(store, slot) == IMAGE_READY)
		image_store_evict(store, slot, state);
	if (image_store_state(store, slot) == IMAGE_ABSENT)
		free_slot(store, slot);
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
		give_room(store, i);
		if (store->books[i].retired)
			free_slot(store, i);
		store->evicting--;
		freed++;
	}
	return freed;
}

// The first of the marks with this hash; mark_count: there is none.
static uint32_t first_mark(const struct image_store *store, uint64_t path_hash) {
	uint32_t low = 0, high = store->mark_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (store->marks[middle].path_hash < path_hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int64_t image_store_find(const struct image_store *store, const struct image_identity *identity) {
	for (uint32_t i = first_mark(store, identity->path_hash); i < store->mark_count; i++) {
		uint32_t slot = store->marks[i].slot;

		if (store->marks[i].path_hash != identity->path_hash)
			break;
		if (store->books[slot].claimed || !image_store_is_of(store, slot, identity))
			continue;
		store->books[slot].claimed = true;
		return slot;
	}
	return -ENOENT;
}

bool image_store_is_unclaimed(const struct image_store *store, uint32_t slot) {
	return store->slots[slot].path_hash && !store->books[slot].claimed;
}

struct image_identity image_store_variant_of(const struct image_identity *identity) {
	struct image_identity variant = *identity;

	// The size is the variant's own, so that of the version goes into the hash.
	variant.path_hash = hash_mix(hash_mix(identity->path_hash + 1) + identity->size);
	variant.path_hash += !variant.path_hash;
	return variant;
}

bool image_store_is_variant(const struct image_store *store, uint32_t slot, uint32_t variant) {
	const struct image_slot *of = &store->slots[slot], *it = &store->slots[variant];
	struct image_identity expected = image_store_variant_of(
		&(struct image_identity){of->path_hash, of->inode, of->mtime_ns, of->size});

	expected.size = it->size;
	return image_store_is_of(store, variant, &expected);
}

int64_t image_store_find_variant(struct image_store *store, uint32_t slot) {
	uint64_t link = atomic_load_explicit(&store->slots[slot].netascii, memory_order_relaxed);
	uint32_t variant = IMAGE_LINK_SLOT(link);

	if (link == IMAGE_LINK_REFUSED)
		return -ENOENT;
	if (link == IMAGE_LINK_NONE || variant >= store->used_slots ||
		store->books[variant].claimed ||
		image_store_generation(store, variant) != IMAGE_LINK_GENERATION(link) ||
		!image_store_is_variant(store, slot, variant)) {
		image_store_link(store, slot, IMAGE_LINK_NONE);
		return -ENOENT;
	}
	store->books[variant].claimed = true;
	return variant;
}

void image_store_keep(struct image_store *store, uint32_t slot, bool keep) {
	store->books[slot].kept = keep;
}

bool image_store_is_kept(const struct image_store *store, uint32_t slot) {
	return store->books[slot].kept;
}

uint64_t image_store_generation(const struct image_store *store, uint32_t slot) {
	return IMAGE_WORD_GENERATION(word_of(store, slot));
}

uint64_t image_store_free_bytes(const struct image_store *store) {
	return (uint64_t)image_alloc_free_extents(store->alloc) * IMAGE_EXTENT_BYTES;
}
