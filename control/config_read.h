// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Between the parts of the configuration reader: one function per type of value. Each puts what is
// wrong into the context's errors and goes on, so that one run tells all errors.

#pragma once

#include "config_keys.h"

struct config_context {
	struct arena *arena;
	struct config_errors *errors;
	char record[64]; // "subnets[2]", "boot[0].menu[1]", "" at the top
};

// node: the value; record: the section's struct that the key's offset counts from.
typedef void config_read_fn(struct config_context *c, const struct config_key *key,
	const struct config_node *node, void *record);

extern config_read_fn *const config_readers[];

config_read_fn config_read_tid_range;
config_read_fn config_read_device;
config_read_fn config_read_cidr;
config_read_fn config_read_address;
config_read_fn config_read_addresses;
config_read_fn config_read_mac;
config_read_fn config_read_pools;
config_read_fn config_read_options;
config_read_fn config_read_match;
config_read_fn config_read_archs;

// Only boot rules, profiles and menus, of a text that has nothing else. The caller frees it, but
// not its arena, as all it has is in arena. NULL: it has errors.
struct config *config_read_builtin(struct arena *arena, const char *text);

// Notes an error at node, under the key's path.
void config_bad(struct config_context *c, const struct config_key *key,
	const struct config_node *node, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

// A scalar's text; NULL after an error when it is a list, a map, or empty.
const char *config_scalar(
	struct config_context *c, const struct config_key *key, const struct config_node *node);

// Walks a list of scalars; a single scalar is a list of one. Returns the number, and the first
// node; -1 after an error.
int64_t config_scalars(struct config_context *c, const struct config_key *key,
	const struct config_node *node, const struct config_node **first);

// Whether it has nothing but printable ASCII.
bool config_is_printable(const char *text);

// "a, b or c": the words of a list that ends with NULL, for a sentence.
const char *config_choices_text(const char *const *choices, char *out, size_t size);

static inline void *config_field(const struct config_key *key, void *record) {
	return (char *)record + key->offset;
}

static inline void *config_field2(const struct config_key *key, void *record) {
	return (char *)record + key->offset2;
}

// Whether an address can be a machine's: not 0/8, 127/8, multicast or above.
static inline bool config_usable_address(uint32_t address) {
	uint32_t top = address >> 24;

	return top != 0 && top != 127 && top < 224;
}
