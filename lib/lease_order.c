// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "lease_order.h"

#include <string.h>

static uint64_t head_of(const struct control_region *region) {
	return atomic_load_explicit(
		(_Atomic uint64_t *)&region->lease_order_head, memory_order_acquire);
}

uint64_t lease_orders_push(
	struct control_region *region, uint64_t done, const struct lease_order *order) {
	uint64_t head = head_of(region);

	// Another distance than that is of a dataplane that has not seen this region yet.
	if (head - done == LEASE_ORDERS)
		return 0;
	region->lease_order[head % LEASE_ORDERS] = *order;
	atomic_store_explicit(&region->lease_order_head, head + 1, memory_order_release);
	return head + 1;
}

uint64_t lease_orders_begin(const struct control_region *region) {
	return head_of(region);
}

bool lease_orders_pop(
	const struct control_region *region, uint64_t *done, struct lease_order *order) {
	uint64_t head = head_of(region);

	if (head - *done > LEASE_ORDERS)
		*done = head;
	if (head == *done)
		return false;
	memcpy(order, &region->lease_order[*done % LEASE_ORDERS], sizeof(*order));
	++*done;
	return true;
}

static bool is_of(const struct lease_record *record, const struct lease_order *order) {
	struct lease_key key = {.htype = order->htype, .hlen = order->hlen};

	if (record->state == LEASE_DECLINED)
		return !order->htype;
	memcpy(key.bytes, order->key, sizeof(key.bytes));
	return record->state != LEASE_RELEASED && lease_owned_by(record, &key);
}

bool lease_order_end(struct lease_table *table, const struct lease_order *order,
	struct rouse_now now, struct journal_record *out, bool *recorded) {
	struct lease_record *record = lease_find_address(table, order->address);

	*recorded = false;
	if (!record || record->state == LEASE_FREE || !is_of(record, order))
		return false;
	*recorded = lease_release(table, record, now, out);
	return true;
}
