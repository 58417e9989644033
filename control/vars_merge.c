// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Layers of variables to one set in the order of names, and what differs between two sets.

#include <stdlib.h>
#include <string.h>

#include "vars.h"

const char *vars_origin_name(enum vars_origin origin) {
	switch (origin) {
	case VARS_BUILTIN:
		return "builtin";
	case VARS_SITE:
		return "site";
	case VARS_SUBNET:
		return "subnet";
	case VARS_ROLE:
		return "role";
	case VARS_HOST:
		return "host";
	case VARS_NODE:
		return "node";
	}
	return "?";
}

// By name; of one name, by origin. qsort is not stable, but no two entries are equal: the names of
// a layer differ, and so do the layers' origins.
static int by_name(const void *a, const void *b) {
	const struct vars_entry *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (int)x->origin - (int)y->origin;
}

static size_t count_all(const struct vars_layer *layers, size_t count) {
	size_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += layers[i].vars ? layers[i].vars->map.count : 0;
	return sum;
}

static size_t add_layer(struct vars_entry *entries, size_t count, const struct vars_layer *layer) {
	if (!layer->vars)
		return count;
	for (const struct vars_value *value = layer->vars->map.first; value; value = value->next)
		entries[count++] = (struct vars_entry){.name = value->name,
			.value = value,
			.origin = layer->origin,
			.line = value->line};
	return count;
}

// Keeps the last of each run of one name.
static size_t keep_last(struct vars_entry *entries, size_t count) {
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (i + 1 == count || strcmp(entries[i].name, entries[i + 1].name) != 0)
			entries[kept++] = entries[i];
	return kept;
}

const struct vars_merged *vars_merge(
	struct arena *arena, const struct vars_layer *layers, size_t count) {
	struct vars_merged *merged = arena_alloc(arena, sizeof(*merged));
	struct vars_entry *entries =
		arena_alloc(arena, count_all(layers, count) * sizeof(*entries));
	size_t used = 0;

	for (size_t i = 0; i < count; i++)
		used = add_layer(entries, used, &layers[i]);
	qsort(entries, used, sizeof(*entries), by_name);
	merged->count = keep_last(entries, used);
	merged->entries = entries;
	return merged;
}

static int compare_name(const char *name, size_t len, const char *other) {
	int order = strncmp(name, other, len);

	return order ? order : other[len] ? -1 : 0;
}

const struct vars_entry *vars_find(const struct vars_merged *vars, const char *name, size_t len) {
	size_t low = 0, high = vars->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_name(name, len, vars->entries[middle].name);

		if (!order)
			return &vars->entries[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static bool texts_equal(const struct vars_value *a, const struct vars_value *b) {
	if (a->secret != b->secret)
		return false;
	if (!a->text || !b->text)
		return !a->text && !b->text && a->secret_file && b->secret_file &&
		       !strcmp(a->secret_file, b->secret_file);
	return a->len == b->len && !memcmp(a->text, b->text, a->len);
}

static bool lists_equal(const struct vars_value *a, const struct vars_value *b) {
	const struct vars_value *y = b->first;

	for (const struct vars_value *x = a->first; x; x = x->next, y = y->next)
		if (!vars_value_equal(x, y))
			return false;
	return true;
}

static bool maps_equal(const struct vars_value *a, const struct vars_value *b) {
	for (const struct vars_value *x = a->first; x; x = x->next) {
		const struct vars_value *y = vars_map_find(b, x->name, strlen(x->name));

		if (!y || !vars_value_equal(x, y))
			return false;
	}
	return true;
}

bool vars_value_equal(const struct vars_value *a, const struct vars_value *b) {
	if (a->kind != b->kind || a->count != b->count)
		return false;
	switch (a->kind) {
	case VARS_TEXT:
		return texts_equal(a, b);
	case VARS_LIST:
		return lists_equal(a, b);
	case VARS_MAP:
		return maps_equal(a, b);
	}
	return false;
}

void vars_compare(const struct vars_merged *before, const struct vars_merged *after,
	void (*tell)(
		void *context, const struct vars_entry *before, const struct vars_entry *after),
	void *context) {
	size_t i = 0, j = 0;

	while (i < before->count || j < after->count) {
		const struct vars_entry *x = i < before->count ? &before->entries[i] : NULL;
		const struct vars_entry *y = j < after->count ? &after->entries[j] : NULL;
		int order = !x ? 1 : !y ? -1 : strcmp(x->name, y->name);

		if (order)
			tell(context, order < 0 ? x : NULL, order > 0 ? y : NULL);
		else if (!vars_value_equal(x->value, y->value))
			tell(context, x, y);
		i += order <= 0;
		j += order >= 0;
	}
}
