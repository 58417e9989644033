// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// jansson keeps the order of an object's names, and so does the tree.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vars_json.h"

struct reader {
	struct arena *arena;
	struct config_errors *errors;
	uint32_t values;
	char path[96]; // of the value being read
};

static json_t *text_json(const struct vars_value *value, bool reveal) {
	if (value->secret && !(reveal && value->text))
		return json_pack("{s:b}", "secret", 1);
	if (value->secret)
		return json_pack("{s:s%}", "secret", value->text, value->len);
	return json_stringn(value->text, value->len);
}

static json_t *list_json(const struct vars_value *list, bool reveal) {
	json_t *json = json_array();

	for (const struct vars_value *item = list->first; item; item = item->next)
		json_array_append_new(json, vars_value_json(item, reveal));
	return json;
}

static json_t *map_json(const struct vars_value *map, bool reveal) {
	json_t *json = json_object();

	for (const struct vars_value *item = map->first; item; item = item->next)
		json_object_set_new(json, item->name, vars_value_json(item, reveal));
	return json;
}

json_t *vars_value_json(const struct vars_value *value, bool reveal) {
	switch (value->kind) {
	case VARS_TEXT:
		return text_json(value, reveal);
	case VARS_LIST:
		return list_json(value, reveal);
	case VARS_MAP:
		return map_json(value, reveal);
	}
	return NULL;
}

json_t *vars_json(const struct vars *vars, bool reveal) {
	return map_json(&vars->map, reveal);
}

static void refuse(struct reader *reader, const char *sentence) {
	config_error_add(reader->errors, 0, reader->path, "%s", sentence);
}

static bool check_name(struct reader *reader, const char *name, uint32_t depth) {
	const char *why = vars_name_refused(name, depth == 1);

	if (why)
		refuse(reader, why);
	return !why;
}

// The text of a scalar, or NULL with the reason told.
static const char *scalar_text(struct reader *reader, const json_t *json, char number[24]) {
	switch (json_typeof(json)) {
	case JSON_STRING:
		if (strlen(json_string_value(json)) != json_string_length(json))
			refuse(reader, "must not contain a NUL byte");
		else if (json_string_length(json) > VARS_TEXT_MAX)
			refuse(reader, VARS_TEXT_REFUSED);
		else
			return json_string_value(json);
		return NULL;
	case JSON_INTEGER:
		snprintf(number, 24, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
		return number;
	case JSON_TRUE:
		return "true";
	case JSON_FALSE:
		return "false";
	case JSON_REAL:
	case JSON_NULL:
	case JSON_OBJECT:
	case JSON_ARRAY:
		break;
	}
	refuse(reader, "takes a text, a whole number, true, false, a list or a map");
	return NULL;
}

static void read_value(struct reader *reader, const json_t *json, struct vars_value *to,
	const char *name, uint32_t depth);

static bool count_value(struct reader *reader) {
	if (++reader->values == VARS_VALUES_MAX + 1)
		refuse(reader, VARS_VALUES_REFUSED);
	return reader->values <= VARS_VALUES_MAX;
}

static void read_list(
	struct reader *reader, const json_t *json, struct vars_value *list, uint32_t depth) {
	size_t len = strlen(reader->path);

	for (size_t i = 0; i < json_array_size(json) && count_value(reader); i++) {
		snprintf(reader->path + len, sizeof(reader->path) - len, "[%zu]", i);
		read_value(reader, json_array_get(json, i), list, NULL, depth);
		reader->path[len] = '\0';
	}
}

static void read_map(
	struct reader *reader, const json_t *json, struct vars_value *map, uint32_t depth) {
	size_t len = strlen(reader->path);
	const char *name;
	json_t *item;

	json_object_foreach((json_t *)json, name, item) {
		if (!count_value(reader))
			return;
		snprintf(reader->path + len, sizeof(reader->path) - len, ".%s", name);
		if (check_name(reader, name, depth))
			read_value(reader, item, map, name, depth);
		reader->path[len] = '\0';
	}
}

static void read_items(struct reader *reader, const json_t *json, struct vars_value *to,
	const char *name, uint32_t depth) {
	if (depth > VARS_DEPTH_MAX)
		refuse(reader, VARS_DEPTH_REFUSED);
	else if (json_is_array(json))
		read_list(reader, json, vars_add(reader->arena, to, name, VARS_LIST, NULL), depth);
	else if (json_object_get(json, "secret") || json_object_get(json, "secret_file"))
		refuse(reader,
			"is a secret: those are given in the configuration, and never stored");
	else
		read_map(reader, json, vars_add(reader->arena, to, name, VARS_MAP, NULL), depth);
}

static void read_value(struct reader *reader, const json_t *json, struct vars_value *to,
	const char *name, uint32_t depth) {
	char number[24];
	const char *text;

	if (json_is_array(json) || json_is_object(json)) {
		read_items(reader, json, to, name, depth + 1);
		return;
	}
	text = scalar_text(reader, json, number);
	if (text)
		vars_add(reader->arena, to, name, VARS_TEXT, text);
}

struct vars *vars_from_json(
	struct arena *arena, const json_t *object, const char *path, struct config_errors *errors) {
	struct reader reader = {.arena = arena, .errors = errors};
	struct vars *vars = vars_make(arena);

	snprintf(reader.path, sizeof(reader.path), "%s", path);
	if (!json_is_object(object))
		refuse(&reader, "takes an object of names to values");
	else
		read_map(&reader, object, &vars->map, 1);
	return vars;
}

const struct vars *vars_from_text(struct arena *arena, const char *text) {
	json_t *object = text && text[0] ? json_loads(text, 0, NULL) : NULL;
	struct config_errors *errors;
	const struct vars *vars;

	if (!object)
		return NULL;
	errors = mem_alloc(sizeof(*errors));
	vars = vars_from_json(arena, object, "vars", errors);
	free(errors);
	json_decref(object);
	return vars;
}
