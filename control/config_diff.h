// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What a new configuration would change, and for which nodes. Pure.

#pragma once

#include "config.h"
#include "config_errors.h"
#include "store_nodes.h"

// What becomes different in one way for some nodes.
struct config_node_change {
	const char *role;   // that they have then; NULL: none
	const char *what;   // "role", "cmdline", "var.disk" ...
	const char *before; // NULL: nothing
	const char *after;  // NULL: nothing
	size_t node_count;
	const char **nodes; // names
};

enum config_change_kind { CONFIG_ADDED, CONFIG_REMOVED, CONFIG_CHANGED };

// A part of the configuration itself.
struct config_change {
	enum config_change_kind kind;
	const char *what; // "profile", "role", "menu", "boot rule", "subnet", "key"
	const char *name; // "web", "10.77.0.0/24"; of a rule its line, of the file it is in
	const char *keys; // that differ: "kernel, cmdline"; "" where there is no more to tell
};

struct config_diff {
	struct arena arena;
	size_t node_count; // that anything changes for
	size_t node_change_count;
	struct config_node_change *node_changes; // those of one role together
	size_t change_count;
	size_t change_size;
	struct config_change *changes;
	struct config_errors restart; // keys that take effect at a restart only
};

// nodes: what is known of machines, beside the hosts of both configurations. leases: the size of
// the running lease table. The result is the caller's; it points into both configurations and
// nodes.
struct config_diff *config_diff_make(const struct config *before, const struct config *after,
	const struct store_node *nodes, size_t node_count, uint32_t leases);
void config_diff_free(struct config_diff *diff);

// Whether nothing would change at all.
bool config_diff_is_empty(const struct config_diff *diff);

// For config_diff.c: adds what differs in the parts of the configuration.
void config_diff_parts(
	struct config_diff *diff, const struct config *before, const struct config *after);
