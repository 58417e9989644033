// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Orders. The slot follows from the id, so that slots go round: the next free one from id modulo
// their number.

#include "store_orders.h"

#include <errno.h>
#include <string.h>

#include "store_internal.h"

static bool slot_waits(const struct store *store, uint32_t slot) {
	return store->slots[slot / 64] >> (slot % 64) & 1;
}

static void set_slot(struct store *store, uint32_t slot, bool waits) {
	uint64_t bit = UINT64_C(1) << (slot % 64);

	if (slot >= STORE_ORDER_SLOTS || slot_waits(store, slot) == waits)
		return;
	store->slots[slot / 64] ^= bit;
	if (waits)
		store->waiting++;
	else
		store->waiting--;
}

int store_orders_load(struct store *store) {
	sqlite3_stmt *statement = store_statement(store, STORE_SQL_ORDERS_WAITING);
	int rc;

	memset(store->slots, 0, sizeof(store->slots));
	store->waiting = 0;
	while ((rc = store_row(store, statement, "read the orders")) == 1)
		set_slot(store, (uint32_t)sqlite3_column_int64(statement, 1), true);
	return rc;
}

static void read_order(sqlite3_stmt *statement, struct store_order *order) {
	*order = (struct store_order){.id = (uint64_t)sqlite3_column_int64(statement, 0),
		.slot = (uint32_t)sqlite3_column_int64(statement, 1),
		.state = (uint8_t)sqlite3_column_int(statement, 3),
		.origin = (uint8_t)sqlite3_column_int(statement, 4),
		.profile = store_column_text(statement, 5),
		.created_ms = sqlite3_column_int64(statement, 6),
		.used_ms = sqlite3_column_int64(statement, 7)};
	store_column_mac(statement, 2, order->mac);
}

// One order, copied; 1, 0 or -errno.
static int take_order(struct store *store, sqlite3_stmt *statement, struct arena *arena,
	struct store_order *order) {
	int rc = store_row(store, statement, "read an order");

	if (rc != 1)
		return rc;
	read_order(statement, order);
	order->profile = arena_text(arena, order->profile, strlen(order->profile));
	sqlite3_reset(statement);
	return 1;
}

static int by_mac(struct store *store, const uint8_t mac[6], bool waiting, struct arena *arena,
	struct store_order *order) {
	sqlite3_stmt *statement =
		store_statement(store, waiting ? STORE_SQL_ORDER_WAITING : STORE_SQL_ORDER_LAST);

	store_bind_mac(statement, 1, mac);
	return take_order(store, statement, arena, order);
}

int store_order_of(struct store *store, const uint8_t mac[6], bool waiting, struct arena *arena,
	struct store_order *order) {
	int rc = by_mac(store, mac, waiting, arena, order);

	if (rc == 0)
		return store_say(store, -ENOENT,
			waiting ? "no order waits for this node" : "this node never had an order");
	return rc < 0 ? rc : 0;
}

int store_order_get(
	struct store *store, uint64_t id, struct arena *arena, struct store_order *order) {
	sqlite3_stmt *statement = store_statement(store, STORE_SQL_ORDER_GET);
	int rc;

	sqlite3_bind_int64(statement, 1, (int64_t)id);
	rc = take_order(store, statement, arena, order);
	if (rc == 0)
		return store_say(store, -ENOENT, "there is no order %llu", (unsigned long long)id);
	return rc < 0 ? rc : 0;
}

static int end_order(
	struct store *store, const struct store_order *order, uint8_t state, int64_t now_ms) {
	sqlite3_stmt *statement = store_statement(store, STORE_SQL_ORDER_END);
	int rc;

	sqlite3_bind_int64(statement, 1, (int64_t)order->id);
	sqlite3_bind_int(statement, 2, state);
	sqlite3_bind_int64(statement, 3, now_ms);
	rc = store_run(store, statement, "end an order");
	if (rc == 0 && order->state == STORE_ORDER_WAITING)
		set_slot(store, order->slot, false);
	return rc;
}

// --- making

static int choose_slot(struct store *store, uint64_t id, uint32_t *slot) {
	for (uint32_t i = 0; i < STORE_ORDER_SLOTS; i++) {
		*slot = (uint32_t)((id + i) % STORE_ORDER_SLOTS);
		if (!slot_waits(store, *slot))
			return 0;
	}
	return store_say(store, -ENOSPC,
		"%u orders wait already: cancel some, or let their nodes boot", STORE_ORDER_SLOTS);
}

static int insert(struct store *store, struct store_order *order) {
	sqlite3_stmt *statement = store_statement(store, STORE_SQL_ORDER_INSERT);
	int rc;

	sqlite3_bind_int64(statement, 1, (int64_t)order->id);
	sqlite3_bind_int64(statement, 2, order->slot);
	store_bind_mac(statement, 3, order->mac);
	sqlite3_bind_int(statement, 4, order->origin);
	store_bind_text(statement, 5, order->profile);
	sqlite3_bind_int64(statement, 6, order->created_ms);
	rc = store_run(store, statement, "keep an order");
	if (rc == 0)
		set_slot(store, order->slot, true);
	return rc;
}

// What waits for the node gives way, or forbids another.
static int clear_way(struct store *store, const struct store_order *order, bool replace) {
	struct arena arena = {0};
	struct store_order former;
	int rc = by_mac(store, order->mac, true, &arena, &former);

	if (rc == 1 && replace)
		rc = end_order(store, &former, STORE_ORDER_CANCELLED, order->created_ms);
	else if (rc == 1)
		rc = store_say(store, -EEXIST,
			"an order of profile %s waits already: --replace or --cancel takes it away",
			former.profile);
	arena_free(&arena);
	return rc;
}

// The node is kept last: in a batch what is refused must have changed nothing. One that is not
// there had no order, so none was cleared away.
static int make(struct store *store, struct store_order *order, bool replace) {
	int rc = clear_way(store, order, replace);

	if (rc == 0)
		rc = choose_slot(store, store->order_next, &order->slot);
	if (rc == 0)
		rc = store_node_keep(store, order->mac);
	if (rc < 0)
		return rc;
	order->id = store->order_next++;
	order->state = STORE_ORDER_WAITING;
	order->used_ms = 0;
	return insert(store, order);
}

int store_order_make(struct store *store, struct store_order *order, bool replace) {
	int rc = store_enter(store);

	if (rc < 0)
		return rc;
	rc = make(store, order, replace);
	return store_leave(store, rc, true);
}

// --- ending

int store_order_use(struct store *store, uint64_t id, int64_t now_ms, struct arena *arena,
	struct store_order *order, uint8_t *was) {
	int rc = store_enter(store);

	if (rc < 0)
		return rc;
	rc = store_order_get(store, id, arena, order);
	if (rc < 0)
		return store_leave(store, rc, false);
	*was = order->state;
	if (order->state == STORE_ORDER_USED)
		return store_leave(store, 0, false);
	rc = end_order(store, order, STORE_ORDER_USED, now_ms);
	order->state = STORE_ORDER_USED;
	order->used_ms = now_ms;
	return store_leave(store, rc, true);
}

int store_order_cancel(struct store *store, const uint8_t mac[6], int64_t now_ms) {
	struct arena arena = {0};
	struct store_order order;
	int rc = store_enter(store);

	if (rc < 0)
		return rc;
	rc = store_order_of(store, mac, true, &arena, &order);
	if (rc == 0)
		rc = end_order(store, &order, STORE_ORDER_CANCELLED, now_ms);
	arena_free(&arena);
	return store_leave(store, rc, true);
}

int store_orders_waiting(struct store *store,
	bool (*each)(void *context, const struct store_order *order), void *context) {
	sqlite3_stmt *statement = store_statement(store, STORE_SQL_ORDERS_WAITING);
	struct store_order order;
	int rc;

	while ((rc = store_row(store, statement, "read the orders")) == 1) {
		read_order(statement, &order);
		if (!each(context, &order))
			break;
	}
	sqlite3_reset(statement);
	return rc < 0 ? rc : 0;
}

// Part of forgetting a node.
int store_orders_forget(struct store *store, const uint8_t mac[6]) {
	struct arena arena = {0};
	struct store_order order;
	sqlite3_stmt *statement;
	int rc = by_mac(store, mac, true, &arena, &order);

	arena_free(&arena);
	if (rc < 0)
		return rc;
	if (rc == 1)
		set_slot(store, order.slot, false);
	statement = store_statement(store, STORE_SQL_ORDER_FORGET);
	store_bind_mac(statement, 1, mac);
	return store_run(store, statement, "forget orders");
}

int store_orders_redate(struct store *store, int64_t now_ms) {
	return store_run_portion(store, STORE_SQL_ORDER_REDATE, now_ms, "date orders");
}

int store_orders_prune(struct store *store, int64_t before_ms) {
	return store_run_portion(store, STORE_SQL_ORDER_PRUNE, before_ms, "forget old orders");
}
