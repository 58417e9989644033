// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// One-shot boots. An order's id is never 0 and never used again, whatever becomes of the database;
// its slot is where the dataplane marks it as used: unique among those that wait, and reused late.

#pragma once

#include "store.h"

#define STORE_ORDER_SLOTS 16384u // = ORDER_SLOTS of the dataplane

// Numbers are in the database: they never change.
enum store_order_state {
	STORE_ORDER_WAITING = 0,
	STORE_ORDER_USED = 1,
	STORE_ORDER_CANCELLED = 2,
};

enum store_order_origin {
	STORE_ORDER_OPERATOR = 0,
	STORE_ORDER_INSTALL = 1, // a node of a role that installs
	STORE_ORDER_RETRY = 2,
};

struct store_order {
	uint64_t id;
	uint32_t slot;
	uint8_t mac[6];
	uint8_t state;       // enum store_order_state
	uint8_t origin;      // enum store_order_origin
	const char *profile; // in the caller's arena, or good within the call
	int64_t created_ms;  // Unix
	int64_t used_ms;     // or cancelled; 0: waits
};

// Makes an order, on the disk when it returns (in a batch: when that is committed). Sets id and
// slot of *order from its mac, profile, origin and created_ms. -EEXIST: one waits for this node,
// and replace is false; else that one is cancelled. -ENOENT: no such node. -ENOSPC: all slots wait.
int store_order_make(struct store *store, struct store_order *order, bool replace);

// The dataplane has marked it. 0 also when it was marked before or cancelled meanwhile (it is used
// now); *was is its state until now. -ENOENT: none with this id.
int store_order_use(struct store *store, uint64_t id, int64_t now_ms, struct arena *arena,
	struct store_order *order, uint8_t *was);

// -ENOENT: none waits for this node.
int store_order_cancel(struct store *store, const uint8_t mac[6], int64_t now_ms);

// The order that waits for a node, or its latest one (waiting false). -ENOENT.
int store_order_of(struct store *store, const uint8_t mac[6], bool waiting, struct arena *arena,
	struct store_order *order);
int store_order_get(
	struct store *store, uint64_t id, struct arena *arena, struct store_order *order);

// All that wait, by id. each returns false to stop.
int store_orders_waiting(struct store *store,
	bool (*each)(void *context, const struct store_order *order), void *context);
