// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Nodes as they are read.

#include <errno.h>
#include <string.h>

#include "store_internal.h"
#include "store_nodes.h"

static void read_life(sqlite3_stmt *statement, struct node_life *life) {
	const char *reason = store_column_text(statement, 9);
	size_t len = reason ? strnlen(reason, sizeof(life->reason) - 1) : 0;

	life->state = (uint8_t)sqlite3_column_int(statement, 7);
	life->since_ms = sqlite3_column_int64(statement, 8);
	life->attempts = (uint32_t)sqlite3_column_int64(statement, 10);
	memset(life->reason, 0, sizeof(life->reason));
	if (len)
		memcpy(life->reason, reason, len);
}

static void read_facts(sqlite3_stmt *statement, struct node_facts *facts) {
	*facts = (struct node_facts){.arch = STORE_UNKNOWN_ARCH,
		.memory_mb = (uint32_t)sqlite3_column_int64(statement, 16),
		.vendor_class = store_column_text(statement, 17),
		.manufacturer = store_column_text(statement, 18),
		.product = store_column_text(statement, 19),
		.serial = store_column_text(statement, 20),
		.asset = store_column_text(statement, 21),
		.nics = store_column_text(statement, 22),
		.circuit_id = store_column_text(statement, 23),
		.remote_id = store_column_text(statement, 24)};
	if (sqlite3_column_type(statement, 14) != SQLITE_NULL)
		facts->arch = (uint16_t)sqlite3_column_int(statement, 14);
	facts->has_uuid = sqlite3_column_bytes(statement, 15) == 16;
	if (facts->has_uuid)
		memcpy(facts->uuid, sqlite3_column_blob(statement, 15), 16);
}

static void read_node(sqlite3_stmt *statement, struct store_node *node) {
	*node = (struct store_node){.name = store_column_text(statement, 1),
		.listed = sqlite3_column_int(statement, 2) != 0,
		.role = store_column_text(statement, 3),
		.profile = store_column_text(statement, 4),
		.vars = store_column_text(statement, 5),
		.notes = store_column_text(statement, 6),
		.first_seen_ms = sqlite3_column_int64(statement, 11),
		.last_seen_ms = sqlite3_column_int64(statement, 12),
		.address = (uint32_t)sqlite3_column_int64(statement, 13)};
	store_column_mac(statement, 0, node->mac);
	read_life(statement, &node->life);
	read_facts(statement, &node->facts);
}

static void copy_texts(struct arena *arena, struct store_node *node) {
	const char **const texts[] = {&node->name, &node->role, &node->profile, &node->vars,
		&node->notes, &node->facts.vendor_class, &node->facts.manufacturer,
		&node->facts.product, &node->facts.serial, &node->facts.asset, &node->facts.nics,
		&node->facts.circuit_id, &node->facts.remote_id};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (*texts[i])
			*texts[i] = arena_text(arena, *texts[i], strlen(*texts[i]));
	}
}

static int take_node(struct store *store, sqlite3_stmt *statement, struct arena *arena,
	struct store_node *node) {
	int rc = store_row(store, statement, "read a node");

	if (rc == 0)
		return store_say(store, -ENOENT, "there is no such node");
	if (rc < 0)
		return rc;
	read_node(statement, node);
	copy_texts(arena, node);
	sqlite3_reset(statement);
	return 0;
}

int store_node_get(
	struct store *store, const uint8_t mac[6], struct arena *arena, struct store_node *node) {
	sqlite3_stmt *statement = store_statement(store, STORE_SQL_NODE_GET);

	store_bind_mac(statement, 1, mac);
	return take_node(store, statement, arena, node);
}

int store_node_find(
	struct store *store, const char *name, struct arena *arena, struct store_node *node) {
	sqlite3_stmt *statement = store_statement(store, STORE_SQL_NODE_FIND);

	store_bind_text(statement, 1, name);
	return take_node(store, statement, arena, node);
}

int store_nodes_each(struct store *store,
	bool (*each)(void *context, const struct store_node *node), void *context) {
	sqlite3_stmt *statement = store_statement(store, STORE_SQL_NODES);
	struct store_node node;
	int rc;

	while ((rc = store_row(store, statement, "read the nodes")) == 1) {
		read_node(statement, &node);
		if (!each(context, &node))
			break;
	}
	sqlite3_reset(statement);
	return rc < 0 ? rc : 0;
}
