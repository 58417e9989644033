// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A short list: machines of a run read the same few files.

#include "storm_catalog.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

// A name that leads out of the tree is a file that is not there.
static void compare_with_tree(struct storm_catalog *catalog, struct storm_catalog_file *file) {
	char path[PATH_MAX];
	int len = snprintf(
		path, sizeof(path), "%s/%s", catalog->tree, file->name + strspn(file->name, "/"));

	file->content.absent = len >= PATH_MAX || strstr(file->name, "..") ||
			       storm_content_map(&file->content, path) < 0;
}

static struct storm_catalog_file *add(struct storm_catalog *catalog, const char *name) {
	struct storm_catalog_file *file = &catalog->files[catalog->count];

	if (catalog->count == STORM_CATALOG_SIZE || strlen(name) >= sizeof(file->name))
		return NULL;
	catalog->count++;
	*file = (struct storm_catalog_file){0};
	memcpy(file->name, name, strlen(name));
	if (catalog->tree)
		compare_with_tree(catalog, file);
	else if (catalog->is_given)
		file->content = catalog->given;
	return file;
}

struct storm_catalog_file *storm_catalog_at(struct storm_catalog *catalog, const char *name) {
	for (uint32_t i = 0; i < catalog->count; i++) {
		if (!strcmp(catalog->files[i].name, name))
			return &catalog->files[i];
	}
	return add(catalog, name);
}

void storm_catalog_close(struct storm_catalog *catalog) {
	for (uint32_t i = 0; catalog->tree && i < catalog->count; i++)
		storm_content_close(&catalog->files[i].content);
	storm_content_close(&catalog->given);
	catalog->count = 0;
}
