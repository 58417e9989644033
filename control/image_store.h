// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The images region as its writer sees it: makes or adopts it, gives slots and room to files, and
// takes both back when no transfer uses them. One thread calls everything here.
//
// The life of a slot: ABSENT -> LOADING (image_store_reserve) -> READY (image_store_commit) ->
// EVICTING (image_store_retire) -> ABSENT (image_store_reap, after a grace period and without
// pins).

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image_alloc.h"
#include "shm.h"
#include "state_view.h"

#define IMAGE_STORE_WHY 320

// What identifies one version of a file.
struct image_identity {
	uint64_t path_hash;
	uint64_t inode;
	int64_t mtime_ns;
	uint64_t size;
};

struct image_book; // private notes about one slot

struct image_store {
	struct shm_map map;
	char path[256]; // of the file itself
	bool huge;
	bool adopted;
	struct images_region *region;
	struct image_slot *slots;
	_Atomic uint32_t *extents;
	uint8_t *data;
	uint32_t slot_count;
	uint32_t extent_count;
	struct image_alloc *alloc;
	struct image_book *books;
	uint32_t next_slot;  // where the search for an ABSENT one begins
	uint32_t used_slots; // slots from here on were never used
	uint32_t evicting;
};

// Adopts the region of a former process if it has the size that memory_bytes gives, else makes one:
// in hugetlbfs where pages are to spare, in /dev/shm otherwise. Leaves runtime_dir/images pointing
// to it. 0, or -errno with a sentence that says what to do.
int image_store_open(struct image_store *store, const char *runtime_dir, uint64_t memory_bytes,
	char why[IMAGE_STORE_WHY]);
void image_store_close(struct image_store *store);

// Stores the heartbeat; about once a second.
void image_store_beat(struct image_store *store, uint64_t boottime_ns);

// A slot in state LOADING with room for a file. Its number, or -ENOSPC.
int64_t image_store_reserve(struct image_store *store, const struct image_identity *identity);

// Where the bytes from offset on are to be written, contiguous for *len bytes.
uint8_t *image_store_room(struct image_store *store, uint32_t slot, uint64_t offset, size_t *len);

// The file is whole: READY. Returns the slot's generation.
uint64_t image_store_commit(
	struct image_store *store, uint32_t slot, const uint8_t sha256[32], uint64_t unix_ns);

// The file could not be read: ABSENT again.
void image_store_abort(struct image_store *store, uint32_t slot);

// Nobody asks for this file any more: EVICTING. No new transfer begins.
void image_store_retire(struct image_store *store, uint32_t slot, const struct state_view *state);

// Frees retired slots whose grace period is over and that nobody pins. state: NULL when there is no
// dataplane. Returns how many it freed.
uint32_t image_store_reap(struct image_store *store, const struct state_view *state);

// A READY slot that a former process loaded with this identity: its number, or -ENOENT.
int64_t image_store_find(const struct image_store *store, const struct image_identity *identity);

// Whether a slot is READY but was never found: its file is gone or another version by now.
bool image_store_is_unclaimed(const struct image_store *store, uint32_t slot);

uint64_t image_store_generation(const struct image_store *store, uint32_t slot);
uint64_t image_store_free_bytes(const struct image_store *store);
