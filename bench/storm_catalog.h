// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The files that a run has asked for, by name: what each must contain, and how large it was.

#pragma once

#include "storm_content.h"
#include "storm_model.h"

#define STORM_CATALOG_SIZE 64u

struct storm_catalog_file {
	char name[STORM_FILE_NAME_SIZE];
	struct storm_content content;
	uint64_t size; // of the first transfer that was whole
	bool seen;
};

struct storm_catalog {
	const char *tree;           // local directory that files must equal, or NULL
	struct storm_content given; // of every file that has no other, when is_given
	bool is_given;
	uint32_t count;
	struct storm_catalog_file files[STORM_CATALOG_SIZE];
};

// The file of this name, added if it is new; NULL if there is no room for it. With a tree its
// content is that of the local file, and there must be none if there is no such file.
struct storm_catalog_file *storm_catalog_at(struct storm_catalog *catalog, const char *name);
void storm_catalog_close(struct storm_catalog *catalog);
