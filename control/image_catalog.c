// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "image_catalog.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "hash.h"
#include "text.h"

struct image_identity catalog_identity(const struct image_found *found) {
	uint64_t hash = hash_fnv(found->path, strlen(found->path));

	return (struct image_identity){
		.path_hash = hash ? hash : 1,
		.inode = found->inode,
		.mtime_ns = found->mtime_ns,
		.size = found->size,
	};
}

static bool same(const struct image_identity *a, const struct image_identity *b) {
	return a->inode == b->inode && a->mtime_ns == b->mtime_ns && a->size == b->size;
}

static uint8_t rank_of(const char *path, const struct catalog_order *order) {
	for (size_t i = 0; i < order->preload_count; i++)
		if (text_glob(order->preload[i], strlen(order->preload[i]), path, strlen(path),
			    false))
			return CATALOG_PRELOAD;
	for (size_t i = 0; i < order->boot_count; i++)
		if (!strcmp(order->boot[i], path))
			return CATALOG_BOOT;
	return CATALOG_OTHER;
}

static struct catalog_file new_file(const struct image_found *found) {
	return (struct catalog_file){
		.path = mem_text(found->path),
		.identity = catalog_identity(found),
		.slot = IMAGE_NO_SLOT,
		.netascii = IMAGE_NO_SLOT,
		.state = POLICY_NAME_SERVED,
		.reason = "",
		.wanted = true,
	};
}

// A file that was there before: its version may be another one. What could not be loaded is tried
// again, since the reason may have gone.
static bool update_file(struct catalog_file *file, const struct image_found *found) {
	struct image_identity identity = catalog_identity(found);
	bool changed = !same(&file->identity, &identity);

	if (changed || file->state != POLICY_NAME_SERVED) {
		file->identity = identity;
		file->wanted = true;
	}
	return changed;
}

static void drop_file(
	struct catalog_file *file, void (*gone)(void *context, uint32_t slot), void *context) {
	if (file->slot != IMAGE_NO_SLOT)
		gone(context, file->slot);
	if (file->netascii != IMAGE_NO_SLOT)
		gone(context, file->netascii);
	free(file->path);
}

bool catalog_merge(struct catalog *catalog, const struct image_walk *walk,
	const struct catalog_order *order, void (*gone)(void *context, uint32_t slot),
	void *context) {
	struct catalog_file *files = mem_alloc(walk->count * sizeof(*files));
	bool changed = false;
	size_t old = 0;

	for (size_t i = 0; i < walk->count; i++) {
		int compared = -1;

		for (; old < catalog->count; old++) {
			compared = strcmp(walk->found[i].path, catalog->files[old].path);
			if (compared <= 0)
				break;
			drop_file(&catalog->files[old], gone, context);
			changed = true;
		}
		if (old < catalog->count && compared == 0) {
			files[i] = catalog->files[old++];
			changed |= update_file(&files[i], &walk->found[i]);
		} else {
			files[i] = new_file(&walk->found[i]);
			changed = true;
		}
		files[i].rank = rank_of(files[i].path, order);
	}
	for (; old < catalog->count; old++) {
		drop_file(&catalog->files[old], gone, context);
		changed = true;
	}
	free(catalog->files);
	catalog->files = files;
	catalog->count = walk->count;
	return changed;
}

static int in_order(const void *a, const void *b) {
	const struct catalog_file *x = *(struct catalog_file *const *)a;
	const struct catalog_file *y = *(struct catalog_file *const *)b;

	if (x->rank != y->rank)
		return x->rank - y->rank;
	if (x->identity.size != y->identity.size)
		return x->identity.size < y->identity.size ? -1 : 1;
	return strcmp(x->path, y->path);
}

size_t catalog_wanted(const struct catalog *catalog, struct catalog_file ***list) {
	size_t count = 0;

	*list = mem_alloc(catalog->count * sizeof(**list));
	for (size_t i = 0; i < catalog->count; i++)
		if (catalog->files[i].wanted)
			(*list)[count++] = &catalog->files[i];
	if (count)
		qsort(*list, count, sizeof(**list), in_order);
	return count;
}

void catalog_free(struct catalog *catalog) {
	for (size_t i = 0; i < catalog->count; i++)
		free(catalog->files[i].path);
	free(catalog->files);
	*catalog = (struct catalog){0};
}
