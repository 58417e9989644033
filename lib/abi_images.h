// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The images region: a residency table, an extent map, then extents of 2 MiB with the contents of
// files. Control writes it; the dataplane bounds-checks every index that it reads from it.

#pragma once

#include "shm_abi.h"

#define IMAGE_EXTENT_SHIFT 21
#define IMAGE_EXTENT_BYTES (1u << IMAGE_EXTENT_SHIFT)
#define IMAGE_SMALL_MAX    (1u << 20) // larger files own whole extents
#define IMAGE_SMALL_MIN    256u       // smallest slot of a shared extent
#define IMAGE_MAP_FACTOR   4u         // extent-map entries per extent, against fragmentation
#define IMAGE_MAX_SLOTS    65536u

enum image_state {
	IMAGE_ABSENT = 0,
	IMAGE_LOADING = 1,
	IMAGE_READY = 2,
	IMAGE_EVICTING = 3,
};

// A slot's word: generation << 8 | enum image_state. Stored by control with release, loaded by
// readers with acquire; the other fields are constant while the state is READY. The generation
// stays when the contents leave the memory and come back: the same generation means the same
// contents.
#define IMAGE_WORD(generation, state) ((uint64_t)(generation) << 8 | (uint64_t)(state))
#define IMAGE_WORD_STATE(word)        ((enum image_state)((word)&0xff))
#define IMAGE_WORD_GENERATION(word)   ((word) >> 8)

// A version of a file, as others refer to it: its slot's number and generation.
#define IMAGE_LINK(slot, generation) ((uint64_t)(generation) << 16 | (uint16_t)(slot))
#define IMAGE_LINK_SLOT(link)        ((uint32_t)((link)&0xffff))
#define IMAGE_LINK_GENERATION(link)  ((link) >> 16)
#define IMAGE_LINK_NONE              UINT64_C(0)
#define IMAGE_LINK_REFUSED           UINT64_MAX // there is none, and there will be none

// One version of one file, whether it is in memory or not. A changed file takes another slot; the
// old one stays while pinned.
struct image_slot {
	_Atomic uint64_t word;
	uint64_t size;         // bytes
	uint32_t map_first;    // first entry in the extent map
	uint32_t map_count;    // entries; 1 for a file that shares an extent, 0 for an empty file
	uint32_t first_offset; // where the file begins in its first extent (0 unless it shares it)
	uint32_t pad0;
	uint64_t path_hash; // of the name below boot_root, 0: the slot is nobody's; control's own,
			    // to adopt slots after a restart, as are the next two
	uint64_t inode;
	int64_t mtime_ns;
	uint64_t loaded_unix_ns;   // when it was read last; 0: never
	uint8_t sha256[32];        // of the contents, if it was read ever
	_Atomic uint64_t netascii; // IMAGE_LINK of the slot that has the same version in netascii
	uint8_t pad1[24];
};
static_assert(sizeof(struct image_slot) == 128, "image_slot");
static_assert(offsetof(struct image_slot, sha256) == 64, "image_slot.sha256");
static_assert(IMAGE_MAX_SLOTS <= 1u << 16, "a slot has 16 bits in a link");

struct images_region {
	struct shm_header header;
	uint32_t slot_count;
	uint32_t extent_count;
	uint32_t map_count;
	uint32_t pad0;
	uint64_t slots_offset; // struct image_slot[slot_count]
	uint64_t map_offset;   // _Atomic uint32_t[map_count]: numbers of extents
	uint64_t data_offset;  // extent 0; a multiple of IMAGE_EXTENT_BYTES
	uint8_t pad1[ROUSE_PAGE - sizeof(struct shm_header) - 40];
};
static_assert(sizeof(struct images_region) == ROUSE_PAGE, "images_region");
