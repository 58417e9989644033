// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The table that the image thread hands out when catalog or slots have changed. What is in memory
// at the moment is not part of it: image_service_look tells that of each slot.

#include <string.h>

#include "arena.h"
#include "control_log.h"
#include "image_keeper.h"

static struct image_entry entry_of(
	struct image_service *s, struct image_table *table, const struct catalog_file *file) {
	bool served = file->slot != IMAGE_NO_SLOT;
	const struct image_slot *slot = served ? &s->store.slots[file->slot] : NULL;

	return (struct image_entry){
		.path = arena_text(&table->arena, file->path, strlen(file->path)),
		.size = served ? slot->size : file->identity.size,
		.mtime_ns = served ? slot->mtime_ns : file->identity.mtime_ns,
		.generation = served ? image_store_generation(&s->store, file->slot) : 0,
		.slot = served ? file->slot : 0,
		.state = file->state,
		.served = served,
		.preload = file->rank == CATALOG_PRELOAD,
		.reason = served ? "" : file->reason,
	};
}

static void add_entries(struct image_service *s, struct image_table *table) {
	table->entries = arena_alloc(&table->arena, s->catalog.count * sizeof(*table->entries));
	for (size_t i = 0; i < s->catalog.count; i++)
		table->entries[table->count++] = entry_of(s, table, &s->catalog.files[i]);
}

static struct image_entry variant_entry_of(
	struct image_service *s, struct image_table *table, const struct catalog_file *file) {
	const struct image_slot *slot = &s->store.slots[file->netascii];

	return (struct image_entry){
		.path = arena_text(&table->arena, file->path, strlen(file->path)),
		.size = slot->size,
		.mtime_ns = slot->mtime_ns,
		.generation = image_store_generation(&s->store, file->netascii),
		.slot = file->netascii,
		.state = POLICY_NAME_SERVED,
		.served = true,
		.reason = "",
	};
}

static void add_variants(struct image_service *s, struct image_table *table) {
	table->netascii = arena_alloc(&table->arena, s->variant_count * sizeof(*table->netascii));
	for (size_t i = 0; i < s->catalog.count && table->netascii_count < s->variant_count; i++)
		if (s->catalog.files[i].netascii != IMAGE_NO_SLOT)
			table->netascii[table->netascii_count++] =
				variant_entry_of(s, table, &s->catalog.files[i]);
	table->netascii_dropped = s->variants_dropped;
}

static void add_left_out(struct image_service *s, struct image_table *table) {
	table->left_out =
		arena_alloc(&table->arena, s->walk.left_out_count * sizeof(*table->left_out));
	for (size_t i = 0; i < s->walk.left_out_count; i++) {
		const char *path = s->walk.left_out[i].path;

		table->left_out[table->left_count++] = (struct image_left){
			.path = arena_text(&table->arena, path, strlen(path)),
			.reason = s->walk.left_out[i].reason,
		};
	}
}

static struct image_table *make_table(struct image_service *s) {
	struct image_table *table = mem_alloc(sizeof(*table));

	atomic_init(&table->users, 1);
	table->version = s->version++;
	table->complete = s->complete;
	table->watching = !s->watch.unreliable;
	table->memory_bytes = s->memory_bytes;
	table->huge = s->store.huge;
	table->region_path = arena_text(&table->arena, s->store.path, strlen(s->store.path));
	add_entries(s, table);
	add_variants(s, table);
	add_left_out(s, table);
	image_rendered_report(s, table);
	return table;
}

void image_report_table(struct image_service *s) {
	struct image_table *table = make_table(s), *old;

	pthread_mutex_lock(&s->shared.lock);
	old = s->shared.table;
	s->shared.table = table;
	pthread_mutex_unlock(&s->shared.lock);
	image_table_drop(old);
	s->dirty = false;
	s->last_table_ms = image_keeper_now_ms();
	s->notify(s->context);
}

void image_report_complete(struct image_service *s) {
	size_t resident = 0;
	uint64_t bytes = 0;

	for (size_t i = 0; i < s->catalog.count; i++) {
		uint32_t slot = s->catalog.files[i].slot;

		if (slot == IMAGE_NO_SLOT || image_store_state(&s->store, slot) != IMAGE_READY)
			continue;
		resident++;
		bytes += s->store.slots[slot].size;
	}
	control_log(CONTROL_NOTICE, "%zu of %zu files below %s are in memory, %llu MiB, in %s",
		resident, s->catalog.count, s->boot_root, (unsigned long long)(bytes >> 20),
		s->store.path);
	s->complete = true;
	s->dirty = true;
}
