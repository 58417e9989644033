// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "image_alloc.h"

#define EXTENTS 24u
#define ENTRIES (EXTENTS * IMAGE_MAP_FACTOR)
#define FILES   400u
#define GRAIN   IMAGE_SMALL_MIN
#define GRAINS  (EXTENTS * (IMAGE_EXTENT_BYTES / GRAIN))

static _Atomic uint32_t map[ENTRIES];
static uint16_t owner[GRAINS]; // the model: which file owns each 256 bytes, 0 nobody

struct file {
	bool used;
	uint64_t size;
	struct image_place place;
};

static void impossible_places_are_not_claimed(void **state) {
	static const struct {
		const char *name;
		uint64_t size;
		struct image_place place;
	} cases[] = {
		{"entry beyond the map", 100, {ENTRIES, 1, 0}},
		{"entry that names no extent", 100, {1, 1, 0}},
		{"no entry", 100, {0, 0, 0}},
		{"two entries for a small file", 100, {0, 2, 0}},
		{"offset not of its class", 300, {0, 1, 256}},
		{"offset beyond the extent", 300, {0, 1, IMAGE_EXTENT_BYTES}},
		{"too few entries", 3 * IMAGE_EXTENT_BYTES, {0, 2, 0}},
		{"large file with an offset", IMAGE_EXTENT_BYTES, {0, 1, 256}},
		{"range beyond the map", 2 * IMAGE_EXTENT_BYTES, {ENTRIES - 1, 2, 0}},
		{"range that wraps", 2 * IMAGE_EXTENT_BYTES, {UINT32_MAX, 2, 0}},
		{"the same extent twice", 2 * IMAGE_EXTENT_BYTES, {2, 2, 0}},
		{"empty file with entries", 0, {0, 1, 0}},
	};
	struct image_alloc *alloc = image_alloc_new(EXTENTS, map, ENTRIES);

	(void)state;
	memset(map, 0, sizeof(map));
	map[1] = EXTENTS;
	map[2] = map[3] = 5;
	map[ENTRIES - 1] = 7;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (image_alloc_claim(alloc, cases[i].size, &cases[i].place) != -EINVAL)
			fail_msg("%s: claimed", cases[i].name);
		if (image_alloc_free_extents(alloc) != EXTENTS)
			fail_msg("%s: left something claimed", cases[i].name);
	}
	image_alloc_free(alloc);
}

static void too_much_is_refused(void **state) {
	struct image_alloc *alloc = image_alloc_new(EXTENTS, map, ENTRIES);
	struct image_place place;

	(void)state;
	assert_int_equal(
		image_alloc_take(alloc, (uint64_t)EXTENTS * IMAGE_EXTENT_BYTES + 1, &place),
		-ENOSPC);
	assert_int_equal(image_alloc_take(alloc, UINT64_MAX / 2, &place), -ENOSPC);
	assert_int_equal(
		image_alloc_take(alloc, (uint64_t)EXTENTS * IMAGE_EXTENT_BYTES, &place), 0);
	assert_int_equal(image_alloc_take(alloc, 1, &place), -ENOSPC);
	assert_int_equal(image_alloc_take(alloc, 0, &place), 0);
	image_alloc_free(alloc);
}

// Marks or clears the bytes of a file in the model; every byte must have been the other's before.
static void mark(const struct file *file, uint16_t from, uint16_t to) {
	for (uint64_t at = 0; at < file->size; at += GRAIN) {
		uint64_t offset = file->place.first_offset + at;
		uint32_t extent = map[file->place.map_first + offset / IMAGE_EXTENT_BYTES];
		uint64_t grain =
			((uint64_t)extent * IMAGE_EXTENT_BYTES + offset % IMAGE_EXTENT_BYTES) /
			GRAIN;

		assert_true(extent < EXTENTS);
		if (owner[grain] != from)
			fail_msg("grain %lu belongs to %u, not %u", grain, owner[grain], from);
		owner[grain] = to;
	}
}

static uint64_t some_size(void) {
	switch (rand() % 4) {
	case 0:
		return (uint64_t)(rand() % 2000);
	case 1:
		return (uint64_t)(rand() % (int)IMAGE_SMALL_MAX + 1);
	case 2:
		return 1ULL << (rand() % 23);
	}
	return (uint64_t)(rand() % (5 * (int)IMAGE_EXTENT_BYTES));
}

// A second allocator that claims all places of the first one's files agrees with it.
static void check_claiming(const struct image_alloc *alloc, const struct file *files) {
	struct image_alloc *other = image_alloc_new(EXTENTS, map, ENTRIES);

	for (uint32_t i = 0; i < FILES; i++) {
		if (!files[i].used)
			continue;
		assert_int_equal(image_alloc_claim(other, files[i].size, &files[i].place), 0);
		if (files[i].size)
			assert_int_equal(
				image_alloc_claim(other, files[i].size, &files[i].place), -EINVAL);
	}
	assert_int_equal(image_alloc_free_extents(other), image_alloc_free_extents(alloc));
	image_alloc_free(other);
}

static void files_never_overlap(void **state) {
	struct image_alloc *alloc = image_alloc_new(EXTENTS, map, ENTRIES);
	static struct file files[FILES];
	uint32_t taken = 0, refused = 0;

	(void)state;
	srand(7);
	memset(owner, 0, sizeof(owner));
	for (uint32_t round = 0; round < 20000; round++) {
		uint32_t i = (uint32_t)rand() % FILES;
		struct file *file = &files[i];

		if (file->used) {
			mark(file, (uint16_t)(i + 1), 0);
			image_alloc_give(alloc, file->size, &file->place);
			file->used = false;
			continue;
		}
		file->size = some_size();
		file->used = image_alloc_take(alloc, file->size, &file->place) == 0;
		if (file->used)
			mark(file, 0, (uint16_t)(i + 1));
		*(file->used ? &taken : &refused) += 1;
		if (round % 1000 == 0)
			check_claiming(alloc, files);
	}
	assert_true(taken > 1000 && refused > 100);
	for (uint32_t i = 0; i < FILES; i++)
		if (files[i].used)
			image_alloc_give(alloc, files[i].size, &files[i].place);
	assert_int_equal(image_alloc_free_extents(alloc), EXTENTS);
	image_alloc_free(alloc);
}

static void small_files_share_an_extent(void **state) {
	struct image_alloc *alloc = image_alloc_new(EXTENTS, map, ENTRIES);
	struct image_place place;

	(void)state;
	for (uint32_t i = 0; i < IMAGE_EXTENT_BYTES / 1024; i++)
		assert_int_equal(image_alloc_take(alloc, 1000, &place), 0);
	assert_int_equal(image_alloc_free_extents(alloc), EXTENTS - 1);
	assert_int_equal(image_alloc_take(alloc, 1000, &place), 0);
	assert_int_equal(image_alloc_free_extents(alloc), EXTENTS - 2);
	image_alloc_free(alloc);
}

static void a_closed_extent_becomes_free(void **state) {
	struct image_alloc *alloc = image_alloc_new(EXTENTS, map, ENTRIES);
	struct image_place place[3], other;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(
			image_alloc_take(alloc, 1000000, &place[i]), 0); // two in the first
	image_alloc_close(alloc, 1000000, &place[0]);
	image_alloc_close(alloc, 1000000, &place[1]);
	image_alloc_give(alloc, 1000000, &place[0]);
	image_alloc_close(alloc, 1000000, &place[2]); // one that is not full
	for (int i = 0; i < 2; i++)
		assert_int_equal(image_alloc_take(alloc, 1000000, &other), 0);
	assert_int_equal(image_alloc_free_extents(alloc), EXTENTS - 3);
	image_alloc_give(alloc, 1000000, &place[1]);
	image_alloc_give(alloc, 1000000, &place[2]);
	assert_int_equal(image_alloc_free_extents(alloc), EXTENTS - 1);
	image_alloc_free(alloc);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(impossible_places_are_not_claimed),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(files_never_overlap),
		cmocka_unit_test(small_files_share_an_extent),
		cmocka_unit_test(a_closed_extent_becomes_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
