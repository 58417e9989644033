// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Where the images region lies and how large its parts are; making it, or adopting the one that a
// former process left.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shm.h"

#define IMAGE_REGION_WHY  320
#define IMAGE_REGION_PATH 256

struct image_region_plan {
	uint32_t extent_count;
	uint32_t slot_count;
	uint32_t map_count;
	uint64_t slots_offset;
	uint64_t map_offset;
	uint64_t data_offset;
	uint64_t total;
};

// The parts of a region for memory_bytes of contents.
void image_region_plan(uint64_t memory_bytes, struct image_region_plan *plan);

// Whether a region of another process has exactly these parts.
bool image_region_fits(const struct images_region *region, const struct image_region_plan *plan);

// Adopts or makes the region and links runtime_dir/images to it. path gets the file's own name,
// *adopted whether a former process made it. 0, or -errno with a sentence that says what to do.
int image_region_open(const char *runtime_dir, const struct image_region_plan *plan,
	struct shm_map *map, char path[IMAGE_REGION_PATH], bool *adopted,
	char why[IMAGE_REGION_WHY]);

// Removes what a process that was killed has left under the names that image_region_open makes,
// finished or not, linked or not. No rouse-control may run in runtime_dir.
void image_region_remove(const char *runtime_dir);

// "/run/rouse" in directory "/dev/shm": "/dev/shm/rouse-run-rouse-images".
char *image_region_path(
	const char *directory, const char *runtime_dir, char path[IMAGE_REGION_PATH]);
