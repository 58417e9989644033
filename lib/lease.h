// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The lease table: which machine has which address, for how long, and what of that is on disk.
// Records lie in the state region; indexes lie in private memory that the caller gives. One thread,
// the worker that owns DHCP, calls everything here but lease_read.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clock.h"
#include "journal.h"
#include "policy.h"

struct lease_key {
	uint8_t bytes[LEASE_KEY_MAX]; // zero-padded
	uint8_t htype;
	uint8_t hlen;
};

struct lease_table; // opaque, lives in the memory given to lease_table_init

#define LEASE_OFFER_HOLD_MS   10000u // an offer that nobody takes
#define LEASE_DECLINE_HOLD_MS 600000u

// Private memory needed for a table of count records.
size_t lease_table_size(uint32_t count);

// records: count zeroed or stale records in the state region (they are cleared). seed: random, for the
// indexes.
struct lease_table *lease_table_init(void *memory, struct lease_record *records, uint32_t count,
	const uint64_t seed[2], _Atomic uint64_t *lease_high);

// Puts one recovered journal record into the table (latest lsn wins). For use before the first packet.
int lease_restore(struct lease_table *table, const struct journal_record *record, struct rouse_now now);

// Takes a new policy: rebuilds what is derived from pools and hosts (free addresses, reservations).
// Leases outside of every pool stay until they expire, but are not renewed. fresh: the journal was empty at start,
// so an address is offered only when the client asks for it or control has probed it (design.md 5).
void lease_set_policy(struct lease_table *table, const struct policy *policy);

// Look-ups; NULL if there is none.
struct lease_record *lease_find_key(struct lease_table *table, const struct lease_key *key);
struct lease_record *lease_find_address(struct lease_table *table, uint32_t address);

// Read-only copy for other threads and processes: retried under seq at most 1,000 times. -EAGAIN: it
// kept changing; -ENOENT: the record is free.
int lease_read(const struct lease_record *record, struct lease_record *copy);

enum lease_verdict {
	LEASE_OK = 0,
	LEASE_NONE,      // no address is free
	LEASE_NOT_YOURS, // another machine holds it
	LEASE_WRONG,     // not an address of this subnet
	LEASE_UNKNOWN,   // we know nothing of it
};
