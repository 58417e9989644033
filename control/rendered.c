// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "rendered.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

struct rendered_text *rendered_text_new(const char *bytes, size_t len) {
	struct rendered_text *text = mem_alloc(sizeof(*text) + len);

	atomic_init(&text->users, 1);
	text->len = (uint32_t)len;
	memcpy(text->bytes, bytes, len);
	gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes, len, text->sha256);
	return text;
}

struct rendered_text *rendered_text_hold(struct rendered_text *text) {
	if (text)
		atomic_fetch_add_explicit(&text->users, 1, memory_order_relaxed);
	return text;
}

void rendered_text_drop(struct rendered_text *text) {
	if (text && atomic_fetch_sub_explicit(&text->users, 1, memory_order_acq_rel) == 1)
		free(text);
}

struct rendered_set *rendered_set_new(uint64_t version) {
	struct rendered_set *set = mem_alloc(sizeof(*set));

	atomic_init(&set->users, 1);
	set->version = version;
	return set;
}

static void make_room(struct rendered_set *set) {
	if (set->file_count == set->file_size) {
		set->file_size = set->file_size ? 2 * set->file_size : 64;
		set->files = mem_resize(set->files, set->file_size * sizeof(*set->files));
	}
	if (set->text_count == set->text_size) {
		set->text_size = set->text_size ? 2 * set->text_size : 64;
		set->texts =
			mem_resize(set->texts, set->text_size * sizeof(struct rendered_text *));
	}
}

bool rendered_set_add(struct rendered_set *set, const uint8_t mac[6], bool order, const char *name,
	struct rendered_text *text) {
	struct rendered_file *file;

	if (set->file_count == RENDERED_FILES_MAX || strlen(name) > RENDERED_NAME_MAX)
		return false;
	make_room(set);
	file = &set->files[set->file_count++];
	*file = (struct rendered_file){
		.common = !mac, .order = order, .text = (uint32_t)set->text_count};
	if (mac)
		memcpy(file->mac, mac, sizeof(file->mac));
	memcpy(file->name, name, strlen(name));
	set->texts[set->text_count++] = rendered_text_hold(text);
	return true;
}

static const char *copy_text(struct rendered_set *set, const char *text) {
	return text && text[0] ? arena_text(&set->arena, text, strlen(text)) : NULL;
}

void rendered_set_add_node(struct rendered_set *set, const struct rendered_node *node) {
	struct rendered_node *added;

	if (set->node_count == set->node_size) {
		set->node_size = set->node_size ? 2 * set->node_size : 64;
		set->nodes = mem_resize(set->nodes, set->node_size * sizeof(*set->nodes));
	}
	added = &set->nodes[set->node_count++];
	*added = *node;
	added->name = copy_text(set, node->name);
	added->role = copy_text(set, node->role);
	added->order_last = copy_text(set, node->order_last);
}

static int by_mac(const void *a, const void *b) {
	const struct rendered_node *x = a, *y = b;

	return memcmp(x->mac, y->mac, sizeof(x->mac));
}

const struct rendered_node *rendered_set_find(
	const struct rendered_set *set, const uint8_t mac[6]) {
	struct rendered_node wanted = {0};

	if (!set || !set->node_count)
		return NULL;
	memcpy(wanted.mac, mac, sizeof(wanted.mac));
	return bsearch(&wanted, set->nodes, set->node_count, sizeof(*set->nodes), by_mac);
}

// A text with the place that it had while names were added.
struct placed {
	struct rendered_text *text;
	uint32_t place;
};

static int by_hash(const void *a, const void *b) {
	const struct placed *x = a, *y = b;

	return memcmp(x->text->sha256, y->text->sha256, RENDERED_SHA_SIZE);
}

// Keeps the first of equal texts; where says for each old place the new one.
static void merge(struct rendered_set *set, const struct placed *placed, uint32_t *where) {
	size_t count = 0;

	for (size_t i = 0; i < set->text_count; i++) {
		// Not with the one before in placed, which may be freed by now.
		bool same = count && !memcmp(placed[i].text->sha256, set->texts[count - 1]->sha256,
					     RENDERED_SHA_SIZE);

		if (same)
			rendered_text_drop(placed[i].text);
		else
			set->texts[count++] = placed[i].text;
		where[placed[i].place] = (uint32_t)count - 1;
	}
	set->text_count = count;
}

void rendered_set_finish(struct rendered_set *set) {
	struct placed *placed = mem_alloc(set->text_count * sizeof(*placed));
	uint32_t *where = mem_alloc(set->text_count * sizeof(*where));

	for (size_t i = 0; i < set->text_count; i++)
		placed[i] = (struct placed){set->texts[i], (uint32_t)i};
	qsort(placed, set->text_count, sizeof(*placed), by_hash);
	merge(set, placed, where);
	for (size_t i = 0; i < set->file_count; i++)
		set->files[i].text = where[set->files[i].text];
	free(where);
	free(placed);
	if (set->node_count)
		qsort(set->nodes, set->node_count, sizeof(*set->nodes), by_mac);
}

struct rendered_set *rendered_set_hold(struct rendered_set *set) {
	if (set)
		atomic_fetch_add_explicit(&set->users, 1, memory_order_relaxed);
	return set;
}

void rendered_set_drop(struct rendered_set *set) {
	if (!set || atomic_fetch_sub_explicit(&set->users, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < set->text_count; i++)
		rendered_text_drop(set->texts[i]);
	free(set->texts);
	free(set->files);
	free(set->nodes);
	arena_free(&set->arena);
	free(set);
}
