// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The life of a slot in the images region, with a dataplane that the test plays: grace period,
// pins, boot ids; and what a process that comes after kill -9 adopts.

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "image_catalog.h"
#include "image_region.h"
#include "image_store.h"

#define MEMORY (64ULL << 20)

static char directory[] = "/tmp/rouse-store-XXXXXX";

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

static void touch(const char *path) {
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

// A process that is killed while it makes the region leaves files that no link names.
static void leftovers_are_removed(void **state) {
	char path[IMAGE_REGION_PATH], unfinished[IMAGE_REGION_PATH + 8];

	(void)state;
	image_region_path("/dev/shm", directory, path);
	snprintf(unfinished, sizeof(unfinished), "%s.new", path);
	touch(path);
	touch(unfinished);
	image_region_remove(directory);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(access(unfinished, F_OK), -1);
	image_region_remove(directory); // nothing there
}

static void open_store(struct image_store *store) {
	char why[IMAGE_STORE_WHY] = "";

	if (image_store_open(store, directory, MEMORY, why) < 0)
		fail_msg("%s", why);
}

static int64_t fill(struct image_store *store, uint32_t slot, uint8_t byte) {
	uint64_t size = store->slots[slot].size;
	uint8_t sha256[32] = {byte};

	assert_int_equal(image_store_reserve(store, slot), 0);
	for (uint64_t at = 0; at < size;) {
		size_t len;
		uint8_t *room = image_store_room(store, slot, at, &len);

		memset(room, byte, len);
		at += len;
	}
	return image_store_commit(store, slot, sha256, 1);
}

static uint32_t assign(struct image_store *store, uint64_t path_hash, uint64_t size) {
	struct image_identity identity = {
		.path_hash = path_hash, .inode = 1, .mtime_ns = 2, .size = size};
	int64_t slot = image_store_assign(store, &identity);

	assert_true(slot >= 0);
	return (uint32_t)slot;
}

static uint32_t load(struct image_store *store, uint64_t path_hash, uint64_t size, uint8_t byte) {
	uint32_t slot = assign(store, path_hash, size);

	assert_int_equal(fill(store, slot, byte), slot);
	return slot;
}

static enum image_state state_of(const struct image_store *store, uint32_t slot) {
	return image_store_state(store, slot);
}

// A dataplane of one worker.
struct played {
	struct shm_header *header; // a region of its own, so that its boot id is a real one
	struct worker_block worker;
	_Atomic uint32_t pins[IMAGE_MAX_SLOTS];
	struct state_view view;
	struct shm_map map;
};

static struct played played;

static void start_dataplane(void) {
	char path[128], why[SHM_WHY_SIZE];

	snprintf(path, sizeof(path), "%s/state", directory);
	assert_int_equal(shm_create_region(path, ROUSE_REGION_STATE, sizeof(struct state_region),
				 &played.map, why),
		0);
	memset(&played.worker, 0, sizeof(played.worker));
	memset(played.pins, 0, sizeof(played.pins));
	played.view = (struct state_view){
		.map = played.map,
		.region = played.map.base,
		.worker_count = 1,
		.image_slot_count = IMAGE_MAX_SLOTS,
		.workers = &played.worker,
		.pins = played.pins,
	};
}

static void room_is_free_after_grace_and_pins_only(void **state) {
	struct image_store store;
	uint32_t slot;

	(void)state;
	open_store(&store);
	assert_false(store.adopted);
	start_dataplane();
	slot = load(&store, 1, 5 << 20, 7);
	played.pins[slot] = 1;
	image_store_evict(&store, slot, &played.view);
	assert_int_equal(state_of(&store, slot), IMAGE_EVICTING);
	assert_int_equal(image_store_reap(&store, &played.view), 0); // no loop yet
	played.worker.loops = 1;
	assert_int_equal(image_store_reap(&store, &played.view), 0); // it may have begun before
	played.worker.loops = 2;
	assert_int_equal(image_store_reap(&store, &played.view), 0); // pinned
	played.pins[slot] = 0;
	assert_int_equal(image_store_reap(&store, &played.view), 1);
	assert_int_equal(state_of(&store, slot), IMAGE_ABSENT);
	assert_int_equal(image_store_free_bytes(&store), MEMORY);
	shm_unmap(&played.map);
	image_store_close(&store);
}

// What was evicted and is read again is the same version still: snapshots that name it go on being
// good.
static void contents_come_back_to_their_slot(void **state) {
	struct image_store store;
	uint64_t generation;
	uint32_t slot;

	(void)state;
	open_store(&store);
	slot = load(&store, 11, 5 << 20, 7);
	generation = image_store_generation(&store, slot);
	assert_int_equal(image_store_reserve(&store, slot), -EBUSY);
	image_store_evict(&store, slot, NULL);
	assert_int_equal(image_store_reserve(&store, slot), -EBUSY);
	image_store_reap(&store, NULL);
	assert_int_equal(store.slots[slot].sha256[0], 7);
	assert_int_equal(fill(&store, slot, 7), slot);
	assert_int_equal(state_of(&store, slot), IMAGE_READY);
	assert_int_equal(image_store_generation(&store, slot), generation);
	image_store_retire(&store, slot, NULL);
	image_store_reap(&store, NULL);
	image_store_close(&store);
}

// The file has changed, and nothing but its hash shows it.
static void other_contents_get_another_slot(void **state) {
	struct image_store store;
	uint32_t slot;
	int64_t other;
	size_t len;

	(void)state;
	open_store(&store);
	slot = load(&store, 12, 3 << 20, 7);
	image_store_evict(&store, slot, NULL);
	image_store_reap(&store, NULL);
	other = fill(&store, slot, 8);
	assert_true(other >= 0 && other != slot);
	assert_int_equal(state_of(&store, slot), IMAGE_ABSENT);
	assert_int_equal(state_of(&store, (uint32_t)other), IMAGE_READY);
	assert_int_equal(image_store_room(&store, (uint32_t)other, 2 << 20, &len)[0], 8);
	image_store_retire(&store, slot, NULL);
	image_store_retire(&store, (uint32_t)other, NULL);
	image_store_reap(&store, NULL);
	assert_int_equal(image_store_free_bytes(&store), MEMORY);
	image_store_close(&store);
}

static void a_slot_goes_with_its_contents(void **state) {
	struct image_identity later = {.path_hash = 13, .inode = 1, .mtime_ns = 9, .size = 10};
	struct image_store store;
	uint32_t slot;

	(void)state;
	open_store(&store);
	slot = assign(&store, 13, 100);
	assert_true(image_store_rename(&store, slot, &later)); // never in memory
	assert_true(image_store_is_of(&store, slot, &later));
	fill(&store, slot, 1);
	assert_false(image_store_rename(&store, slot, &later));
	image_store_evict(&store, slot, NULL);
	image_store_retire(&store, slot, NULL); // on its way out already
	assert_true(image_store_is_of(&store, slot, &later));
	image_store_reap(&store, NULL);
	assert_false(image_store_is_of(&store, slot, &later));
	slot = assign(&store, 14, 100);
	image_store_retire(&store, slot, NULL); // nothing to wait for
	assert_int_equal(store.slots[slot].path_hash, 0);
	image_store_close(&store);
}

static void a_new_dataplane_begins_a_new_grace_period(void **state) {
	struct image_store store;
	uint32_t slot;

	(void)state;
	open_store(&store);
	start_dataplane();
	played.worker.loops = 100;
	slot = load(&store, 2, 1000, 7);
	image_store_retire(&store, slot, &played.view);
	shm_unmap(&played.map);
	start_dataplane();
	played.worker.loops = 1000; // of another process: says nothing about this slot
	assert_int_equal(image_store_reap(&store, &played.view), 0);
	assert_int_equal(image_store_reap(&store, &played.view), 0);
	played.worker.loops = 1002;
	assert_int_equal(image_store_reap(&store, &played.view), 1);
	// without any dataplane there is nobody to wait for
	slot = load(&store, 3, 1000, 7);
	image_store_retire(&store, slot, NULL);
	assert_int_equal(image_store_reap(&store, NULL), 1);
	shm_unmap(&played.map);
	image_store_close(&store);
}

static void the_next_process_adopts_what_is_ready(void **state) {
	struct image_identity absent = {.path_hash = 15, .inode = 1, .mtime_ns = 2, .size = 77};
	struct image_identity ready = {.path_hash = 4, .inode = 1, .mtime_ns = 2, .size = 3 << 20};
	struct image_identity changed = {
		.path_hash = 4, .inode = 1, .mtime_ns = 3, .size = 3 << 20};
	uint32_t slot, gone, loading, waiting;
	struct image_store store, next;
	uint64_t generation;
	size_t len;

	(void)state;
	open_store(&store);
	slot = load(&store, 4, 3 << 20, 9);
	gone = load(&store, 5, 100, 1);
	loading = assign(&store, 6, 3 << 20);
	image_store_reserve(&store, loading);
	waiting = assign(&store, 15, 77);
	generation = image_store_generation(&store, slot);
	// kill -9: nothing is closed. The lock is the daemon's; here the writer is this process
	// anyway.
	open_store(&next);
	assert_true(next.adopted);
	assert_int_equal(state_of(&next, loading), IMAGE_ABSENT);
	assert_int_equal(image_store_find(&next, &changed), -ENOENT);
	assert_int_equal(image_store_find(&next, &ready), slot);
	assert_int_equal(image_store_find(&next, &absent), waiting);
	assert_int_equal(image_store_generation(&next, slot), generation);
	assert_int_equal(image_store_room(&next, slot, (3 << 20) - 1, &len)[0], 9);
	assert_false(image_store_is_unclaimed(&next, slot));
	assert_false(image_store_is_unclaimed(&next, waiting));
	assert_true(image_store_is_unclaimed(&next, loading));
	assert_true(image_store_is_unclaimed(&next, gone));
	// its places are taken: a new file does not get them
	load(&next, 7, 4 << 20, 3);
	assert_int_equal(image_store_room(&next, slot, 0, &len)[0], 9);
	image_store_close(&store);
	image_store_close(&next);
}

static void an_older_generation_is_never_given_again(void **state) {
	struct image_store store;
	uint64_t before;
	uint32_t slot;

	(void)state;
	open_store(&store);
	slot = load(&store, 8, 10, 1);
	before = image_store_generation(&store, slot);
	image_store_retire(&store, slot, NULL);
	image_store_reap(&store, NULL);
	for (uint32_t i = 0; i < store.slot_count; i++) {
		uint32_t again = load(&store, 9, 0, 1);

		if (again == slot)
			assert_true(image_store_generation(&store, again) > before);
		image_store_retire(&store, again, NULL);
		image_store_reap(&store, NULL);
	}
	image_store_close(&store);
}

// --- the catalog

static uint32_t given_up[8];
static size_t given_up_count;

static void give_up(void *context, uint32_t slot) {
	(void)context;
	given_up[given_up_count++] = slot;
}

static bool merge(struct catalog *catalog, struct image_found *found, size_t count) {
	static char *preload[] = {"*.efi"}, *boot[] = {"menu"};
	struct catalog_order order = {1, preload, 1, boot};
	struct image_walk walk = {.found = found, .count = count};

	return catalog_merge(catalog, &walk, &order, give_up, NULL);
}

static void serve(struct catalog *catalog, size_t i, uint32_t slot) {
	catalog->files[i].slot = slot;
	catalog->files[i].state = POLICY_NAME_SERVED;
	catalog->files[i].wanted = false;
}

static void the_catalog_follows_the_tree(void **state) {
	struct image_found first[] = {{"a.iso", 1, 1, 900}, {"b.cfg", 2, 1, 10}, {"menu", 3, 1, 50},
		{"x.efi", 4, 1, 5000}};
	struct image_found second[] = {
		{"a.iso", 1, 2, 900}, {"c.cfg", 5, 1, 10}, {"menu", 3, 1, 50}};
	static const char *const order[] = {"x.efi", "menu", "b.cfg", "a.iso"};
	struct catalog catalog = {0};
	struct catalog_file **list;

	(void)state;
	assert_true(merge(&catalog, first, 4));
	assert_int_equal(catalog_wanted(&catalog, &list), 4);
	for (size_t i = 0; i < 4; i++)
		assert_true(catalog.files[i].wanted);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(list[i]->path, order[i]);
	free(list);
	for (size_t i = 0; i < 4; i++)
		serve(&catalog, i, (uint32_t)i);
	assert_false(merge(&catalog, first, 4));
	assert_int_equal(catalog_wanted(&catalog, &list), 0);
	free(list);
	assert_true(merge(&catalog, second, 3));
	assert_int_equal(given_up_count, 2); // b.cfg and x.efi
	assert_int_equal(given_up[0] + given_up[1], 1 + 3);
	assert_int_equal(catalog_wanted(&catalog, &list), 2);
	assert_string_equal(list[0]->path, "c.cfg");
	assert_string_equal(list[1]->path, "a.iso");
	assert_int_equal(list[1]->slot, 0); // the old version is served until the new one is read
	free(list);
	catalog_free(&catalog);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leftovers_are_removed),
		cmocka_unit_test(room_is_free_after_grace_and_pins_only),
		cmocka_unit_test(contents_come_back_to_their_slot),
		cmocka_unit_test(other_contents_get_another_slot),
		cmocka_unit_test(a_slot_goes_with_its_contents),
		cmocka_unit_test(a_new_dataplane_begins_a_new_grace_period),
		cmocka_unit_test(the_next_process_adopts_what_is_ready),
		cmocka_unit_test(an_older_generation_is_never_given_again),
		cmocka_unit_test(the_catalog_follows_the_tree),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
