// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Reads one file into the images region.

#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "image_store.h"

enum image_load_result {
	IMAGE_LOADED,
	IMAGE_CHANGING,   // was written to while it was read: try again
	IMAGE_NO_MEMORY,  // does not fit what is free
	IMAGE_UNREADABLE, // error says why
	IMAGE_STOPPED,
};

struct image_loaded {
	struct image_identity identity; // of what was read
	uint32_t slot;
	uint64_t generation;
	uint64_t unix_ns;
	uint8_t sha256[32];
	int error; // positive errno, for IMAGE_UNREADABLE
};

// The content is taken only if size, mtime and inode are equal before and after reading; a file
// that was written to within the last IMAGE_SETTLE_MS counts as changing. Ends early when *stop is
// set.
#define IMAGE_SETTLE_MS 200

enum image_load_result image_load(struct image_store *store, int root_fd, const char *path,
	uint64_t path_hash, const atomic_bool *stop, struct image_loaded *loaded);
