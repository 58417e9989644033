// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "image_table.h"

#include <stdlib.h>
#include <string.h>

static int by_path(const void *key, const void *entry) {
	return strcmp(key, ((const struct image_entry *)entry)->path);
}

const struct image_entry *image_table_find(const struct image_table *table, const char *path) {
	if (!table || !table->count)
		return NULL;
	return bsearch(path, table->entries, table->count, sizeof(*table->entries), by_path);
}

struct image_table *image_table_hold(struct image_table *table) {
	if (table)
		atomic_fetch_add(&table->users, 1);
	return table;
}

void image_table_drop(struct image_table *table) {
	if (!table || atomic_fetch_sub(&table->users, 1) != 1)
		return;
	rendered_set_drop(table->rendered);
	arena_free(&table->arena);
	free(table);
}
