// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Nodes: what the operator and what machines change. Reading is in store_nodes_read.c, hosts: in
// store_hosts.c.

#include "store_nodes.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_internal.h"
#include "store_nodes_internal.h"
#include "text.h"

#define FACT_SIZE   129u  // of a text that a machine tells of itself
#define NICS_MAX    4096u // of its JSON
#define RECOUNT_MS  1000
#define TEXTS_COUNT 5u

char *store_node_usual_name(const uint8_t mac[6], char out[STORE_NODE_NAME_SIZE]) {
	snprintf(out, STORE_NODE_NAME_SIZE, "m-%02x%02x%02x%02x%02x%02x", mac[0], mac[1], mac[2],
		mac[3], mac[4], mac[5]);
	return out;
}

bool store_node_name_is_usual(const uint8_t mac[6], const char *name) {
	char usual[STORE_NODE_NAME_SIZE];
	size_t len = strlen(store_node_usual_name(mac, usual));

	return !strncmp(name, usual, len) && (!name[len] || name[len] == '-');
}

static bool looks_usual(const char *name) {
	if (strlen(name) != 14 || tolower((unsigned char)name[0]) != 'm' || name[1] != '-')
		return false;
	for (size_t i = 2; i < 14; i++) {
		if (!isxdigit((unsigned char)name[i]))
			return false;
	}
	return true;
}

// --- names

// 1: mac has the node with this name. 0: nobody has it.
int store_node_owner(struct store *store, const char *name, uint8_t mac[6]) {
	sqlite3_stmt *statement = store_statement(store, STORE_SQL_NODE_OWNER);
	int rc;

	store_bind_text(statement, 1, name);
	rc = store_row(store, statement, "look for a name");
	if (rc == 1)
		store_column_mac(statement, 0, mac);
	sqlite3_reset(statement);
	return rc;
}

// The usual name, or where somebody was given just that one, with a number.
int store_node_free_name(
	struct store *store, const uint8_t mac[6], char name[STORE_NODE_NAME_SIZE]) {
	uint8_t owner[6];
	size_t len = strlen(store_node_usual_name(mac, name));
	int rc = store_node_owner(store, name, owner);

	for (unsigned n = 2; rc == 1 && memcmp(owner, mac, 6) != 0; n++) {
		snprintf(name + len, STORE_NODE_NAME_SIZE - len, "-%u", n);
		rc = store_node_owner(store, name, owner);
	}
	return rc < 0 ? rc : 0;
}

static int check_name(struct store *store, const uint8_t mac[6], const char *name) {
	char usual[STORE_NODE_NAME_SIZE];
	uint8_t owner[6];
	int rc;

	if (!name[0] || strlen(name) >= STORE_NODE_NAME_SIZE)
		return store_say(store, -EINVAL, "a node's name has 1 to %u characters",
			STORE_NODE_NAME_SIZE - 1);
	if (looks_usual(name) && strcasecmp(name, store_node_usual_name(mac, usual)) != 0)
		return store_say(store, -EINVAL,
			"%s is the usual name of another MAC address: choose another", name);
	rc = store_node_owner(store, name, owner);
	if (rc == 1 && memcmp(owner, mac, 6) != 0)
		return store_say(store, -EEXIST, "another node is called %s", name);
	return rc < 0 ? rc : 0;
}

// --- rows

int store_node_insert(
	struct store *store, const uint8_t mac[6], const struct store_new_node *node) {
	sqlite3_stmt *statement = store_statement(store, STORE_SQL_NODE_INSERT);

	store_bind_mac(statement, 1, mac);
	store_bind_text(statement, 2, node->name);
	sqlite3_bind_int(statement, 3, node->listed);
	sqlite3_bind_int(statement, 4, node->kept);
	sqlite3_bind_int64(statement, 5, node->now_ms);
	sqlite3_bind_int64(statement, 6, node->seen ? node->now_ms : 0);
	return store_run(store, statement, "keep a node");
}

static int no_node(struct store *store, const uint8_t mac[6]) {
	char text[TEXT_MAC_SIZE];

	return store_say(store, -ENOENT, "no node has the MAC address %s", text_mac(mac, text));
}

// Runs an UPDATE or DELETE of one node.
int store_node_change(struct store *store, sqlite3_stmt *statement, const uint8_t mac[6]) {
	int rc;

	store_bind_mac(statement, 1, mac);
	rc = store_run(store, statement, "change a node");
	if (rc < 0)
		return rc;
	return sqlite3_changes(store->db) ? 0 : no_node(store, mac);
}

int store_node_keep(struct store *store, const uint8_t mac[6]) {
	return store_node_change(store, store_statement(store, STORE_SQL_NODE_KEEP), mac);
}

// --- the operator

static int add(struct store *store, const uint8_t mac[6], const char *name, int64_t now_ms) {
	char usual[STORE_NODE_NAME_SIZE];
	struct store_new_node node = {.name = name ? name : usual, .kept = true, .now_ms = now_ms};
	struct arena arena = {0};
	struct store_node former;
	int rc = store_node_get(store, mac, &arena, &former);

	if (rc == 0)
		rc = store_say(
			store, -EEXIST, "this MAC address is the node %s already", former.name);
	else if (rc == -ENOENT)
		rc = name ? check_name(store, mac, name) : store_node_free_name(store, mac, usual);
	if (rc == 0)
		rc = store_node_insert(store, mac, &node);
	arena_free(&arena);
	return rc;
}

int store_node_add(struct store *store, const uint8_t mac[6], const char *name, int64_t now_ms) {
	int rc = store_enter(store);

	if (rc < 0)
		return rc;
	return store_leave(store, add(store, mac, name, now_ms), true);
}

static int check_set(struct store *store, const uint8_t mac[6], const struct store_node_set *set) {
	struct arena arena = {0};
	struct store_node node;
	int rc = store_node_get(store, mac, &arena, &node);

	if (rc == 0 && set->name && node.listed && strcmp(set->name, node.name) != 0)
		rc = store_say(
			store, -EINVAL, "%s has its name from hosts: change it there", node.name);
	else if (rc == 0 && set->name)
		rc = check_name(store, mac, set->name);
	arena_free(&arena);
	return rc;
}

int store_node_set(struct store *store, const uint8_t mac[6], const struct store_node_set *set) {
	sqlite3_stmt *statement;
	int rc = store_enter(store);

	if (rc < 0)
		return rc;
	rc = check_set(store, mac, set);
	if (rc < 0)
		return store_leave(store, rc, false);
	statement = store_statement(store, STORE_SQL_NODE_SET);
	store_bind_text(statement, 2, set->name);
	store_bind_text(statement, 3, set->role);
	store_bind_text(statement, 4, set->profile);
	store_bind_text(statement, 5, set->vars);
	store_bind_text(statement, 6, set->notes);
	return store_leave(store, store_node_change(store, statement, mac), true);
}

static int forget(struct store *store, const uint8_t mac[6]) {
	struct arena arena = {0};
	struct store_node node;
	int rc = store_node_get(store, mac, &arena, &node);

	if (rc == 0)
		rc = store_orders_forget(store, mac);
	if (rc == 0)
		rc = store_boots_forget(store, mac);
	if (rc == 0)
		rc = store_node_change(store,
			store_statement(
				store, node.listed ? STORE_SQL_NODE_CLEAR : STORE_SQL_NODE_DELETE),
			mac);
	arena_free(&arena);
	return rc;
}

int store_node_forget(struct store *store, const uint8_t mac[6]) {
	int rc = store_enter(store);

	if (rc < 0)
		return rc;
	return store_leave(store, forget(store, mac), true);
}

// --- machines

// Printable, and short: by HTTP anybody can say anything.
static const char *clean(const char *text, char out[FACT_SIZE]) {
	return text && text[0] ? text_clean(text, strlen(text), out, FACT_SIZE) : NULL;
}

static void bind_facts(sqlite3_stmt *statement, const struct node_facts *facts,
	char texts[TEXTS_COUNT][FACT_SIZE]) {
	if (facts->arch != STORE_UNKNOWN_ARCH)
		sqlite3_bind_int(statement, 4, facts->arch);
	if (facts->has_uuid)
		sqlite3_bind_blob(statement, 5, facts->uuid, 16, SQLITE_STATIC);
	if (facts->memory_mb)
		sqlite3_bind_int64(statement, 6, facts->memory_mb);
	store_bind_text(statement, 7, clean(facts->vendor_class, texts[0]));
	store_bind_text(statement, 8, clean(facts->manufacturer, texts[1]));
	store_bind_text(statement, 9, clean(facts->product, texts[2]));
	store_bind_text(statement, 10, clean(facts->serial, texts[3]));
	store_bind_text(statement, 11, clean(facts->asset, texts[4]));
	store_bind_text(statement, 13, facts->circuit_id);
	store_bind_text(statement, 14, facts->remote_id);
	if (facts->nics && strlen(facts->nics) <= NICS_MAX)
		store_bind_text(statement, 12, facts->nics);
}

static int update_seen(struct store *store, const uint8_t mac[6], uint32_t address,
	const struct node_facts *facts, int64_t now_ms) {
	sqlite3_stmt *statement = store_statement(store, STORE_SQL_NODE_SEEN);
	char texts[TEXTS_COUNT][FACT_SIZE];
	int rc;

	store_bind_mac(statement, 1, mac);
	sqlite3_bind_int64(statement, 2, now_ms);
	if (address)
		sqlite3_bind_int64(statement, 3, address);
	if (facts)
		bind_facts(statement, facts, texts);
	rc = store_run(store, statement, "note a machine");
	return rc < 0 ? rc : sqlite3_changes(store->db);
}

int store_nodes_load(struct store *store) {
	sqlite3_stmt *statement = store_statement(store, STORE_SQL_NODE_COUNT_NEW);
	int rc = store_row(store, statement, "count nodes");

	if (rc == 1)
		store->discovered = (uint64_t)sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	return rc < 0 ? rc : 0;
}

// The number that is remembered only grows: it is counted anew when it is too high, but not for
// each machine of a flood.
static int check_room(struct store *store, int64_t now_ms) {
	int rc = 0;

	if (store->discovered >= STORE_DISCOVERED_MAX &&
		llabs(now_ms - store->recounted_ms) >= RECOUNT_MS) { // set back counts, too
		store->recounted_ms = now_ms;
		rc = store_nodes_load(store);
	}
	if (rc < 0 || store->discovered < STORE_DISCOVERED_MAX)
		return rc;
	store->refused++;
	return store_say(store, -ENOBUFS,
		"%u unknown machines are known already: forget some, or let a role take them",
		STORE_DISCOVERED_MAX);
}

static int insert_seen(struct store *store, const uint8_t mac[6], int64_t now_ms) {
	char name[STORE_NODE_NAME_SIZE];
	struct store_new_node node = {.name = name, .seen = true, .now_ms = now_ms};
	int rc = check_room(store, now_ms);

	if (rc == 0)
		rc = store_node_free_name(store, mac, name);
	if (rc == 0)
		rc = store_node_insert(store, mac, &node);
	if (rc == 0)
		store->discovered++;
	return rc;
}

int store_node_seen(struct store *store, const uint8_t mac[6], uint32_t address,
	const struct node_facts *facts, int64_t now_ms, bool *is_new) {
	int rc = store_enter(store);
	bool fresh;

	if (rc < 0)
		return rc;
	rc = update_seen(store, mac, address, facts, now_ms);
	fresh = rc == 0;
	if (fresh)
		rc = insert_seen(store, mac, now_ms);
	if (fresh && rc == 0)
		rc = update_seen(store, mac, address, facts, now_ms);
	rc = store_leave(store, rc < 0 ? rc : 0, false);
	if (is_new)
		*is_new = fresh && rc == 0;
	return rc;
}

int store_node_life(struct store *store, const uint8_t mac[6], const struct node_life *life) {
	sqlite3_stmt *statement;
	int rc = store_enter(store);

	if (rc < 0)
		return rc;
	statement = store_statement(store, STORE_SQL_NODE_LIFE);
	sqlite3_bind_int(statement, 2, life->state);
	sqlite3_bind_int64(statement, 3, life->since_ms);
	store_bind_text(statement, 4, life->reason);
	sqlite3_bind_int64(statement, 5, life->attempts);
	// A storm must not sync the disk in each tick to keep who boots.
	return store_leave(store, store_node_change(store, statement, mac),
		life->state != NODE_DISCOVERED && life->state != NODE_BOOTING);
}

int store_nodes_prune(struct store *store, int64_t before_ms) {
	int rc = store_run_portion(store, STORE_SQL_NODE_PRUNE, before_ms, "forget old machines");

	if (rc >= 0)
		store->nodes_pruned |= sqlite3_changes(store->db) > 0;
	return rc;
}

int store_nodes_redate(struct store *store, int64_t now_ms) {
	return store_run_portion(store, STORE_SQL_NODE_REDATE, now_ms, "date machines");
}

uint64_t store_nodes_refused(const struct store *store) {
	return store->refused;
}

bool store_nodes_pruned(struct store *store) {
	bool pruned = store->nodes_pruned;

	store->nodes_pruned = false;
	return pruned;
}
