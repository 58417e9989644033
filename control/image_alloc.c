// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "image_alloc.h"

#include <errno.h>
#include <stdlib.h>

#include "arena.h"

#define NONE        UINT32_MAX
#define CLASS_COUNT 13u // 256 B to 1 MiB

enum extent_use {
	EXTENT_FREE,
	EXTENT_OWNED,  // by one large file
	EXTENT_SHARED, // by small files of one class
};

struct extent {
	uint8_t use;
	uint8_t class;
	uint16_t used;  // slots in use, of a shared one
	bool closed;    // gives no more of them until all have been given back
	uint32_t entry; // the map entry that names it, of a shared one
	uint32_t next;  // in the list of shared extents of its class with a free slot
	uint32_t prev;
	uint64_t *bits; // one per slot in use
};

struct image_alloc {
	uint32_t extent_count;
	uint32_t map_count;
	uint32_t free_extents;
	_Atomic uint32_t *map;
	uint64_t *map_bits; // one per entry in use
	struct extent *extents;
	uint32_t partial[CLASS_COUNT]; // first of each class's list
};

static bool test_bit(const uint64_t *bits, uint32_t i) {
	return bits[i / 64] >> (i % 64) & 1;
}

static void set_bit(uint64_t *bits, uint32_t i) {
	bits[i / 64] |= 1ULL << (i % 64);
}

static void clear_bit(uint64_t *bits, uint32_t i) {
	bits[i / 64] &= ~(1ULL << (i % 64));
}

static uint32_t class_of(uint64_t size) {
	uint32_t class = 0;

	while ((uint64_t)IMAGE_SMALL_MIN << class < size)
		class ++;
	return class;
}

static uint32_t class_bytes(uint32_t class) {
	return IMAGE_SMALL_MIN << class;
}

static uint32_t slots_of(uint32_t class) {
	return IMAGE_EXTENT_BYTES / class_bytes(class);
}

static uint64_t extents_for(uint64_t size) {
	return (size + IMAGE_EXTENT_BYTES - 1) / IMAGE_EXTENT_BYTES;
}

struct image_alloc *image_alloc_new(
	uint32_t extent_count, _Atomic uint32_t *map, uint32_t map_count) {
	struct image_alloc *alloc = mem_alloc(sizeof(*alloc));

	alloc->extent_count = alloc->free_extents = extent_count;
	alloc->map_count = map_count;
	alloc->map = map;
	alloc->map_bits = mem_alloc((map_count + 63) / 64 * sizeof(uint64_t));
	alloc->extents = mem_alloc(extent_count * sizeof(*alloc->extents));
	for (uint32_t i = 0; i < CLASS_COUNT; i++)
		alloc->partial[i] = NONE;
	return alloc;
}

void image_alloc_free(struct image_alloc *alloc) {
	if (!alloc)
		return;
	for (uint32_t i = 0; i < alloc->extent_count; i++)
		free(alloc->extents[i].bits);
	free(alloc->extents);
	free(alloc->map_bits);
	free(alloc);
}

uint32_t image_alloc_free_extents(const struct image_alloc *alloc) {
	return alloc->free_extents;
}

// The first range of count free map entries; NONE if there is none.
static uint32_t find_entries(const struct image_alloc *alloc, uint64_t count) {
	uint32_t run = 0;

	for (uint32_t i = 0; i < alloc->map_count; i++) {
		run = test_bit(alloc->map_bits, i) ? 0 : run + 1;
		if (run == count)
			return i + 1 - run;
	}
	return NONE;
}

static void take_extent(struct image_alloc *alloc, uint32_t number, enum extent_use use) {
	alloc->extents[number].use = (uint8_t)use;
	alloc->free_extents--;
}

static void give_extent(struct image_alloc *alloc, uint32_t number) {
	alloc->extents[number].use = EXTENT_FREE;
	alloc->free_extents++;
}

static uint32_t find_extent(const struct image_alloc *alloc, uint32_t from) {
	for (uint32_t i = from; i < alloc->extent_count; i++)
		if (alloc->extents[i].use == EXTENT_FREE)
			return i;
	return NONE;
}

static void name_extent(struct image_alloc *alloc, uint32_t entry, uint32_t number) {
	set_bit(alloc->map_bits, entry);
	atomic_store_explicit(&alloc->map[entry], number, memory_order_relaxed);
}

static void link_partial(struct image_alloc *alloc, uint32_t number) {
	struct extent *extent = &alloc->extents[number];
	uint32_t *first = &alloc->partial[extent->class];

	extent->prev = NONE;
	extent->next = *first;
	if (*first != NONE)
		alloc->extents[*first].prev = number;
	*first = number;
}

static void unlink_partial(struct image_alloc *alloc, uint32_t number) {
	struct extent *extent = &alloc->extents[number];

	if (extent->prev != NONE)
		alloc->extents[extent->prev].next = extent->next;
	else
		alloc->partial[extent->class] = extent->next;
	if (extent->next != NONE)
		alloc->extents[extent->next].prev = extent->prev;
}

static void share_extent(
	struct image_alloc *alloc, uint32_t number, uint32_t class, uint32_t entry) {
	struct extent *extent = &alloc->extents[number];

	take_extent(alloc, number, EXTENT_SHARED);
	extent->class = (uint8_t) class;
	extent->used = 0;
	extent->closed = false;
	extent->entry = entry;
	extent->bits = mem_alloc((slots_of(class) + 63) / 64 * sizeof(uint64_t));
	link_partial(alloc, number);
}

static void use_slot(struct image_alloc *alloc, uint32_t number, uint32_t slot) {
	struct extent *extent = &alloc->extents[number];

	set_bit(extent->bits, slot);
	if (++extent->used == slots_of(extent->class))
		unlink_partial(alloc, number);
}

static int take_small(struct image_alloc *alloc, uint64_t size, struct image_place *place) {
	uint32_t class = class_of(size), slot = 0;
	uint32_t number = alloc->partial[class];

	if (number == NONE) {
		uint32_t entry = find_entries(alloc, 1);

		number = find_extent(alloc, 0);
		if (number == NONE || entry == NONE)
			return -ENOSPC;
		share_extent(alloc, number, class, entry);
		name_extent(alloc, entry, number);
	}
	while (test_bit(alloc->extents[number].bits, slot))
		slot++;
	place->map_first = alloc->extents[number].entry;
	place->map_count = 1;
	place->first_offset = slot * class_bytes(class);
	use_slot(alloc, number, slot);
	return 0;
}

static int take_large(struct image_alloc *alloc, uint64_t size, struct image_place *place) {
	uint64_t count = extents_for(size);
	uint32_t first, number = NONE;

	if (count > alloc->free_extents)
		return -ENOSPC;
	first = find_entries(alloc, count);
	if (first == NONE)
		return -ENOSPC;
	for (uint32_t i = 0; i < count; i++) {
		number = find_extent(alloc, number == NONE ? 0 : number + 1);
		take_extent(alloc, number, EXTENT_OWNED);
		name_extent(alloc, first + i, number);
	}
	*place = (struct image_place){.map_first = first, .map_count = (uint32_t)count};
	return 0;
}

int image_alloc_take(struct image_alloc *alloc, uint64_t size, struct image_place *place) {
	*place = (struct image_place){0};
	if (size == 0)
		return 0;
	return size <= IMAGE_SMALL_MAX ? take_small(alloc, size, place)
				       : take_large(alloc, size, place);
}

uint64_t image_alloc_extents(uint64_t size) {
	return extents_for(size);
}

bool image_alloc_fits(const struct image_alloc *alloc, uint64_t size) {
	if (size && size <= IMAGE_SMALL_MAX && alloc->partial[class_of(size)] != NONE)
		return true;
	return extents_for(size) <= alloc->free_extents;
}

// The extent that an entry names; NONE if either number is out of range.
static uint32_t named_extent(const struct image_alloc *alloc, uint32_t entry) {
	uint32_t number;

	if (entry >= alloc->map_count)
		return NONE;
	number = atomic_load_explicit(&alloc->map[entry], memory_order_relaxed);
	return number < alloc->extent_count ? number : NONE;
}

static int claim_small(struct image_alloc *alloc, uint64_t size, const struct image_place *place) {
	uint32_t class = class_of(size);
	uint32_t number = named_extent(alloc, place->map_first);
	uint32_t slot = place->first_offset / class_bytes(class);
	struct extent *extent;

	if (number == NONE || place->map_count != 1 || slot >= slots_of(class) ||
		place->first_offset % class_bytes(class))
		return -EINVAL;
	extent = &alloc->extents[number];
	if (extent->use == EXTENT_FREE && !test_bit(alloc->map_bits, place->map_first)) {
		share_extent(alloc, number, class, place->map_first);
		set_bit(alloc->map_bits, place->map_first);
	}
	if (extent->use != EXTENT_SHARED || extent->class != class ||
		extent->entry != place->map_first || test_bit(extent->bits, slot))
		return -EINVAL;
	use_slot(alloc, number, slot);
	return 0;
}

static int claim_large(struct image_alloc *alloc, uint64_t size, const struct image_place *place) {
	uint32_t claimed = 0;

	if (place->map_count != extents_for(size) || place->first_offset)
		return -EINVAL;
	for (; claimed < place->map_count; claimed++) {
		uint32_t entry = place->map_first + claimed;
		uint32_t number = named_extent(alloc, entry);

		if (number == NONE || test_bit(alloc->map_bits, entry) ||
			alloc->extents[number].use != EXTENT_FREE)
			break;
		take_extent(alloc, number, EXTENT_OWNED);
		set_bit(alloc->map_bits, entry);
	}
	if (claimed == place->map_count)
		return 0;
	while (claimed-- > 0) {
		give_extent(alloc, named_extent(alloc, place->map_first + claimed));
		clear_bit(alloc->map_bits, place->map_first + claimed);
	}
	return -EINVAL;
}

int image_alloc_claim(struct image_alloc *alloc, uint64_t size, const struct image_place *place) {
	if (size == 0)
		return place->map_count ? -EINVAL : 0;
	return size <= IMAGE_SMALL_MAX ? claim_small(alloc, size, place)
				       : claim_large(alloc, size, place);
}

static void give_small(struct image_alloc *alloc, const struct image_place *place) {
	uint32_t number = named_extent(alloc, place->map_first);
	struct extent *extent = &alloc->extents[number];

	clear_bit(extent->bits, place->first_offset / class_bytes(extent->class));
	if (extent->used-- == slots_of(extent->class) && !extent->closed)
		link_partial(alloc, number);
	if (extent->used)
		return;
	if (!extent->closed)
		unlink_partial(alloc, number);
	clear_bit(alloc->map_bits, extent->entry);
	free(extent->bits);
	extent->bits = NULL;
	give_extent(alloc, number);
}

void image_alloc_close(struct image_alloc *alloc, uint64_t size, const struct image_place *place) {
	struct extent *extent;
	uint32_t number;

	if (size == 0 || size > IMAGE_SMALL_MAX)
		return;
	number = named_extent(alloc, place->map_first);
	extent = &alloc->extents[number];
	if (!extent->closed && extent->used < slots_of(extent->class))
		unlink_partial(alloc, number);
	extent->closed = true;
}

void image_alloc_give(struct image_alloc *alloc, uint64_t size, const struct image_place *place) {
	if (size == 0)
		return;
	if (size <= IMAGE_SMALL_MAX) {
		give_small(alloc, place);
		return;
	}
	for (uint32_t i = 0; i < place->map_count; i++) {
		give_extent(alloc, named_extent(alloc, place->map_first + i));
		clear_bit(alloc->map_bits, place->map_first + i);
	}
}
