// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The images region as a control gone mad might write it: the input is the region's own fields,
// then what follows the first page (slots and map, wherever the fields say they are). Whatever runs
// are given must lie among the extents.

#include "fuzz.h"
#include "images.h"

#define REGION_SIZE (3 * (size_t)IMAGE_EXTENT_BYTES)
#define FIELDS      40u
#define INPUT_MAX   16384u
#define SLOTS_TRIED 32u

static volatile uint8_t sink;

static void check_run(
	const struct images *images, const struct image_ref *ref, uint64_t offset, size_t want) {
	const uint8_t *at = NULL;
	const uint8_t *end = images->data + (size_t)images->extent_count * IMAGE_EXTENT_BYTES;
	size_t len = images_run(images, ref, offset, want, &at);

	if (len == 0)
		return;
	FUZZ_ASSERT(len <= want && len <= ref->size - offset);
	FUZZ_ASSERT(at >= images->data && at < end && len <= (size_t)(end - at));
	sink = at[0];
	sink = at[len - 1];
}

static void try_slot(const struct images *images, uint32_t slot) {
	uint64_t word = slot < images->slot_count ? images->slots[slot].word : 0;
	struct image_ref ref;

	if (images_ref(images, slot, IMAGE_WORD_GENERATION(word), &ref) < 0)
		return;
	FUZZ_ASSERT(images_valid(images, &ref));
	check_run(images, &ref, 0, 1468);
	check_run(images, &ref, 0, SIZE_MAX);
	check_run(images, &ref, ref.size - 1, 512);
	check_run(images, &ref, ref.size, 512);
	check_run(images, &ref, IMAGE_EXTENT_BYTES - 1, 65464);
	check_run(images, &ref, UINT64_MAX, 512);
	ref.map_first += 7; // as from before a restart
	check_run(images, &ref, 0, 512);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static uint8_t *region;
	struct images images;

	if (size < FIELDS || size > INPUT_MAX)
		return 0;
	if (!region && posix_memalign((void **)&region, 4096, REGION_SIZE) != 0)
		return 0;
	memset(region, 0, ROUSE_PAGE + INPUT_MAX);
	memcpy(region + sizeof(struct shm_header), data, FIELDS);
	memcpy(region + ROUSE_PAGE, data + FIELDS, size - FIELDS);
	if (images_attach(region, REGION_SIZE, &images) < 0)
		return 0;
	for (uint32_t slot = 0; slot < SLOTS_TRIED; slot++)
		try_slot(&images, slot);
	try_slot(&images, images.slot_count);
	try_slot(&images, UINT32_MAX);
	return 0;
}
