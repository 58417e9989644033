// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The inside of the lease table, for lease*.c only.

#pragma once

#include "lease.h"
#include "lease_heap.h"
#include "lease_index.h"
#include "lease_pool.h"

// Both ends of a list of records.
struct lease_list {
	uint32_t first;
	uint32_t last;
};

// What readers of the state region need not see, one per record.
struct lease_private {
	uint32_t next; // in the free, offered or released list
	uint32_t prev;
	uint64_t floor_lsn;    // first journal record of this owner's lease: older ones say nothing
	uint64_t safe_boot_ms; // end of what the client may have been told so far
	uint32_t key_hash;     // of its owner, if it has one
	uint32_t pad0;         // two of these in a cache line
};

struct lease_table {
	struct lease_record *records;
	uint32_t count;
	uint32_t high; // records from here on were never used
	_Atomic uint64_t *lease_high;
	uint64_t seed[2];
	uint64_t lsn; // of the last journal record
	const struct policy *policy;
	struct lease_private *private;
	_Atomic uint8_t *bears_no_ahead; // by record; written by any thread
	struct lease_list free;
	struct lease_list offered;  // oldest first
	struct lease_list released; // oldest first
	struct lease_index by_key;
	struct lease_index by_address;
	struct lease_heap heap;
	int64_t wall_ahead_s;   // the most that the wall clock was ahead of the boot-time clock
	int64_t wall_stamped_s; // the least since the last lease_restamp began
	bool wall_known;
	bool need_probes;
	uint32_t restamp_at; // next record for lease_restamp, UINT32_MAX: nothing to do
	struct lease_pools pools;
};

static inline uint32_t lease_number(
	const struct lease_table *table, const struct lease_record *record) {
	return (uint32_t)(record - table->records);
}

static inline struct lease_private *lease_private_of(
	struct lease_table *table, const struct lease_record *record) {
	return &table->private[record - table->records];
}

// Readers see nothing between the two.
void lease_write_begin(struct lease_record *record);
void lease_write_end(struct lease_record *record);

// A record for address with no owner, state FREE and in no list, or NULL: the table is full of
// records that count. The oldest released one makes room.
struct lease_record *lease_record_new(struct lease_table *table, uint32_t address);

// Gives the record to key, or to nobody (NULL), and forgets what was known of its owner.
void lease_record_own(
	struct lease_table *table, struct lease_record *record, const struct lease_key *key);

// Changes the state and all that follows from it: list, time, bitmap. OFFERED, BOUND and DECLINED
// run out at due_ms.
void lease_record_state(struct lease_table *table, struct lease_record *record,
	enum lease_state state, uint64_t due_ms);

// Takes the record out of everything; its place is free.
void lease_record_drop(struct lease_table *table, struct lease_record *record);

// Drops what its owner was offered or once had elsewhere in the subnet. A running lease stays.
void lease_record_keep_only(struct lease_table *table, const struct lease_record *keep);

// A running lease of its owner on another address of the subnet, or NULL.
struct lease_record *lease_record_other(
	struct lease_table *table, const struct lease_record *record);

// Ends a record that is due: an offer, a lease or a quarantine.
void lease_record_expire(struct lease_table *table, struct lease_record *record);

// When the record runs out for the sweeper.
uint64_t lease_due_ms(const struct lease_record *record);

static inline uint64_t lease_ms(struct rouse_now now) {
	return now.us / 1000;
}

// A smaller step of the wall clock forwards, or several that are no more together, is not worth
// journal records: LEASE_GRACE_MS covers it, and the second that a record may be off by.
#define LEASE_WALL_STEP_S 1

// Notes where the wall clock is; when it has gone forwards lease_restamp begins.
void lease_see_wall(struct lease_table *table, struct rouse_now now);

// The latest wall clock that this table has seen, carried on by the boot-time clock (by a day at
// most).
int64_t lease_wall_s(const struct lease_table *table, struct rouse_now now);
