// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the operator wants done to leases: control writes orders into its region, the worker that
// owns DHCP carries them out and tells how far it is in the state region. The ring is untrusted: an
// order that makes no sense does nothing.

#pragma once

#include <stdbool.h>

#include "lease.h"
#include "shm_abi.h"

// Control: puts an order behind those that are there. done: how many the dataplane has carried out.
// The number that done will have reached when it is carried out, or 0: the ring is full.
uint64_t lease_orders_push(
	struct control_region *region, uint64_t done, const struct lease_order *order);

// Dataplane: takes the next order and raises *done. What cannot be a distance of head and *done
// (control has begun anew) makes it start behind the last order. False: there is none.
bool lease_orders_pop(
	const struct control_region *region, uint64_t *done, struct lease_order *order);

// Dataplane: where to begin when a region is seen for the first time: what was ordered before was
// for a dataplane that is gone.
uint64_t lease_orders_begin(const struct control_region *region);

// Ends a lease or an offer, if it still is of the machine that the order names; a quarantine, if it
// names none. False: there is none, and nothing has changed. True, and with *recorded: out is to be
// written to the journal.
bool lease_order_end(struct lease_table *table, const struct lease_order *order,
	struct rouse_now now, struct journal_record *out, bool *recorded);
