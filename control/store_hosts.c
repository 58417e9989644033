// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The nodes of hosts:, as a configuration is taken. Most of a reload's hosts are as they were, and
// cost a look each.

#include <stdlib.h>
#include <string.h>

#include "store_nodes_internal.h"

struct listing {
	struct store *store;
	const struct store_host **sorted; // by MAC
	bool *same;                       // of each: the database has it like this
	size_t count;
	uint8_t (*gone)[6]; // listed, and not in hosts: any more
	size_t gone_count;
	size_t gone_room;
};

static int compare(const void *a, const void *b) {
	const struct store_host *const *left = a, *const *right = b;

	return memcmp((*left)->mac, (*right)->mac, 6);
}

static const struct store_host **find(const struct listing *listing, const uint8_t mac[6]) {
	struct store_host wanted = {0};
	const struct store_host *key = &wanted;

	memcpy(wanted.mac, mac, 6);
	return bsearch(&key, listing->sorted, listing->count, sizeof(key), compare);
}

static void note_gone(struct listing *listing, const uint8_t mac[6]) {
	if (listing->gone_count == listing->gone_room) {
		listing->gone_room = listing->gone_room ? listing->gone_room * 2 : 64;
		listing->gone = mem_resize(listing->gone, listing->gone_room * 6);
	}
	memcpy(listing->gone[listing->gone_count++], mac, 6);
}

static int look(struct listing *listing) {
	sqlite3_stmt *statement = store_statement(listing->store, STORE_SQL_NODES_LISTED);
	int rc;

	while ((rc = store_row(listing->store, statement, "read the nodes")) == 1) {
		const struct store_host **host;
		uint8_t mac[6];

		store_column_mac(statement, 0, mac);
		host = find(listing, mac);
		if (!host)
			note_gone(listing, mac);
		else
			listing->same[host - listing->sorted] =
				!strcmp((*host)->name, store_column_text(statement, 1));
	}
	return rc;
}

static int unlist(struct listing *listing) {
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < listing->gone_count; i++)
		rc = store_node_change(listing->store,
			store_statement(listing->store, STORE_SQL_NODE_UNLIST), listing->gone[i]);
	return rc;
}

// Whoever has the name gets its usual one; if it is in hosts:, too, its own follows.
static int free_name(struct store *store, const struct store_host *host) {
	char name[STORE_NODE_NAME_SIZE];
	sqlite3_stmt *statement;
	uint8_t owner[6];
	int rc = store_node_owner(store, host->name, owner);

	if (rc <= 0 || !memcmp(owner, host->mac, 6))
		return rc < 0 ? rc : 0;
	rc = store_node_free_name(store, owner, name);
	if (rc == 0 && !strcasecmp(name, host->name))
		strncat(name, "-2", sizeof(name) - strlen(name) - 1);
	if (rc < 0)
		return rc;
	statement = store_statement(store, STORE_SQL_NODE_RENAME);
	store_bind_text(statement, 2, name);
	return store_node_change(store, statement, owner);
}

static int list(struct store *store, const struct store_host *host) {
	struct store_new_node node = {.name = host->name, .listed = true};
	sqlite3_stmt *statement;
	int rc = free_name(store, host);

	if (rc < 0)
		return rc;
	statement = store_statement(store, STORE_SQL_NODE_LIST);
	store_bind_mac(statement, 1, host->mac);
	store_bind_text(statement, 2, host->name);
	rc = store_run(store, statement, "keep a node");
	if (rc < 0 || sqlite3_changes(store->db))
		return rc;
	return store_node_insert(store, host->mac, &node);
}

static int make_equal(struct listing *listing) {
	int rc = look(listing);

	if (rc == 0)
		rc = unlist(listing);
	for (size_t i = 0; rc == 0 && i < listing->count; i++) {
		if (!listing->same[i])
			rc = list(listing->store, listing->sorted[i]);
	}
	return rc;
}

int store_nodes_list(struct store *store, const struct store_host *hosts, size_t count) {
	struct listing listing = {.store = store, .count = count};
	int rc = store_enter(store);

	if (rc < 0)
		return rc;
	listing.sorted = mem_alloc(count * sizeof(*listing.sorted));
	listing.same = mem_alloc(count);
	for (size_t i = 0; i < count; i++)
		listing.sorted[i] = &hosts[i];
	qsort(listing.sorted, count, sizeof(*listing.sorted), compare);
	rc = make_equal(&listing);
	free(listing.sorted);
	free(listing.same);
	free(listing.gone);
	return store_leave(store, rc, true);
}
