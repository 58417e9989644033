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
	IMAGE_BUSY,       // its slot still has contents that are on their way out
	IMAGE_UNREADABLE, // error says why
	IMAGE_STOPPED,
};

struct image_job {
	struct image_store *store;
	int root_fd;
	const char *path;
	uint64_t path_hash;
	uint32_t slot; // of the version that was found last, or UINT32_MAX
	const atomic_bool *stop;
	// Called between two pieces of a large file, so that small ones need not wait for it; may
	// call image_load for another file.
	void (*between)(void *context);
	void *context;
};

struct image_loaded {
	struct image_identity identity; // of what was read, if it could be opened
	uint32_t slot; // another one than the job's, if the file is another version by now
	int error;     // positive errno, for IMAGE_UNREADABLE
};

// The content is taken only if size, mtime and inode are equal before and after reading; a file
// that was written to within the last IMAGE_SETTLE_MS counts as changing. Ends early when *stop is
// set.
#define IMAGE_SETTLE_MS 200

enum image_load_result image_load(const struct image_job *job, struct image_loaded *loaded);

// What identifies the file that is open. 0, or -errno.
int image_load_identify(int fd, uint64_t path_hash, struct image_identity *identity);
