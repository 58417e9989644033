// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the image thread tells the others: all files with what became of them. Immutable and
// counted; whoever holds a reference may read it from any thread.

#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "rendered.h"
#include "shm_abi.h"

struct image_entry {
	const char *path;
	uint64_t size;
	int64_t mtime_ns;
	uint64_t generation;
	uint32_t slot;
	uint16_t state;     // enum policy_name_state
	bool served;        // slot and generation say where; a file of another state has none
	bool preload;       // it is evicted last
	const char *reason; // why it is not served; ""
};

struct image_left {
	const char *path;
	const char *reason;
};

// Where a rendered text is.
struct image_rendered_place {
	bool served; // false: it has no place in memory
	uint32_t slot;
	uint64_t generation;
};

struct image_table {
	struct arena arena;
	atomic_uint users;
	uint64_t version;
	bool complete; // the first pass is over: what fits is in memory
	bool watching; // changes are seen at once; otherwise every 30 s
	size_t count;
	struct image_entry *entries; // by path
	size_t netascii_count;
	struct image_entry *netascii; // variants, by the path of their file
	uint64_t netascii_dropped;    // variants that made room for others
	size_t left_count;
	struct image_left *left_out;
	uint64_t memory_bytes;
	bool huge;
	const char *region_path;
	struct rendered_set *rendered;                // NULL: none was given yet
	struct image_rendered_place *rendered_places; // of each of its texts
};

// The entry of a path, or NULL.
const struct image_entry *image_table_find(const struct image_table *table, const char *path);

struct image_table *image_table_hold(struct image_table *table);
void image_table_drop(struct image_table *table);
