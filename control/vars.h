// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Variables of templates and command lines: names with values; a value is a text, a list or a map,
// and a text may be secret. Read from the configuration, merged in layers, found by name.
// Everything lives in the arena that it was made in; what has been made is only read afterwards,
// by any thread. Pure but for vars_load_secrets.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "config_errors.h"
#include "config_tree.h"

#define VARS_DEPTH_MAX  8u // a list in a map in the top map: 3
#define VARS_VALUES_MAX 4096u
#define VARS_TEXT_MAX   65536u
#define VARS_NAME_MAX   64u

enum vars_kind {
	VARS_TEXT,
	VARS_LIST,
	VARS_MAP,
};

struct vars_value {
	enum vars_kind kind;
	bool secret;             // of a text
	uint32_t line;           // of the configuration; 0: not from there
	const char *text;        // of a text, NUL-terminated UTF-8; NULL: its file is not read yet
	size_t len;              // of the text
	const char *secret_file; // absolute path that the text is read from, or NULL
	const char *name;        // when it is in a map
	uint32_t count;          // of items
	struct vars_value *first;
	struct vars_value *last;
	struct vars_value *next; // in the list or map that it is in
};

struct vars {
	struct vars_value map;
};

// Whether a variable may bear the name: [A-Za-z_][A-Za-z0-9_-]*, at most VARS_NAME_MAX.
bool vars_name_is_good(const char *name, size_t len);

// Whether Rouse gives a variable of this name itself: node, server, callback ...
bool vars_name_is_reserved(const char *name, size_t len);

// Why a variable may not bear this name, or NULL; top: it is not inside of a map of variables.
const char *vars_name_refused(const char *name, bool top);

// What is said of values beyond the bounds.
#define VARS_TEXT_REFUSED   "is longer than 64 KiB: put it into a template"
#define VARS_VALUES_REFUSED "more than 4,096 values: put some into a template"
#define VARS_DEPTH_REFUSED  "is nested deeper than 8: flatten it"

// Reads vars: of the configuration. path is its place there, "hosts[3].vars", for the errors.
// Never NULL; what is wrong is in errors, and is left out. Secret files are named, not read.
struct vars *vars_read(struct arena *arena, const struct config_node *map, const char *path,
	struct config_errors *errors);

// Reads the files of {secret_file: PATH}; one trailing line feed is dropped. What cannot be read is
// told in errors, and stays without a text, which a template that asks for it refuses.
void vars_load_secrets(
	struct arena *arena, struct vars *vars, const char *path, struct config_errors *errors);

// To make variables without a configuration: adds a value to a list or map of vars. name is NULL in
// a list, and must be new in a map; text is used with VARS_TEXT only. Both are copied; names and
// bounds are the caller's part.
struct vars *vars_make(struct arena *arena);
struct vars_value *vars_add(struct arena *arena, struct vars_value *to, const char *name,
	enum vars_kind kind, const char *text);

// The value of this name in a map, or NULL.
const struct vars_value *vars_map_find(const struct vars_value *map, const char *name, size_t len);

// The same text, secrecy, items in the same order, and names in any.
bool vars_value_equal(const struct vars_value *a, const struct vars_value *b);

// In the order of precedence: what comes later replaces what comes earlier.
enum vars_origin {
	VARS_BUILTIN, // node.name, server.address: what Rouse knows
	VARS_SITE,    // vars: at the top
	VARS_SUBNET,  // vars: of its subnet
	VARS_ROLE,    // vars: of its role
	VARS_HOST,    // vars: of its host
	VARS_NODE,    // given to the node while Rouse runs, not by the configuration
};

// "builtin", "site" ...
const char *vars_origin_name(enum vars_origin origin);

struct vars_layer {
	enum vars_origin origin;
	const struct vars *vars; // NULL: empty
};

struct vars_entry {
	const char *name;
	const struct vars_value *value;
	enum vars_origin origin;
	uint32_t line;
};

struct vars_merged {
	size_t count;
	const struct vars_entry *entries; // by name, in strcmp's order
};

// Merges layers, which stand in the order of their origins, each at most once. A later one wins, by
// whole values: a map replaces a map and does not add to it. The result points into the layers'
// values, which must outlive it. Never NULL.
const struct vars_merged *vars_merge(
	struct arena *arena, const struct vars_layer *layers, size_t count);

const struct vars_entry *vars_find(const struct vars_merged *vars, const char *name, size_t len);

// Tells what differs, by name: before is NULL for what is new, after for what is gone. Origin and
// line alone make no difference.
void vars_compare(const struct vars_merged *before, const struct vars_merged *after,
	void (*tell)(
		void *context, const struct vars_entry *before, const struct vars_entry *after),
	void *context);
