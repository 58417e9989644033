// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "images.h"

#include <errno.h>
#include <sys/mman.h>

#include "unit.h"

#define EXTENTS     6u
#define SLOTS       8u
#define REGION_SIZE ((EXTENTS + 1) * (size_t)IMAGE_EXTENT_BYTES)
#define GENERATION  7u

// A region with a big file (slot 1: extents 4, 5, 2), a small one inside extent 0 (slot 2) and an
// empty one (slot 3).
struct region {
	uint8_t *base;
	struct images_region *head;
	struct image_slot *slots;
	uint32_t *map;
	uint8_t *data;
	struct images images;
};

static void put_slot(struct region *r, uint32_t slot, uint64_t size, uint32_t map_first,
	uint32_t map_count, uint32_t first_offset) {
	r->slots[slot].size = size;
	r->slots[slot].map_first = map_first;
	r->slots[slot].map_count = map_count;
	r->slots[slot].first_offset = first_offset;
	atomic_store(&r->slots[slot].word, IMAGE_WORD(GENERATION, IMAGE_READY));
}

static int set_up(void **state) {
	struct region *r = calloc(1, sizeof(*r));

	r->base =
		mmap(NULL, REGION_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(r->base, MAP_FAILED);
	r->head = (struct images_region *)r->base;
	r->head->slot_count = SLOTS;
	r->head->extent_count = EXTENTS;
	r->head->map_count = EXTENTS * IMAGE_MAP_FACTOR;
	r->head->slots_offset = ROUSE_PAGE;
	r->head->map_offset = 2 * ROUSE_PAGE;
	r->head->data_offset = IMAGE_EXTENT_BYTES;
	r->slots = (struct image_slot *)(r->base + ROUSE_PAGE);
	r->map = (uint32_t *)(r->base + 2 * ROUSE_PAGE);
	r->data = r->base + IMAGE_EXTENT_BYTES;
	r->map[0] = 0;
	r->map[1] = 4;
	r->map[2] = 5;
	r->map[3] = 2;
	put_slot(r, 1, 2 * (uint64_t)IMAGE_EXTENT_BYTES + 100, 1, 3, 0);
	put_slot(r, 2, 1000, 0, 1, 4096);
	put_slot(r, 3, 0, 0, 0, 0);
	assert_int_equal(images_attach(r->base, REGION_SIZE, &r->images), 0);
	*state = r;
	return 0;
}

static int tear_down(void **state) {
	struct region *r = *state;

	munmap(r->base, REGION_SIZE);
	free(r);
	return 0;
}

static void contradicting_heads_are_refused(void **state) {
	static const struct images_region bad[] = {
		{.slot_count = IMAGE_MAX_SLOTS + 1},
		{.slot_count = UINT32_MAX},
		{.map_count = UINT32_MAX},
		{.extent_count = EXTENTS + 1},
		{.extent_count = UINT32_MAX},
		{.slots_offset = 8},
		{.slots_offset = ROUSE_PAGE + 1},
		{.slots_offset = REGION_SIZE},
		{.slots_offset = UINT64_MAX - 63},
		{.map_offset = ROUSE_PAGE + 2},
		{.map_offset = REGION_SIZE},
		{.map_offset = UINT64_MAX - 3},
		{.data_offset = ROUSE_PAGE},
		{.data_offset = 2 * IMAGE_EXTENT_BYTES},
		{.data_offset = 0 - (uint64_t)IMAGE_EXTENT_BYTES},
	};
	struct region *r = *state;
	const struct images_region good = *r->head;
	struct images images;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		char name[32];

		snprintf(name, sizeof(name), "%zu", i);
		if (bad[i].slot_count)
			r->head->slot_count = bad[i].slot_count;
		if (bad[i].map_count)
			r->head->map_count = bad[i].map_count;
		if (bad[i].extent_count)
			r->head->extent_count = bad[i].extent_count;
		if (bad[i].slots_offset)
			r->head->slots_offset = bad[i].slots_offset;
		if (bad[i].map_offset)
			r->head->map_offset = bad[i].map_offset;
		if (bad[i].data_offset)
			r->head->data_offset = bad[i].data_offset;
		assert_case(name, images_attach(r->base, REGION_SIZE, &images) == -EBADMSG);
		*r->head = good;
	}
	assert_int_equal(images_attach(r->base, ROUSE_PAGE - 1, &images), -EBADMSG);
	assert_int_equal(images_attach(r->base, REGION_SIZE - 1, &images), -EBADMSG);
	assert_int_equal(images_attach(r->base, REGION_SIZE, &images), 0);
}

static void contradicting_slots_are_refused(void **state) {
	static const struct {
		const char *name;
		uint64_t size;
		uint32_t map_first, map_count, first_offset;
	} bad[] = {
		{"size without extents", 1, 0, 0, 0},
		{"extent without size", 0, 0, 1, 0},
		{"too large for one", IMAGE_EXTENT_BYTES + 1, 0, 1, 0},
		{"too large behind an offset", 1000, 0, 1, IMAGE_EXTENT_BYTES - 999},
		{"offset beyond the extent", 1, 0, 1, UINT32_MAX},
		{"offset in a large file", IMAGE_EXTENT_BYTES + 1, 0, 2, 1},
		{"one extent too many", IMAGE_EXTENT_BYTES, 0, 2, 0},
		{"one extent too few", 2ull * IMAGE_EXTENT_BYTES + 1, 0, 2, 0},
		{"endless", UINT64_MAX, 0, 2, 0},
		{"map beyond its end", IMAGE_EXTENT_BYTES + 1, EXTENTS * IMAGE_MAP_FACTOR - 1, 2,
			0},
		{"map wraps", IMAGE_EXTENT_BYTES + 1, UINT32_MAX, 2, 0},
	};
	struct region *r = *state;
	struct image_ref ref;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		put_slot(
			r, 4, bad[i].size, bad[i].map_first, bad[i].map_count, bad[i].first_offset);
		assert_case(bad[i].name, images_ref(&r->images, 4, GENERATION, &ref) == -EBADMSG);
	}
}

static void only_the_ready_generation_is_referenced(void **state) {
	struct region *r = *state;
	struct image_ref ref;

	assert_int_equal(images_ref(&r->images, SLOTS, GENERATION, &ref), -ENOENT);
	assert_int_equal(images_ref(&r->images, UINT32_MAX, GENERATION, &ref), -ENOENT);
	assert_int_equal(images_ref(&r->images, 0, 0, &ref), -ENOENT);
	assert_int_equal(images_ref(&r->images, 1, GENERATION + 1, &ref), -ENOENT);
	atomic_store(&r->slots[1].word, IMAGE_WORD(GENERATION, IMAGE_LOADING));
	assert_int_equal(images_ref(&r->images, 1, GENERATION, &ref), -ENOENT);
	atomic_store(&r->slots[1].word, IMAGE_WORD(GENERATION, IMAGE_EVICTING));
	assert_int_equal(images_ref(&r->images, 1, GENERATION, &ref), -ENOENT);
	atomic_store(&r->slots[1].word, IMAGE_WORD(GENERATION, IMAGE_READY));
	assert_int_equal(images_ref(&r->images, 1, GENERATION, &ref), 0);
	assert_int_equal(ref.size, 2 * IMAGE_EXTENT_BYTES + 100);
}

static void a_ref_outlives_the_order_to_evict(void **state) {
	struct region *r = *state;
	struct image_ref ref;

	assert_int_equal(images_ref(&r->images, 1, GENERATION, &ref), 0);
	assert_true(images_valid(&r->images, &ref));
	atomic_store(&r->slots[1].word, IMAGE_WORD(GENERATION, IMAGE_EVICTING));
	assert_true(images_valid(&r->images, &ref));
	atomic_store(&r->slots[1].word, IMAGE_WORD(GENERATION, IMAGE_ABSENT));
	assert_false(images_valid(&r->images, &ref));
	atomic_store(&r->slots[1].word, IMAGE_WORD(GENERATION + 1, IMAGE_READY));
	assert_false(images_valid(&r->images, &ref));
	ref.slot = SLOTS;
	assert_false(images_valid(&r->images, &ref));
}

static void runs_follow_memory(void **state) {
	struct region *r = *state;
	const uint8_t *extent[EXTENTS];
	const uint8_t *at;
	struct image_ref ref;

	for (uint32_t i = 0; i < EXTENTS; i++)
		extent[i] = r->data + (size_t)i * IMAGE_EXTENT_BYTES;
	assert_int_equal(images_ref(&r->images, 1, GENERATION, &ref), 0);
	assert_int_equal(images_run(&r->images, &ref, 0, 512, &at), 512);
	assert_ptr_equal(at, extent[4]);
	// Extents 4 and 5 are neighbours: a block over their border is one run.
	assert_int_equal(images_run(&r->images, &ref, IMAGE_EXTENT_BYTES - 100, 512, &at), 512);
	assert_ptr_equal(at, extent[4] + IMAGE_EXTENT_BYTES - 100);
	assert_int_equal(
		images_run(&r->images, &ref, 0, SIZE_MAX, &at), 2 * (size_t)IMAGE_EXTENT_BYTES);
	// 5 and 2 are not.
	assert_int_equal(images_run(&r->images, &ref, 2 * IMAGE_EXTENT_BYTES - 100, 512, &at), 100);
	assert_ptr_equal(at, extent[5] + IMAGE_EXTENT_BYTES - 100);
	assert_int_equal(images_run(&r->images, &ref, 2 * IMAGE_EXTENT_BYTES, 512, &at), 100);
	assert_ptr_equal(at, extent[2]);
	assert_int_equal(images_run(&r->images, &ref, 2 * IMAGE_EXTENT_BYTES + 100, 512, &at), 0);
	assert_int_equal(images_run(&r->images, &ref, UINT64_MAX, 512, &at), 0);
}

static void small_and_empty_files_run(void **state) {
	struct region *r = *state;
	const uint8_t *at;
	struct image_ref ref;

	assert_int_equal(images_ref(&r->images, 2, GENERATION, &ref), 0);
	assert_int_equal(images_run(&r->images, &ref, 10, 512, &at), 512);
	assert_ptr_equal(at, r->data + 4096 + 10);
	assert_int_equal(images_run(&r->images, &ref, 900, 512, &at), 100);
	assert_int_equal(images_run(&r->images, &ref, 1000, 512, &at), 0);
	assert_int_equal(images_ref(&r->images, 3, GENERATION, &ref), 0);
	assert_int_equal(images_run(&r->images, &ref, 0, 512, &at), 0);
}

static void a_map_that_changes_is_not_believed(void **state) {
	struct region *r = *state;
	const uint8_t *at;
	struct image_ref ref;

	assert_int_equal(images_ref(&r->images, 1, GENERATION, &ref), 0);
	r->map[1] = EXTENTS;
	assert_int_equal(images_run(&r->images, &ref, 0, 512, &at), 0);
	r->map[1] = UINT32_MAX;
	assert_int_equal(images_run(&r->images, &ref, 0, 512, &at), 0);
	r->map[1] = EXTENTS - 1; // its neighbour would lie behind the last extent
	r->map[2] = EXTENTS;
	assert_int_equal(images_run(&r->images, &ref, IMAGE_EXTENT_BYTES - 100, 512, &at), 100);
	ref.map_first = EXTENTS * IMAGE_MAP_FACTOR; // as from before a restart
	assert_int_equal(images_run(&r->images, &ref, 0, 512, &at), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(contradicting_heads_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(contradicting_slots_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			only_the_ready_generation_is_referenced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_ref_outlives_the_order_to_evict, set_up, tear_down),
		cmocka_unit_test_setup_teardown(runs_follow_memory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(small_and_empty_files_run, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_map_that_changes_is_not_believed, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
