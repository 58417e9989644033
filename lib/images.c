// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Reads files out of the images region. Whatever control has written or is writing there, no index
// from it is used before it was compared with a count that was copied at attach.

#include "images.h"

#include <errno.h>

// A field of memory that somebody else may write: read once, then only the copy is used.
#define READ_ONCE(field) (*(const volatile __typeof__(field) *)&(field))

// Whether count records of size lie between the head page and the end of the region.
static bool is_inside(uint64_t offset, uint64_t count, uint64_t size, uint64_t region_size) {
	return offset >= ROUSE_PAGE && offset <= region_size &&
	       count * size <= region_size - offset;
}

int images_attach(const void *region, size_t size, struct images *images) {
	const struct images_region *head = region;
	uint64_t slots_offset, map_offset, data_offset;

	if (size < sizeof(*head))
		return -EBADMSG;
	images->slot_count = READ_ONCE(head->slot_count);
	images->extent_count = READ_ONCE(head->extent_count);
	images->map_count = READ_ONCE(head->map_count);
	slots_offset = READ_ONCE(head->slots_offset);
	map_offset = READ_ONCE(head->map_offset);
	data_offset = READ_ONCE(head->data_offset);
	if (images->slot_count > IMAGE_MAX_SLOTS || slots_offset % ROUSE_CACHE_LINE != 0 ||
		map_offset % sizeof(uint32_t) != 0 || data_offset % IMAGE_EXTENT_BYTES != 0)
		return -EBADMSG;
	if (!is_inside(slots_offset, images->slot_count, sizeof(struct image_slot), size) ||
		!is_inside(map_offset, images->map_count, sizeof(uint32_t), size) ||
		!is_inside(data_offset, images->extent_count, IMAGE_EXTENT_BYTES, size))
		return -EBADMSG;
	images->slots = (const struct image_slot *)((const uint8_t *)region + slots_offset);
	images->map = (const _Atomic uint32_t *)((const uint8_t *)region + map_offset);
	images->data = (const uint8_t *)region + data_offset;
	return 0;
}

static uint64_t load_word(const struct image_slot *slot, memory_order order) {
	return atomic_load_explicit((_Atomic uint64_t *)&slot->word, order);
}

// A file in one extent may begin anywhere in it; a larger one fills all of its extents but the
// last.
static bool fits_its_extents(const struct image_ref *ref) {
	if (ref->map_count == 0)
		return ref->size == 0;
	if (ref->map_count == 1)
		return ref->size > 0 && ref->first_offset <= IMAGE_EXTENT_BYTES &&
		       ref->size <= IMAGE_EXTENT_BYTES - ref->first_offset;
	return ref->first_offset == 0 &&
	       ref->size > (uint64_t)(ref->map_count - 1) << IMAGE_EXTENT_SHIFT &&
	       ref->size <= (uint64_t)ref->map_count << IMAGE_EXTENT_SHIFT;
}

int images_ref(
	const struct images *images, uint32_t slot, uint64_t generation, struct image_ref *ref) {
	const uint64_t ready = IMAGE_WORD(generation, IMAGE_READY);
	const struct image_slot *s;

	if (slot >= images->slot_count)
		return -ENOENT;
	s = &images->slots[slot];
	// The caller's pin must be seen by control before we look: control stores EVICTING and then
	// reads pins, we store the pin and then read the word; one of us sees the other.
	atomic_thread_fence(memory_order_seq_cst);
	if (load_word(s, memory_order_acquire) != ready)
		return -ENOENT;
	*ref = (struct image_ref){.slot = slot,
		.generation = generation,
		.size = READ_ONCE(s->size),
		.map_first = READ_ONCE(s->map_first),
		.map_count = READ_ONCE(s->map_count),
		.first_offset = READ_ONCE(s->first_offset)};
	atomic_thread_fence(memory_order_acquire);
	if (load_word(s, memory_order_relaxed) != ready)
		return -ENOENT;
	if ((uint64_t)ref->map_first + ref->map_count > images->map_count || !fits_its_extents(ref))
		return -EBADMSG;
	return 0;
}

bool images_is_ready(const struct images *images, uint32_t slot, uint64_t generation) {
	return slot < images->slot_count && load_word(&images->slots[slot], memory_order_acquire) ==
						    IMAGE_WORD(generation, IMAGE_READY);
}

// Another version may take the slot meanwhile: then the word says so after its link was read.
int images_netascii(const struct images *images, uint32_t *slot, uint64_t *generation) {
	const struct image_slot *s;
	uint64_t link;

	if (*slot >= images->slot_count)
		return -ENOENT;
	s = &images->slots[*slot];
	link = atomic_load_explicit((_Atomic uint64_t *)&s->netascii, memory_order_acquire);
	if (link == IMAGE_LINK_NONE ||
		IMAGE_WORD_GENERATION(load_word(s, memory_order_relaxed)) != *generation)
		return -ENOENT;
	if (link == IMAGE_LINK_REFUSED)
		return -EFBIG;
	*slot = IMAGE_LINK_SLOT(link);
	*generation = IMAGE_LINK_GENERATION(link);
	return 0;
}

// A slot that is being evicted keeps its bytes until the last pin is gone, so transfers go on.
bool images_valid(const struct images *images, const struct image_ref *ref) {
	uint64_t word;

	if (ref->slot >= images->slot_count)
		return false;
	word = load_word(&images->slots[ref->slot], memory_order_acquire);
	return word == IMAGE_WORD(ref->generation, IMAGE_READY) ||
	       word == IMAGE_WORD(ref->generation, IMAGE_EVICTING);
}

// UINT32_MAX, which no extent has, beyond the map: a ref may come from before a restart.
static uint32_t load_extent(const struct images *images, const struct image_ref *ref, uint64_t i) {
	const _Atomic uint32_t *entry = &images->map[ref->map_first + i];

	if (ref->map_first + i >= images->map_count)
		return UINT32_MAX;
	return atomic_load_explicit((_Atomic uint32_t *)entry, memory_order_relaxed);
}

size_t images_run(const struct images *images, const struct image_ref *ref, uint64_t offset,
	size_t want, const uint8_t **at) {
	uint64_t place = ref->first_offset + offset;
	uint64_t i = place >> IMAGE_EXTENT_SHIFT;
	uint32_t within = (uint32_t)place & (IMAGE_EXTENT_BYTES - 1);
	uint64_t run = IMAGE_EXTENT_BYTES - within;
	uint64_t left;
	uint32_t extent;

	if (offset >= ref->size)
		return 0;
	left = ref->size - offset;
	if (want > left)
		want = (size_t)left;
	extent = load_extent(images, ref, i);
	if (extent >= images->extent_count)
		return 0;
	*at = images->data + ((uint64_t)extent << IMAGE_EXTENT_SHIFT) + within;
	// Neighbours in the file are often neighbours in memory.
	for (uint32_t next = extent + 1; run < want && next < images->extent_count; next++) {
		if (load_extent(images, ref, ++i) != next)
			break;
		run += IMAGE_EXTENT_BYTES;
	}
	return run < want ? (size_t)run : want;
}
