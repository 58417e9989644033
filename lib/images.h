// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Reading the images region. Used by the dataplane's workers, by the command and by tests: every
// index that comes from the region is checked before use, because control may write it meanwhile.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shm_abi.h"

// A mapped and checked region: sizes are copies taken at attach, never read again.
struct images {
	const struct image_slot *slots;
	const _Atomic uint32_t *map;
	const uint8_t *data;
	uint32_t slot_count;
	uint32_t map_count;
	uint32_t extent_count;
};

// What a transfer keeps of a file: private copies, taken while the slot was READY.
struct image_ref {
	uint32_t slot;
	uint64_t generation;
	uint64_t size;
	uint32_t map_first;
	uint32_t map_count;
	uint32_t first_offset;
};

// Checks the region's own counts and offsets against its size. 0, or -EBADMSG.
int images_attach(const void *region, size_t size, struct images *images);

// Takes a reference. -ENOENT: another generation or not READY; -EBADMSG: fields that contradict
// each other. The caller pins the slot in state before it calls, and unpins when it fails.
int images_ref(
	const struct images *images, uint32_t slot, uint64_t generation, struct image_ref *ref);

// Whether images_ref would find this generation now. Any slot may be asked for.
bool images_is_ready(const struct images *images, uint32_t slot, uint64_t generation);

// The slot and generation that have a version in netascii, in place of that version's own. 0;
// -ENOENT: there are none so far; -EFBIG: there will be none. *slot may be out of range.
int images_netascii(const struct images *images, uint32_t *slot, uint64_t *generation);

// Whether the slot still holds what ref was taken of.
bool images_valid(const struct images *images, const struct image_ref *ref);

// The longest run of bytes of the file at offset that is contiguous in memory, at most want bytes.
// Returns its length and sets *at; 0 at the end of the file or when the map is not to be believed.
size_t images_run(const struct images *images, const struct image_ref *ref, uint64_t offset,
	size_t want, const uint8_t **at);
