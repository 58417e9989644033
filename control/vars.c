// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Variables from the configuration's tree, and the tree of values itself.

#include "vars.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

// What Rouse gives itself: a variable of such a name would hide it, or be hidden.
static const char *const reserved[] = {
	"callback", "node", "order", "profile", "role", "rouse", "server", "subnet", "template"};

struct reader {
	struct arena *arena;
	struct config_errors *errors;
	uint32_t values;
	char path[96]; // of the value being read
};

static bool is_letter(char c) {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool vars_name_is_good(const char *name, size_t len) {
	if (!len || len > VARS_NAME_MAX || !is_letter(name[0]))
		return false;
	for (size_t i = 1; i < len; i++)
		if (!is_letter(name[i]) && name[i] != '-' && !(name[i] >= '0' && name[i] <= '9'))
			return false;
	return true;
}

bool vars_name_is_reserved(const char *name, size_t len) {
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (!strncmp(reserved[i], name, len) && !reserved[i][len])
			return true;
	return false;
}

static_assert(VARS_NAME_MAX == 64 && VARS_TEXT_MAX == 64u << 10 && VARS_VALUES_MAX == 4096 &&
		      VARS_DEPTH_MAX == 8,
	"the sentences name them");

const char *vars_name_refused(const char *name, bool top) {
	if (!vars_name_is_good(name, strlen(name)))
		return "is no name for a variable: take a letter or _, then letters, digits, _ and "
		       "-, at most 64";
	if (top && vars_name_is_reserved(name, strlen(name)))
		return "is a variable that Rouse gives itself: take another name";
	if (top && (!strcmp(name, "secret") || !strcmp(name, "secret_file")))
		return "marks the text of a variable as secret, as in \"password: {secret: TEXT}\"";
	return NULL;
}

struct vars *vars_make(struct arena *arena) {
	struct vars *vars = arena_alloc(arena, sizeof(*vars));

	vars->map.kind = VARS_MAP;
	return vars;
}

static void set_text(struct arena *arena, struct vars_value *value, const char *text) {
	value->len = strlen(text);
	value->text = arena_text(arena, text, value->len);
}

struct vars_value *vars_add(struct arena *arena, struct vars_value *to, const char *name,
	enum vars_kind kind, const char *text) {
	struct vars_value *value = arena_alloc(arena, sizeof(*value));

	value->kind = kind;
	value->name = name ? arena_text(arena, name, strlen(name)) : NULL;
	if (kind == VARS_TEXT)
		set_text(arena, value, text);
	if (to->last)
		to->last->next = value;
	else
		to->first = value;
	to->last = value;
	to->count++;
	return value;
}

const struct vars_value *vars_map_find(const struct vars_value *map, const char *name, size_t len) {
	for (const struct vars_value *value = map->first; value; value = value->next)
		if (!strncmp(value->name, name, len) && !value->name[len])
			return value;
	return NULL;
}

static void refuse(struct reader *reader, const struct config_node *node, const char *sentence) {
	config_error_add(reader->errors, node->line, reader->path, "%s", sentence);
}

static bool check_text(struct reader *reader, const struct config_node *node) {
	if (strlen(node->text) <= VARS_TEXT_MAX)
		return true;
	refuse(reader, node, VARS_TEXT_REFUSED);
	return false;
}

static bool check_name(struct reader *reader, const struct config_node *node, uint32_t depth) {
	const char *why = vars_name_refused(node->key, depth == 1);

	if (why)
		config_error_add(reader->errors, node->key_line, reader->path, "%s", why);
	return !why;
}

// The one child of {secret: TEXT} or {secret_file: PATH}, or NULL when the map is none of them.
static const struct config_node *secret_form(const struct config_node *map) {
	const struct config_node *node = config_tree_find(map, "secret");

	return node ? node : config_tree_find(map, "secret_file");
}

static void read_secret_file(
	struct reader *reader, const struct config_node *node, struct vars_value *value) {
	if (node->text[0] != '/')
		refuse(reader, node, "secret_file: takes the absolute path of a file");
	else
		value->secret_file = arena_text(reader->arena, node->text, strlen(node->text));
	value->text = NULL;
}

static void read_secret(struct reader *reader, const struct config_node *map,
	const struct config_node *form, struct vars_value *value) {
	value->secret = true;
	if (map->count > 1)
		refuse(reader, map, "secret: and secret_file: stand alone in their map");
	else if (form->kind != CONFIG_SCALAR)
		refuse(reader, form, "a secret is one text, not a list or a map");
	else if (!strcmp(form->key, "secret_file"))
		read_secret_file(reader, form, value);
	else if (!form->text[0]) // a password that is forgotten must not become an empty one
		refuse(reader, form, "the secret is empty");
	else if (check_text(reader, form))
		set_text(reader->arena, value, form->text);
}

// depth is 1 for the variables themselves, and for the map that they are in.
static void read_items(struct reader *reader, const struct config_node *node, struct vars_value *to,
	uint32_t depth);

static void read_value(struct reader *reader, const struct config_node *node, struct vars_value *to,
	uint32_t depth) {
	const struct config_node *form = node->kind == CONFIG_MAP ? secret_form(node) : NULL;
	enum vars_kind kind = form || node->kind == CONFIG_SCALAR ? VARS_TEXT
			      : node->kind == CONFIG_LIST         ? VARS_LIST
								  : VARS_MAP;
	struct vars_value *value = vars_add(reader->arena, to, node->key, kind, "");

	value->line = node->line;
	if (form)
		read_secret(reader, node, form, value);
	else if (kind != VARS_TEXT)
		read_items(reader, node, value, depth + 1);
	else if (check_text(reader, node))
		set_text(reader->arena, value, node->text);
}

static void read_item(struct reader *reader, const struct config_node *node, struct vars_value *to,
	uint32_t index, uint32_t depth) {
	size_t len = strlen(reader->path);

	if (node->key)
		snprintf(reader->path + len, sizeof(reader->path) - len, ".%s", node->key);
	else
		snprintf(reader->path + len, sizeof(reader->path) - len, "[%u]", index);
	if (!node->key || check_name(reader, node, depth))
		read_value(reader, node, to, depth);
	reader->path[len] = '\0';
}

static void read_items(struct reader *reader, const struct config_node *node, struct vars_value *to,
	uint32_t depth) {
	uint32_t index = 0;

	if (depth > VARS_DEPTH_MAX) {
		refuse(reader, node, VARS_DEPTH_REFUSED);
		return;
	}
	for (const struct config_node *item = node->first; item; item = item->next) {
		if (++reader->values == VARS_VALUES_MAX + 1)
			refuse(reader, item, VARS_VALUES_REFUSED);
		if (reader->values > VARS_VALUES_MAX)
			return;
		read_item(reader, item, to, index++, depth);
	}
}

struct vars *vars_read(struct arena *arena, const struct config_node *map, const char *path,
	struct config_errors *errors) {
	struct reader reader = {.arena = arena, .errors = errors};
	struct vars *vars = vars_make(arena);

	snprintf(reader.path, sizeof(reader.path), "%s", path);
	vars->map.line = map->line;
	if (map->kind != CONFIG_MAP)
		refuse(&reader, map, "takes a map of names to values");
	else
		read_items(&reader, map, &vars->map, 1);
	return vars;
}
