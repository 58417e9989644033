// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Lists the files below boot_root that can be served. Symbolic links are followed only while their
// target stays inside; what is left out is listed with the reason.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

#define IMAGE_WALK_DEPTH 32u

enum image_choice {
	IMAGE_TAKE,
	IMAGE_HIDDEN, // begins with a dot: .git, .name.swp, rsync's .name.XXXXXX
	IMAGE_BACKUP, // ends with ~
};

// What a file's or directory's own name says about it.
enum image_choice image_walk_choice(const char *name);

struct image_found {
	const char *path; // below boot_root
	uint64_t inode;
	int64_t mtime_ns;
	uint64_t size;
};

struct image_left_out {
	const char *path;
	const char *reason;
};

struct image_walk {
	struct arena arena; // of everything listed
	struct image_found *found;
	size_t count;
	struct image_left_out *left_out;
	size_t left_out_count;
	size_t hidden;
	uint32_t max_files;
	// Called for each directory before it is read, with its path below boot_root ("" for the
	// root itself) and a descriptor.
	void (*directory)(void *context, int fd, const char *path);
	void *context;
};

// Walks all of root_fd and sorts what it found by path. 0, or -errno if root_fd cannot be read.
int image_walk_run(struct image_walk *walk, int root_fd);
void image_walk_free(struct image_walk *walk);

// Opens a file below root_fd without leaving it. A descriptor, or -errno.
int image_walk_open(int root_fd, const char *path, int flags);
