// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Shared by store_nodes.c and store_hosts.c only.

#pragma once

#include "store_internal.h"
#include "store_nodes.h"

struct store_new_node {
	const char *name;
	bool listed;
	bool kept;
	bool seen; // just now
	int64_t now_ms;
};

int store_node_insert(struct store *store, const uint8_t mac[6], const struct store_new_node *node);
int store_node_owner(struct store *store, const char *name, uint8_t mac[6]);
int store_node_free_name(
	struct store *store, const uint8_t mac[6], char name[STORE_NODE_NAME_SIZE]);
int store_node_change(struct store *store, sqlite3_stmt *statement, const uint8_t mac[6]);
