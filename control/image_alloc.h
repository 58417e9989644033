// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Where in the images region a file's contents go. A file over IMAGE_SMALL_MAX owns whole extents;
// a smaller one gets a power-of-two slot in an extent that it shares with others of its class.
// Extents are named by ranges of the extent map; all files of a shared extent use its one entry.
// Keeps its books in private memory, so that a region of a former process can be adopted file by
// file.

#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shm_abi.h"

// What a slot of the residency table holds about the place of its file.
struct image_place {
	uint32_t map_first;
	uint32_t map_count;
	uint32_t first_offset;
};

struct image_alloc;

// map: the region's extent map, map_count entries, written by image_alloc_take.
struct image_alloc *image_alloc_new(
	uint32_t extent_count, _Atomic uint32_t *map, uint32_t map_count);
void image_alloc_free(struct image_alloc *alloc);

// 0, or -ENOSPC. An empty file takes nothing.
int image_alloc_take(struct image_alloc *alloc, uint64_t size, struct image_place *place);

// Whether image_alloc_take would find room, as far as extents go.
bool image_alloc_fits(const struct image_alloc *alloc, uint64_t size);

// Extents of its own that a file of this size takes; one for a small one that finds no shared
// extent.
uint64_t image_alloc_extents(uint64_t size);

// Marks a place that a former process took. -EINVAL: it is not one that image_alloc_take could have
// given beside those claimed before.
int image_alloc_claim(struct image_alloc *alloc, uint64_t size, const struct image_place *place);

// Gives a place back that was taken or claimed with the same size.
void image_alloc_give(struct image_alloc *alloc, uint64_t size, const struct image_place *place);

// What shares an extent with this place is on its way out: no more is put there until all is given
// back, or small files would keep the extent from ever being free.
void image_alloc_close(struct image_alloc *alloc, uint64_t size, const struct image_place *place);

// Extents that nobody uses.
uint32_t image_alloc_free_extents(const struct image_alloc *alloc);
