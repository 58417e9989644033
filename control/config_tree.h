// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// YAML text to a tree of nodes that remember their lines. Bounded: size, depth and number of nodes;
// aliases, anchors and tags are refused. Pure.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "config_errors.h"

#define CONFIG_SIZE_MAX  (8u << 20) // 10,000 hosts with some variables each
#define CONFIG_DEPTH_MAX 32u
#define CONFIG_NODES_MAX 2097152u
#define CONFIG_KEYS_MAX  512u // of one map

enum config_node_kind {
	CONFIG_SCALAR,
	CONFIG_LIST,
	CONFIG_MAP,
};

struct config_node {
	enum config_node_kind kind;
	uint32_t line;    // counted from 1; 0: a default, not from the file
	const char *text; // of a scalar, NUL-terminated and without a NUL inside
	const char *key;  // when the parent is a map
	uint32_t key_line;
	uint32_t count; // children
	struct config_node *first;
	struct config_node *last;
	struct config_node *next; // the parent's next child
	struct config_node *parent;
};

// The root of the tree, a map; NULL when the text cannot be read as one, with errors filled.
struct config_node *config_tree_parse(
	struct arena *arena, const char *text, size_t len, struct config_errors *errors);

// The child with this key, or NULL.
const struct config_node *config_tree_find(const struct config_node *map, const char *key);
