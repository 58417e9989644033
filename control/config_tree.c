// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Drives libyaml's event parser and builds the tree. One handler per event; the first error ends
// it, since what follows a broken structure cannot be told apart from it.

#include "config_tree.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

struct builder {
	struct arena *arena;
	struct config_errors *errors;
	struct config_node *root;
	struct config_node *open; // the list or map that takes the next node
	const char *key;          // of the next node in a map; NULL: the key is awaited
	uint32_t key_line;
	uint32_t nodes;
	uint32_t depth;
	bool document;
};

static int refuse(struct builder *b, const yaml_event_t *event, const char *sentence) {
	config_error_add(b->errors, (uint32_t)event->start_mark.line + 1, b->key ? b->key : "",
		"%s", sentence);
	return -EINVAL;
}

static bool has_key(const struct config_node *map, const char *key) {
	return config_tree_find(map, key) != NULL;
}

// Takes a scalar where a map awaits a key.
static int take_key(struct builder *b, const yaml_event_t *event) {
	if (event->type != YAML_SCALAR_EVENT)
		return refuse(b, event, "a key must be one word, not a list or a map");
	if (strlen((const char *)event->data.scalar.value) != event->data.scalar.length)
		return refuse(b, event, "a key must not contain a NUL byte");
	b->key = arena_text(
		b->arena, (const char *)event->data.scalar.value, event->data.scalar.length);
	b->key_line = (uint32_t)event->start_mark.line + 1;
	if (b->open->count >= CONFIG_KEYS_MAX)
		return refuse(b, event, "too many keys in one map");
	if (has_key(b->open, b->key))
		return refuse(b, event, "this key is there twice");
	return 0;
}

static struct config_node *add_node(
	struct builder *b, const yaml_event_t *event, enum config_node_kind kind) {
	struct config_node *node = arena_alloc(b->arena, sizeof(*node));

	node->kind = kind;
	node->line = (uint32_t)event->start_mark.line + 1;
	node->parent = b->open;
	node->key = b->key;
	node->key_line = b->key_line;
	b->key = NULL;
	if (!b->open) {
		b->root = node;
		return node;
	}
	if (b->open->last)
		b->open->last->next = node;
	else
		b->open->first = node;
	b->open->last = node;
	b->open->count++;
	return node;
}

static int check_bounds(struct builder *b, const yaml_event_t *event) {
	if (++b->nodes > CONFIG_NODES_MAX)
		return refuse(b, event, "too many values in one file");
	if (b->depth >= CONFIG_DEPTH_MAX)
		return refuse(b, event, "nested too deeply");
	return 0;
}

static int take_scalar(struct builder *b, const yaml_event_t *event) {
	struct config_node *node;

	if (event->data.scalar.anchor || event->data.scalar.tag)
		return refuse(b, event, "anchors (&) and tags (!) are not supported");
	if (strlen((const char *)event->data.scalar.value) != event->data.scalar.length)
		return refuse(b, event, "a value must not contain a NUL byte");
	node = add_node(b, event, CONFIG_SCALAR);
	node->text = arena_text(
		b->arena, (const char *)event->data.scalar.value, event->data.scalar.length);
	return 0;
}

static int open_node(struct builder *b, const yaml_event_t *event, enum config_node_kind kind) {
	bool marked = kind == CONFIG_LIST
			      ? event->data.sequence_start.anchor || event->data.sequence_start.tag
			      : event->data.mapping_start.anchor || event->data.mapping_start.tag;

	if (marked)
		return refuse(b, event, "anchors (&) and tags (!) are not supported");
	b->open = add_node(b, event, kind);
	b->depth++;
	return 0;
}

static int take_node(struct builder *b, const yaml_event_t *event) {
	int rc = check_bounds(b, event);

	if (rc < 0)
		return rc;
	if (b->open && b->open->kind == CONFIG_MAP && !b->key)
		return take_key(b, event);
	if (event->type == YAML_SCALAR_EVENT)
		return take_scalar(b, event);
	return open_node(
		b, event, event->type == YAML_SEQUENCE_START_EVENT ? CONFIG_LIST : CONFIG_MAP);
}

static int take_event(struct builder *b, const yaml_event_t *event) {
	switch (event->type) {
	case YAML_SCALAR_EVENT:
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return take_node(b, event);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		b->open = b->open->parent;
		b->depth--;
		return 0;
	case YAML_ALIAS_EVENT:
		return refuse(b, event, "aliases (*) are not supported: write the value out");
	case YAML_DOCUMENT_START_EVENT:
		if (b->document)
			return refuse(b, event, "one document per file: remove what follows ---");
		b->document = true;
		return 0;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return 0;
	}
	return 0;
}

// Whether a line begins with a tab among its blanks: YAML takes none there, and libyaml's sentence
// does not name it.
static bool begins_with_tab(const char *text, size_t len, size_t line) {
	const char *end = text + len, *at = text;

	while (at && line--)
		at = (at = memchr(at, '\n', (size_t)(end - at))) ? at + 1 : NULL;
	while (at && at < end && *at == ' ')
		at++;
	return at && at < end && *at == '\t';
}

static int refuse_syntax(
	struct builder *b, const yaml_parser_t *parser, const char *text, size_t len) {
	size_t line = parser->problem_mark.line + 1;

	if (parser->error == YAML_READER_ERROR)
		config_error_add(
			b->errors, 0, "", "not UTF-8 text, at byte %zu", parser->problem_offset);
	else if (begins_with_tab(text, len, parser->problem_mark.line))
		config_error_add(b->errors, (uint32_t)line, "",
			"begins with a tab: YAML takes only spaces there");
	else
		config_error_add(b->errors, (uint32_t)line, "", "not YAML: %s%s%s",
			parser->context ? parser->context : "", parser->context ? ": " : "",
			parser->problem ? parser->problem : "syntax error");
	return -EINVAL;
}

static int parse_all(struct builder *b, yaml_parser_t *parser, const char *text, size_t len) {
	for (;;) {
		yaml_event_t event;
		bool last;
		int rc;

		if (!yaml_parser_parse(parser, &event))
			return refuse_syntax(b, parser, text, len);
		rc = take_event(b, &event);
		last = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
		if (rc < 0 || last)
			return rc;
	}
}

struct config_node *config_tree_parse(
	struct arena *arena, const char *text, size_t len, struct config_errors *errors) {
	struct builder b = {.arena = arena, .errors = errors};
	yaml_parser_t parser;
	int rc;

	if (len > CONFIG_SIZE_MAX) {
		config_error_add(errors, 0, "", "larger than %u KiB", CONFIG_SIZE_MAX >> 10);
		return NULL;
	}
	if (!yaml_parser_initialize(&parser)) {
		config_error_add(errors, 0, "", "no memory to parse it");
		return NULL;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	rc = parse_all(&b, &parser, text, len);
	yaml_parser_delete(&parser);
	if (rc < 0)
		return NULL;
	if (!b.root || b.root->kind != CONFIG_MAP) {
		config_error_add(errors, b.root ? b.root->line : 0, "",
			b.root ? "must be a map of keys, as in \"boot_root: /srv/rouse\""
			       : "is empty");
		return NULL;
	}
	return b.root;
}

const struct config_node *config_tree_find(const struct config_node *map, const char *key) {
	for (const struct config_node *child = map->first; child; child = child->next)
		if (child->key && !strcmp(child->key, key))
			return child;
	return NULL;
}
