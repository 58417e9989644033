// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What a tag may stand for with any machine of a profile, found as template.cc finds it for one: a
// section has all values that it may walk over.

#include <stdlib.h>
#include <string.h>

#include "config_lint_internal.h"

struct walk {
	const char *rest; // words below what was found
	const char *end;
	void (*each)(void *context, const struct vars_value *value);
	void *context;
};

static size_t word_len(const char *name, const char *end) {
	const char *dot = memchr(name, '.', (size_t)(end - name));

	return (size_t)((dot ? dot : end) - name);
}

static void follow(void *context, const struct vars_value *value) {
	const struct walk *walk = context;

	for (const char *name = walk->rest; value && name < walk->end;) {
		size_t len = word_len(name, walk->end);

		value = value->kind == VARS_MAP ? vars_map_find(value, name, len) : NULL;
		name += len + 1;
	}
	if (value)
		walk->each(walk->context, value);
}

// Whether each value of an open section has the word, so that none further out is looked for.
static bool look_into(
	const struct lint_level *level, const char *name, size_t len, struct walk *walk) {
	bool all = level->count > 0;

	for (size_t i = 0; i < level->count; i++) {
		const struct vars_value *found = level->list[i]->kind == VARS_MAP
							 ? vars_map_find(level->list[i], name, len)
							 : NULL;

		if (found)
			follow(walk, found);
		all = all && found;
	}
	return all;
}

static void give_item(const struct lint_scope *scope, struct walk *walk) {
	for (size_t i = scope->depth; i--;) {
		const struct lint_level *level = &scope->levels[i];

		for (size_t k = 0; k < level->count; k++)
			walk->each(walk->context, level->list[k]);
		if (!level->inverted)
			break;
	}
}

// False: it is, or may be, what Rouse itself knows of a machine.
static bool resolve(struct lint_scope *scope, const struct template_tag *tag, struct walk *walk) {
	const char *name = tag->name;
	size_t len = word_len(name, name + tag->len);

	if (!len) {
		give_item(scope, walk);
		return true;
	}
	walk->rest = name + len + (len < tag->len);
	walk->end = name + tag->len;
	for (size_t i = scope->depth; i--;) {
		if (scope->levels[i].opaque)
			return false;
		if (look_into(&scope->levels[i], name, len, walk))
			return true;
	}
	if (vars_name_is_reserved(name, len))
		return false;
	config_lint_values(scope->lint, scope->profile, name, len, follow, walk);
	return true;
}

// --- sections

static void add(struct lint_level *level, const struct vars_value *value) {
	if (level->count == level->size) {
		level->size = level->size ? 2 * level->size : 16;
		level->list = mem_resize(level->list, level->size * sizeof(*level->list));
	}
	level->list[level->count++] = value;
}

// What is empty or false is not walked over.
static void add_items(void *context, const struct vars_value *value) {
	struct lint_level *level = context;

	if (value->kind == VARS_LIST)
		for (const struct vars_value *item = value->first; item; item = item->next)
			add(level, item);
	else if (value->kind == VARS_MAP
			 ? value->count > 0
			 : !value->text || (value->len && strcmp(value->text, "false")))
		add(level, value);
}

static int by_place(const void *a, const void *b) {
	const struct vars_value *const *x = a, *const *y = b;

	return (*x > *y) - (*x < *y);
}

// Roles share what all of them have.
static void keep_once(struct lint_level *level) {
	size_t kept = 0;

	if (level->count)
		qsort(level->list, level->count, sizeof(*level->list), by_place);
	for (size_t i = 0; i < level->count; i++)
		if (!i || level->list[i] != level->list[i - 1])
			level->list[kept++] = level->list[i];
	level->count = kept;
}

static void open_section(struct lint_scope *scope, const struct template_tag *tag) {
	struct lint_level level = {.inverted = tag->kind == TEMPLATE_INVERTED};
	struct walk walk = {.each = add_items, .context = &level};

	if (!level.inverted)
		level.opaque = !resolve(scope, tag, &walk);
	keep_once(&level);
	if (scope->depth < LINT_LEVELS_MAX)
		scope->levels[scope->depth++] = level;
	else
		free(level.list);
}

// --- secrets

// A map or a list with a secret inside counts as one.
static void note_secret(void *context, const struct vars_value *value) {
	uint32_t *line = context;

	if (value->kind == VARS_TEXT && value->secret && !*line)
		*line = value->line;
	for (const struct vars_value *item = value->first; item; item = item->next)
		note_secret(context, item);
}

uint32_t config_lint_secret(struct lint_scope *scope, const struct template_tag *tag) {
	uint32_t line = 0;

	switch (tag->kind) {
	case TEMPLATE_VARIABLE:
		resolve(scope, tag, &(struct walk){.each = note_secret, .context = &line});
		break;
	case TEMPLATE_SECTION:
	case TEMPLATE_INVERTED:
		open_section(scope, tag);
		break;
	case TEMPLATE_END:
		if (scope->depth)
			free(scope->levels[--scope->depth].list);
		break;
	case TEMPLATE_TEXT:
	case TEMPLATE_PARTIAL:
	case TEMPLATE_COMMENT:
	case TEMPLATE_DELIMITERS:
		break;
	}
	return line;
}

void config_lint_scope_end(struct lint_scope *scope) {
	while (scope->depth)
		free(scope->levels[--scope->depth].list);
}
