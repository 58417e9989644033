// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Which contents make room: those used longest ago, by extents; never under a transfer; preloaded
// ones last. And the list of what is wanted.

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "image_demand.h"
#include "image_evict.h"
#include "image_region.h"
#include "wants.h"

#define MIB     (1ULL << 20)
#define EXTENTS 16u

struct world {
	struct image_store store;
	struct image_evictor evictor;
	struct state_view view;
	_Atomic uint32_t pins[IMAGE_MAX_SLOTS];
	_Atomic uint64_t last_use[IMAGE_MAX_SLOTS];
	uint64_t files;
};

static char directory[] = "/tmp/rouse-evict-XXXXXX";

static int make_directory(void **state) {
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state) {
	char command[128], path[IMAGE_REGION_PATH];

	(void)state;
	unlink(image_region_path("/dev/shm", directory, path));
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

static int set_up(void **state) {
	struct world *w = calloc(1, sizeof(*w));
	char why[IMAGE_STORE_WHY];

	image_region_remove(directory);
	if (!w || image_store_open(&w->store, directory, EXTENTS * 2 * MIB, why) < 0)
		return -1;
	image_evictor_init(&w->evictor, &w->store);
	w->view = (struct state_view){
		.worker_count = 1,
		.image_slot_count = IMAGE_MAX_SLOTS,
		.pins = w->pins,
		.last_use = w->last_use,
	};
	*state = w;
	return 0;
}

static int tear_down(void **state) {
	struct world *w = *state;

	image_evictor_free(&w->evictor);
	image_store_close(&w->store);
	free(w);
	return 0;
}

// A file in memory that was used at that time.
static uint32_t load(struct world *w, uint64_t size, uint64_t used_ms) {
	struct image_identity identity = {.path_hash = ++w->files, .size = size};
	int64_t slot = image_store_assign(&w->store, &identity);
	uint8_t sha256[32] = {1};

	assert_true(slot >= 0);
	assert_int_equal(image_store_reserve(&w->store, (uint32_t)slot), 0);
	image_store_commit(&w->store, (uint32_t)slot, sha256, 1);
	w->last_use[slot] = used_ms;
	return (uint32_t)slot;
}

static const struct image_survey *survey(struct world *w) {
	return image_evictor_survey(&w->evictor, &w->store, &w->view);
}

static void make_room_by_draining(struct world *w, uint64_t extents, bool kept, uint64_t drain) {
	survey(w);
	// Grace periods are image_store's affair: none here.
	image_evictor_make_room(&w->evictor, &w->store, NULL, extents, kept, drain);
}

static void make_room(struct world *w, uint64_t extents, bool kept) {
	make_room_by_draining(w, extents, kept, 0);
}

static bool leaves(const struct world *w, uint32_t slot) {
	return image_store_state(&w->store, slot) == IMAGE_EVICTING;
}

static void what_was_used_longest_ago_goes_first(void **state) {
	struct world *w = *state;
	uint32_t slot[4];

	for (uint32_t i = 0; i < 4; i++)
		slot[i] = load(w, 8 * MIB, (const uint64_t[]){30, 10, 40, 20}[i]);
	assert_int_equal(survey(w)->free, 0);
	assert_int_equal(survey(w)->evictable, 16);
	make_room(w, 5, false);
	assert_true(leaves(w, slot[1]) && leaves(w, slot[3]));
	assert_false(leaves(w, slot[0]) || leaves(w, slot[2]));
	assert_int_equal(survey(w)->coming, 8);
	make_room(w, 8, false); // enough comes already
	assert_false(leaves(w, slot[0]) || leaves(w, slot[2]));
	image_store_reap(&w->store, NULL);
	assert_int_equal(survey(w)->free, 8);
	assert_int_equal(survey(w)->coming, 0);
	make_room(w, 8, false);
	assert_false(leaves(w, slot[0]) || leaves(w, slot[2]));
}

static void what_a_transfer_reads_stays(void **state) {
	struct world *w = *state;
	uint32_t pinned = load(w, 16 * MIB, 1), other = load(w, 16 * MIB, 2);

	w->pins[pinned] = 1;
	assert_int_equal(survey(w)->evictable, 8);
	make_room(w, 16, true);
	assert_true(leaves(w, other));
	assert_false(leaves(w, pinned));
	w->pins[other] = 1; // it began before: nothing comes of it yet
	assert_int_equal(survey(w)->coming, 0);
}

// All is read by somebody at any moment: no new transfers of the oldest begin.
static void what_is_always_read_is_drained(void **state) {
	struct world *w = *state;
	uint32_t slot[4];

	for (uint32_t i = 0; i < 4; i++) {
		slot[i] = load(w, 8 * MIB, (const uint64_t[]){30, 10, 40, 20}[i]);
		w->pins[slot[i]] = 1;
	}
	image_store_keep(&w->store, slot[1], true);
	assert_int_equal(survey(w)->pinned, 12);
	make_room_by_draining(w, 3, true, 2);
	assert_true(leaves(w, slot[3]));
	assert_false(leaves(w, slot[0]) || leaves(w, slot[1]) || leaves(w, slot[2]));
	assert_int_equal(survey(w)->draining, 4);
	make_room_by_draining(w, 4, true, 8); // enough is on its way
	make_room_by_draining(w, 5, true, 4); // no more at a time
	assert_false(leaves(w, slot[0]) || leaves(w, slot[2]));
	w->pins[slot[3]] = 0;
	assert_int_equal(survey(w)->coming, 4);
}

static void preloaded_files_go_last(void **state) {
	struct world *w = *state;
	uint32_t kept = load(w, 16 * MIB, 1), other = load(w, 16 * MIB, 2);

	image_store_keep(&w->store, kept, true);
	assert_int_equal(survey(w)->kept, 8);
	make_room(w, 16, false);
	assert_true(leaves(w, other));
	assert_false(leaves(w, kept));
	make_room(w, 16, true);
	assert_true(leaves(w, kept));
}

// Small files of an extent go together, and by the one that was used last.
static void small_files_go_with_their_extent(void **state) {
	struct world *w = *state;
	uint32_t small[4], large = load(w, 28 * MIB, 50);

	for (uint32_t i = 0; i < 4; i++) // two extents of the class of 1 MiB
		small[i] = load(w, MIB, (const uint64_t[]){10, 90, 30, 40}[i]);
	assert_int_equal(survey(w)->free, 0);
	make_room(w, 1, false);
	assert_true(leaves(w, small[2]) && leaves(w, small[3]));
	assert_false(leaves(w, small[0]) || leaves(w, small[1]) || leaves(w, large));
	assert_false(image_alloc_fits(w->store.alloc, MIB));
	make_room(w, 2, false);
	assert_true(leaves(w, large)); // used before small[1]
	assert_false(leaves(w, small[0]));
	image_store_reap(&w->store, NULL);
	assert_int_equal(survey(w)->free, 15);
	w->pins[small[1]] = 1;
	make_room(w, 16, true);
	assert_false(leaves(w, small[0]));
}

static void empty_files_take_nothing(void **state) {
	struct world *w = *state;
	uint32_t empty = load(w, 0, 1);

	make_room(w, EXTENTS, true);
	assert_false(leaves(w, empty));
	assert_int_equal(survey(w)->free, EXTENTS);
}

// --- what is wanted

static void each_slot_is_wanted_once_in_its_turn(void **state) {
	struct image_demand demand;

	(void)state;
	image_demand_init(&demand, 10);
	image_demand_add(&demand, 3, 1, 100, false);
	image_demand_add(&demand, 7, 1, 200, true);
	image_demand_add(&demand, 3, 1, 300, false);
	image_demand_add(&demand, 10, 1, 300, false); // there is no such slot
	image_demand_add(&demand, 5, 1, 300, false);
	assert_int_equal(demand.count, 3);
	assert_int_equal(demand.list[0].slot, 3);
	assert_int_equal(demand.list[0].asked_ms, 300);
	image_demand_drop(&demand, 3);
	image_demand_drop(&demand, 3);
	assert_int_equal(demand.count, 2);
	assert_int_equal(demand.list[0].slot, 7);
	assert_int_equal(demand.list[1].slot, 5);
	assert_false(image_demand_is_stale(&demand.list[0], 1000000));
	assert_false(image_demand_is_stale(&demand.list[1], 300 + IMAGE_DEMAND_MS - 1));
	assert_true(image_demand_is_stale(&demand.list[1], 300 + IMAGE_DEMAND_MS));
	image_demand_drop(&demand, 5);
	image_demand_add(&demand, 3, 2, 400, false);
	assert_int_equal(demand.list[1].slot, 3);
	image_demand_add(
		&demand, 7, 2, 400, false); // another version: nobody but a client wants it
	assert_false(demand.list[0].must);
	image_demand_free(&demand);
}

static void note_netascii(void *context, uint32_t slot, uint64_t generation) {
	assert_int_equal(slot, 51);
	assert_int_equal(generation, 7);
	++*(uint32_t *)context;
}

static void wants_of_all_workers_are_taken(void **state) {
	static struct worker_block worker[2];
	static _Atomic uint64_t ring[2][WANT_RING_SIZE];
	_Atomic uint64_t tail[2] = {0};
	struct state_view view = {.worker_count = 2, .workers = worker, .wants = ring[0]};
	struct image_demand demand;
	uint32_t converted = 0;

	(void)state;
	image_demand_init(&demand, 100);
	demand.netascii = note_netascii;
	demand.context = &converted;
	for (uint32_t i = 0; i < 2; i++) {
		struct wants wants = {.worker = &worker[i], .ring = ring[i], .tail = &tail[i]};

		wants_push(&wants, IMAGE_LINK(8 + i, 5));
		wants_push(&wants, IMAGE_LINK(50, 6));
		wants_push(&wants, IMAGE_LINK(51, 7) | WANT_NETASCII);
		wants_push(&wants, IMAGE_LINK(60000, 6)); // beyond the table
	}
	image_demand_poll(&demand, &view, tail, 77);
	assert_int_equal(demand.count, 3);
	assert_int_equal(demand.list[1].slot, 50);
	assert_int_equal(demand.list[1].generation, 6);
	assert_int_equal(converted, 2);
	assert_int_equal(tail[0], 4);
	assert_int_equal(tail[1], 4);
	image_demand_free(&demand);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(what_was_used_longest_ago_goes_first),
		TEST(what_a_transfer_reads_stays),
		TEST(what_is_always_read_is_drained),
		TEST(preloaded_files_go_last),
		TEST(small_files_go_with_their_extent),
		TEST(empty_files_take_nothing),
		cmocka_unit_test(each_slot_is_wanted_once_in_its_turn),
		cmocka_unit_test(wants_of_all_workers_are_taken),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
