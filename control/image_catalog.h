// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The image thread's own list of files: what was found, what is served, what has to be loaded and
// in which order. No I/O.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image_store.h"
#include "image_walk.h"

#define IMAGE_NO_SLOT   UINT32_MAX
#define IMAGE_TRIES_MAX 3u

struct catalog_file {
	char *path;
	struct image_identity identity; // as found last
	uint32_t slot;                  // of the version that is served; IMAGE_NO_SLOT: none is
	uint32_t netascii;              // of its variant; IMAGE_NO_SLOT: nobody has asked for one
	uint16_t state;                 // enum policy_name_state
	const char *reason;
	bool wanted;       // to be loaded without anybody's asking
	uint8_t tries;     // how often it was found changing
	uint64_t retry_ms; // before that it is not looked at again, as it was found changing
	uint8_t rank;      // order of loading
};

struct catalog {
	size_t count;
	struct catalog_file *files; // by path
};

// Patterns and names that are loaded first.
struct catalog_order {
	size_t preload_count;
	char **preload;
	size_t boot_count;
	char **boot; // files of the boot rules
};

enum catalog_rank {
	CATALOG_PRELOAD,
	CATALOG_BOOT,
	CATALOG_OTHER,
};

// Compares with what a walk found. The slots of files that are there no more are given to gone,
// which takes care of them; new and changed ones become wanted; those that could not be read are
// wanted again. Returns whether anything that others see has changed.
bool catalog_merge(struct catalog *catalog, const struct image_walk *walk,
	const struct catalog_order *order, void (*gone)(void *context, uint32_t slot),
	void *context);

// All wanted files in the order of loading: preload, boot files, then by size, so that as many as
// possible fit. Returns their number; *list is to be freed and good until the next merge.
size_t catalog_wanted(const struct catalog *catalog, struct catalog_file ***list);

struct image_identity catalog_identity(const struct image_found *found);

void catalog_free(struct catalog *catalog);
