// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// One reader per simple type of value, and the table of all readers. Those of the network are in
// config_types_net.c.

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config_read.h"
#include "text.h"
#include "vars.h"

void config_bad(struct config_context *c, const struct config_key *key,
	const struct config_node *node, const char *format, ...) {
	char path[96], text[224];
	va_list list;

	snprintf(path, sizeof(path), "%s%s%s", c->record, c->record[0] ? "." : "", key->name);
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	config_error_add(c->errors, node->line, path, "%s", text);
}

const char *config_scalar(
	struct config_context *c, const struct config_key *key, const struct config_node *node) {
	if (node->kind != CONFIG_SCALAR) {
		config_bad(c, key, node, "takes one value, not a %s",
			node->kind == CONFIG_LIST ? "list" : "map");
		return NULL;
	}
	if (!node->text[0]) {
		config_bad(c, key, node, "has no value");
		return NULL;
	}
	return node->text;
}

int64_t config_scalars(struct config_context *c, const struct config_key *key,
	const struct config_node *node, const struct config_node **first) {
	if (node->kind == CONFIG_LIST) {
		*first = node->first;
		for (const struct config_node *item = node->first; item; item = item->next)
			if (!config_scalar(c, key, item))
				return -1;
		return node->count;
	}
	*first = node;
	return config_scalar(c, key, node) ? 1 : -1;
}

const char *config_choices_text(const char *const *choices, char *out, size_t size) {
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; choices[i] && used < size; i++) {
		const char *between = !i ? "" : choices[i + 1] ? ", " : " or ";

		used += (size_t)snprintf(out + used, size - used, "%s%s", between, choices[i]);
	}
	return out;
}

bool config_is_printable(const char *text) {
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			return false;
	return true;
}

static void read_text(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	const char *text = config_scalar(c, key, node);

	if (!text)
		return;
	if (strlen(text) > key->max)
		config_bad(c, key, node, "is longer than %" PRIu64 " characters", key->max);
	else if (!config_is_printable(text))
		config_bad(c, key, node, "must be printable ASCII");
	else
		*(const char **)config_field(key, record) = text;
}

static bool is_name(const char *text) {
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	size_t label = 0;

	for (;; text++) {
		if (*text == '.' || !*text) {
			if (label == 0 || label > 63)
				return false;
			if (!*text)
				return true;
			label = 0;
		} else if (!strchr(letters, *text)) {
			return false;
		} else {
			label++;
		}
	}
}

static void read_name(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	const char *text = config_scalar(c, key, node);

	if (!text)
		return;
	if (strlen(text) > key->max || !is_name(text))
		config_bad(c, key, node,
			"\"%.64s\" is not a name: letters, digits, - and _, parts of at most 63 "
			"divided by single dots",
			text);
	else
		*(const char **)config_field(key, record) = text;
}

static void read_directory(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	const char *text = config_scalar(c, key, node);
	size_t len = text ? strlen(text) : 0;

	if (!text)
		return;
	if (text[0] != '/') {
		config_bad(c, key, node, "\"%.64s\" is not an absolute path", text);
		return;
	}
	if (len > key->max) {
		config_bad(c, key, node, "is longer than %" PRIu64 " characters", key->max);
		return;
	}
	while (len > 1 && text[len - 1] == '/')
		len--;
	*(const char **)config_field(key, record) = arena_text(c->arena, text, len);
}

// Whether a path has a segment "..", which nothing below boot_root needs.
static bool climbs(const char *path) {
	for (const char *at = path; at; at = strchr(at, '/')) {
		at += *at == '/';
		if (at[0] == '.' && at[1] == '.' && (!at[2] || at[2] == '/'))
			return true;
	}
	return false;
}

#define FILE_MAX 254u

// The file's name, or NULL after an error.
static const char *parse_file(
	struct config_context *c, const struct config_key *key, const struct config_node *node) {
	const char *text = config_scalar(c, key, node);

	if (!text)
		return NULL;
	if (!strstr(text, "://")) {
		text += strspn(text, "/");
		if (!*text || climbs(text)) {
			config_bad(c, key, node, "must name a file below boot_root");
			return NULL;
		}
	}
	if (strlen(text) > FILE_MAX)
		config_bad(c, key, node, "is longer than %u characters", FILE_MAX);
	else if (!config_is_printable(text))
		config_bad(c, key, node, "must be printable ASCII");
	else
		return text;
	return NULL;
}

static void read_file(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	const char *text = parse_file(c, key, node);

	if (text)
		*(const char **)config_field(key, record) = text;
}

static void read_files(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	struct config_texts *out = config_field(key, record);
	const struct config_node *item;
	int64_t count = config_scalars(c, key, node, &item);

	if (count < 0)
		return;
	if ((uint64_t)count > key->max) {
		config_bad(c, key, node, "has more than %" PRIu64 " files", key->max);
		return;
	}
	out->list = arena_alloc(c->arena, (size_t)count * sizeof(*out->list));
	for (; out->count < count; item = item->next)
		if (!(out->list[out->count++] = parse_file(c, key, item)))
			return;
}

static void read_vars(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	char path[96];

	snprintf(path, sizeof(path), "%s%s%s", c->record, c->record[0] ? "." : "", key->name);
	if (node->kind == CONFIG_MAP)
		*(struct vars **)config_field(key, record) =
			vars_read(c->arena, node, path, c->errors);
	else
		config_bad(c, key, node, "takes names and values, as in {packages: nginx}");
}

static void read_bool(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	static const char *const words[] = {"false", "true", "no", "yes", "off", "on", NULL};
	const char *text = config_scalar(c, key, node);

	if (!text)
		return;
	for (size_t i = 0; words[i]; i++) {
		if (strcmp(words[i], text) != 0)
			continue;
		*(bool *)config_field(key, record) = i & 1;
		return;
	}
	config_bad(c, key, node, "\"%.64s\" is neither true nor false", text);
}

static bool in_bounds(struct config_context *c, const struct config_key *key,
	const struct config_node *node, uint64_t value, const char *unit) {
	if (value >= key->min && value <= key->max)
		return true;
	config_bad(c, key, node, "must be between %" PRIu64 " and %" PRIu64 "%s", key->min,
		key->max, unit);
	return false;
}

// A whole decimal number; text_parse_size would take "1K".
static bool parse_number(const char *text, uint64_t *value) {
	return text[strspn(text, "0123456789")] == '\0' && text_parse_size(text, value) == 0;
}

static void read_number(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	const char *text = config_scalar(c, key, node);
	uint64_t value;

	if (!text)
		return;
	if (!parse_number(text, &value))
		config_bad(c, key, node, "\"%.64s\" is not a number", text);
	else if (in_bounds(c, key, node, value, ""))
		*(uint32_t *)config_field(key, record) = (uint32_t)value;
}

static void read_number16(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	uint32_t value = 0;
	struct config_key wide = *key;

	wide.offset = 0;
	read_number(c, &wide, node, &value);
	*(uint16_t *)config_field(key, record) = (uint16_t)value;
}

static void read_duration(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	const char *text = config_scalar(c, key, node);
	uint64_t value;

	if (!text)
		return;
	if (text_parse_duration(text, &value) < 0)
		config_bad(c, key, node, "\"%.64s\" is not a duration: write 90s, 30m, 12h or 2d",
			text);
	else if (in_bounds(c, key, node, value, " seconds"))
		*(uint32_t *)config_field(key, record) = (uint32_t)value;
}

static void read_size(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	const char *text = config_scalar(c, key, node);
	uint64_t value;

	if (!text)
		return;
	if (text_parse_size(text, &value) < 0)
		config_bad(c, key, node, "\"%.64s\" is not a size: write 512M or 2G", text);
	else if (in_bounds(c, key, node, value, " bytes"))
		*(uint64_t *)config_field(key, record) = value;
}

static void read_rate(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	const char *text = config_scalar(c, key, node);
	uint64_t value;

	if (!text)
		return;
	if (text_parse_rate(text, &value) < 0)
		config_bad(c, key, node,
			"\"%.64s\" is not a rate: write 100M or 1G (bits per second)", text);
	else if (in_bounds(c, key, node, value, " bits per second"))
		*(uint64_t *)config_field(key, record) = value;
}

static void read_choice(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	const char *text = config_scalar(c, key, node);
	char choices[96];

	if (!text)
		return;
	for (uint8_t i = 0; key->choices[i]; i++) {
		if (strcmp(key->choices[i], text) != 0)
			continue;
		*(uint8_t *)config_field(key, record) = i;
		return;
	}
	config_bad(c, key, node, "\"%.64s\" is none of %s", text,
		config_choices_text(key->choices, choices, sizeof(choices)));
}

static void read_texts(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	struct config_texts *out = config_field(key, record);
	const struct config_node *item;
	int64_t count = config_scalars(c, key, node, &item);

	if (count < 0)
		return;
	out->list = arena_alloc(c->arena, (size_t)count * sizeof(*out->list));
	for (; out->count < count; item = item->next) {
		if (strlen(item->text) > CONFIG_PATTERN_MAX) {
			config_bad(
				c, key, item, "is longer than %u characters", CONFIG_PATTERN_MAX);
			return;
		}
		out->list[out->count++] = item->text;
	}
}

static void read_later(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record) {
	(void)record;
	config_bad(c, key, node, "%s", key->later);
}

config_read_fn *const config_readers[] = {
	[CONFIG_TYPE_TEXT] = read_text,
	[CONFIG_TYPE_NAME] = read_name,
	[CONFIG_TYPE_DIRECTORY] = read_directory,
	[CONFIG_TYPE_FILE] = read_file,
	[CONFIG_TYPE_BOOL] = read_bool,
	[CONFIG_TYPE_NUMBER] = read_number,
	[CONFIG_TYPE_NUMBER16] = read_number16,
	[CONFIG_TYPE_DURATION] = read_duration,
	[CONFIG_TYPE_SIZE] = read_size,
	[CONFIG_TYPE_RATE] = read_rate,
	[CONFIG_TYPE_CHOICE] = read_choice,
	[CONFIG_TYPE_TID_RANGE] = config_read_tid_range,
	[CONFIG_TYPE_DEVICE] = config_read_device,
	[CONFIG_TYPE_CIDR] = config_read_cidr,
	[CONFIG_TYPE_ADDRESS] = config_read_address,
	[CONFIG_TYPE_ADDRESSES] = config_read_addresses,
	[CONFIG_TYPE_MAC] = config_read_mac,
	[CONFIG_TYPE_POOLS] = config_read_pools,
	[CONFIG_TYPE_TEXTS] = read_texts,
	[CONFIG_TYPE_OPTIONS] = config_read_options,
	[CONFIG_TYPE_MATCH] = config_read_match,
	[CONFIG_TYPE_ARCHS] = config_read_archs,
	[CONFIG_TYPE_FILES] = read_files,
	[CONFIG_TYPE_VARS] = read_vars,
	[CONFIG_TYPE_RECORDS] = NULL, // by config_read.c itself
	[CONFIG_TYPE_MAP] = NULL,     // the same
	[CONFIG_TYPE_LATER] = read_later,
};
