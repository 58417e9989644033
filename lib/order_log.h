// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Which orders were used: the table in the state region, in which a worker that sends the last
// block of an order marks it, and what the journal has of that table. A mark counts from the moment
// it is made, for every worker; the journal only has to have it when the machine loses power. So
// nobody waits for it: the worker that owns DHCP, which feeds the journal, finds what is new by
// comparing.

#pragma once

#include <stdalign.h>
#include <stdbool.h>

#include "journal.h"
#include "policy.h"
#include "shm_abi.h"

struct order_log {
	_Atomic uint64_t *used; // [ORDER_SLOTS], in the state region. workers: rw, others: ro
	// The worker that owns DHCP only (main before it runs).
	uint64_t *recorded; // [ORDER_SLOTS]: what was given to the journal and has not failed
	uint64_t seen;      // changes that are recorded
	uint32_t at;        // slot that is compared next; 0: no comparison is under way
	bool failed;        // a record did: all is compared again
	alignas(ROUSE_CACHE_LINE) _Atomic uint64_t changes; // marks made. workers: rw
};

// Both tables belong to the caller; recorded is all zero.
void order_log_init(struct order_log *log, _Atomic uint64_t *used, uint64_t *recorded);

// Before the workers run: takes a record that the journal had. 0, or -EINVAL: it is of no order.
int order_log_restore(struct order_log *log, const struct journal_record *record);

// After the last of them: used, which holds what a former process left (zeroes if there was none),
// becomes what the journal had. Marks that it had not yet written stay if they are of an order that
// the policy has: so a process that is killed loses none, and rubbish marks nothing.
void order_log_merge(struct order_log *log, const struct policy *policy);

// Any worker: the order of a slot is used. False: it was already.
bool order_log_use(struct order_log *log, uint32_t slot, uint64_t id);

// Whether there may be something to record; to be asked in each pass.
static inline bool order_log_pending(const struct order_log *log) {
	return log->seen != atomic_load_explicit(&log->changes, memory_order_acquire) || log->at ||
	       log->failed;
}

// The next slot whose mark the journal does not have; it counts as recorded from now on, so the
// caller has room for its record. False: there is none.
bool order_log_take(struct order_log *log, uint32_t *slot, uint64_t *id);

// A record of an order could not be written: order_log_take gives it again.
void order_log_failed(struct order_log *log, const struct journal_record *record);
