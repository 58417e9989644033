// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Texts that control makes for machines (scripts, configurations of boot loaders), and the names by
// which each machine finds its own. A text is shared by all that have the same; texts and sets are
// counted and immutable once made, so that the loop and the image thread can both hold them.

#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

#define RENDERED_SHA_SIZE  32u
#define RENDERED_NAME_MAX  63u
#define RENDERED_TEXT_MAX  (1u << 20)
#define RENDERED_FILES_MAX 262144u

struct rendered_text {
	atomic_uint users;
	uint32_t len;
	uint8_t sha256[RENDERED_SHA_SIZE];
	char bytes[]; // len of them
};

// A new text with one user: the caller.
struct rendered_text *rendered_text_new(const char *bytes, size_t len);
struct rendered_text *rendered_text_hold(struct rendered_text *text);
void rendered_text_drop(struct rendered_text *text);

struct rendered_file {
	char name[RENDERED_NAME_MAX + 1];
	uint8_t mac[6]; // of the machine that it is for
	bool common;    // it is for every machine that has none of its own
	bool order;     // only while the machine's order waits
	uint32_t text;  // index in the set's texts
};

// What a snapshot tells of a node beside what hosts: does.
struct rendered_node {
	uint8_t mac[6];
	bool listed; // in hosts:, whose name it has
	bool local;  // its standing boot is its own disk
	const char *name;
	bool named;        // somebody gave it that name
	const char *role;  // NULL: none
	uint64_t order_id; // that waits for it; 0: none
	uint32_t order_slot;
	const char *order_last; // the file whose last block uses the order up
};

struct rendered_set {
	atomic_uint users;
	uint64_t version;
	size_t file_count;
	size_t file_size;
	struct rendered_file *files;
	size_t text_count; // after rendered_set_finish: each once, by their hashes
	size_t text_size;
	struct rendered_text **texts;
	size_t node_count;
	size_t node_size;
	struct rendered_node *nodes; // after rendered_set_finish: by MAC
	struct arena arena;          // of their texts
};

struct rendered_set *rendered_set_new(uint64_t version);

// Adds a name. mac NULL: for every machine. The set holds the text, too. False: the set is full.
bool rendered_set_add(struct rendered_set *set, const uint8_t mac[6], bool order, const char *name,
	struct rendered_text *text);

// Adds a node; its texts are copied.
void rendered_set_add_node(struct rendered_set *set, const struct rendered_node *node);

// After rendered_set_finish: the node, or NULL.
const struct rendered_node *rendered_set_find(const struct rendered_set *set, const uint8_t mac[6]);

// Puts the texts in order, each once. Nothing may be added afterwards.
void rendered_set_finish(struct rendered_set *set);

struct rendered_set *rendered_set_hold(struct rendered_set *set);
void rendered_set_drop(struct rendered_set *set);
