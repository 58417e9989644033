// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The images region as its writer sees it: makes or adopts it, gives slots to versions of files and
// room to their contents, and takes both back when no transfer uses them. One thread calls
// everything here.
//
// A version of a file has its slot and generation from image_store_assign on until
// image_store_retire, whether it is in memory or not. Its contents come and go: ABSENT -> LOADING
// (image_store_reserve) -> READY (image_store_commit) -> EVICTING (image_store_evict) -> ABSENT
// (image_store_reap, after a grace period and without pins).

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
	uint64_t path_hash; // never 0
	uint64_t inode;
	int64_t mtime_ns;
	uint64_t size;
};

struct image_book; // private notes about one slot
struct image_mark; // of the index by which slots of a former process are found

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
	struct image_mark *marks; // of a former process's slots, by path_hash
	uint32_t mark_count;
	uint32_t next_slot;  // where the search for a free one begins
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

// A slot for a version of a file, with a generation of its own; ABSENT. Its number, or -ENOSPC.
int64_t image_store_assign(struct image_store *store, const struct image_identity *identity);

// Whether the slot is of this version.
bool image_store_is_of(
	const struct image_store *store, uint32_t slot, const struct image_identity *identity);

// Makes a slot whose contents were never in memory one of another version. False: they were.
bool image_store_rename(
	struct image_store *store, uint32_t slot, const struct image_identity *identity);

// Room for the contents: LOADING. 0; -EBUSY: the slot is not ABSENT; -ENOSPC.
int image_store_reserve(struct image_store *store, uint32_t slot);

// Where the bytes from offset on are to be written, contiguous for *len bytes.
uint8_t *image_store_room(struct image_store *store, uint32_t slot, uint64_t offset, size_t *len);

// The contents are whole: READY. Other contents than the slot had before, without a sign of it on
// disk, are another version: they go to another slot, and this one is ABSENT again. Returns the
// slot that is READY, or -ENOSPC.
int64_t image_store_commit(
	struct image_store *store, uint32_t slot, const uint8_t sha256[32], uint64_t unix_ns);

// The file could not be read: ABSENT again.
void image_store_abort(struct image_store *store, uint32_t slot);

// The contents make room: EVICTING. No new transfer begins.
void image_store_evict(struct image_store *store, uint32_t slot, const struct state_view *state);

// Nothing is put beside these contents any more, in an extent that they share.
void image_store_close_extent(struct image_store *store, uint32_t slot);

// Nobody asks for this version any more: the contents go if they are there, and then the slot.
void image_store_retire(struct image_store *store, uint32_t slot, const struct state_view *state);

// Takes the room of contents whose grace period is over and that nobody pins. state: NULL when
// there is no dataplane. Returns how many.
uint32_t image_store_reap(struct image_store *store, const struct state_view *state);

// The slot that a former process gave to this version: its number, or -ENOENT.
int64_t image_store_find(const struct image_store *store, const struct image_identity *identity);

// Whether a slot of a former process was never found: its file is gone or another version by now.
bool image_store_is_unclaimed(const struct image_store *store, uint32_t slot);

// Tells the dataplane where a version is in netascii: IMAGE_LINK of another slot, IMAGE_LINK_NONE
// or IMAGE_LINK_REFUSED.
void image_store_link(struct image_store *store, uint32_t slot, uint64_t link);

// What the variant in netascii of a version is known by, but for its size, which is to be set.
struct image_identity image_store_variant_of(const struct image_identity *identity);
bool image_store_is_variant(const struct image_store *store, uint32_t slot, uint32_t variant);

// The slot that a former process gave to the variant of a version: its number, or -ENOENT.
int64_t image_store_find_variant(struct image_store *store, uint32_t slot);

// Whether contents are to be evicted last.
void image_store_keep(struct image_store *store, uint32_t slot, bool keep);
bool image_store_is_kept(const struct image_store *store, uint32_t slot);

enum image_state image_store_state(const struct image_store *store, uint32_t slot);
uint64_t image_store_generation(const struct image_store *store, uint32_t slot);
uint64_t image_store_free_bytes(const struct image_store *store);
