// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Nodes in the store: entries of hosts:, those added by hand, and machines that were seen.

#pragma once

#include "node_life.h"
#include "store.h"

#define STORE_NODE_NAME_SIZE 64u
#define STORE_DISCOVERED_MAX 65536u // unlisted nodes that have not booted: more are not taken up
#define STORE_UNKNOWN_ARCH   UINT16_MAX

// What a machine says of itself. NULL, 0 and STORE_UNKNOWN_ARCH: not known; such a field of
// store_node_seen leaves what is known.
struct node_facts {
	uint16_t arch; // option 93
	bool has_uuid;
	uint8_t uuid[16]; // as in option 97, after its type
	uint32_t memory_mb;
	const char *vendor_class;
	// Option 82 of its last boot through a relay agent, as text_clean makes it of their bytes.
	// To store_node_seen NULL says nothing, "" that there is none.
	const char *circuit_id;
	const char *remote_id;
	const char *manufacturer;
	const char *product;
	const char *serial;
	const char *asset;
	const char *nics; // JSON
};

struct store_node {
	uint8_t mac[6];
	bool listed;         // in hosts: at the moment
	const char *name;    // never NULL: hosts', or given, or "m-525400770001"
	const char *role;    // set by hand, NULL: by hosts: and rules
	const char *profile; // the same
	const char *vars;    // JSON object or NULL
	const char *notes;   // or NULL
	struct node_life life;
	int64_t first_seen_ms; // Unix; 0: never seen
	int64_t last_seen_ms;
	uint32_t address; // the last one, host byte order, 0: none
	struct node_facts facts;
};

// What the operator sets. NULL: leave as it is; "": none.
struct store_node_set {
	const char *name;
	const char *role;
	const char *profile;
	const char *vars; // a JSON object without secrets
	const char *notes;
};

struct store_host {
	uint8_t mac[6];
	const char *name;
};

// Adds a node by hand. name NULL: the usual one. -EEXIST: MAC or name is taken. -EINVAL: the name
// is another MAC's usual one, or too long.
int store_node_add(struct store *store, const uint8_t mac[6], const char *name, int64_t now_ms);

// -ENOENT, -EEXIST and -EINVAL as above, or the name of a listed node, which hosts: gives.
int store_node_set(struct store *store, const uint8_t mac[6], const struct store_node_set *set);

// Forgets a node, its orders and its boots; a listed one only what is known of it. -ENOENT.
int store_node_forget(struct store *store, const uint8_t mac[6]);

// A machine was heard: a new one is a node now. *is_new may be NULL. -ENOBUFS: too many unknown
// machines. Not synced by itself.
int store_node_seen(struct store *store, const uint8_t mac[6], uint32_t address,
	const struct node_facts *facts, int64_t now_ms, bool *is_new);

// -ENOENT. Not synced by itself while the node is discovered or boots.
int store_node_life(struct store *store, const uint8_t mac[6], const struct node_life *life);

// Makes the listed nodes equal to hosts:, whose names win: another node with such a name gets its
// usual one. Writes only what differs.
int store_nodes_list(struct store *store, const struct store_host *hosts, size_t count);

// Copies a node into arena. -ENOENT.
int store_node_get(
	struct store *store, const uint8_t mac[6], struct arena *arena, struct store_node *node);
// By its name, without regard to case.
int store_node_find(
	struct store *store, const char *name, struct arena *arena, struct store_node *node);

// All nodes by name; texts are good within the call only. each returns false to stop.
int store_nodes_each(struct store *store,
	bool (*each)(void *context, const struct store_node *node), void *context);

// "m-525400770001"
char *store_node_usual_name(const uint8_t mac[6], char out[STORE_NODE_NAME_SIZE]);
// Whether it is that, or that with a number.
bool store_node_name_is_usual(const uint8_t mac[6], const char *name);

// How often store_node_seen has refused a machine, as too many unknown ones are known.
uint64_t store_nodes_refused(const struct store *store);

// Whether store_prune has forgotten nodes since this was asked last.
bool store_nodes_pruned(struct store *store);
