// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The lease table: which machine has which address, for how long, and what of that is on disk.
// Records lie in the state region; indexes lie in private memory that the caller gives. One thread,
// the worker that owns DHCP, calls everything here but lease_read.
//
// There is at most one record per address. A machine (struct lease_key) has at most one lease in a
// subnet, and one in each subnet where it asks. Time in memory is the boot-time clock; wall-clock
// time goes to disk and to people only, and a step of it backwards makes leases on disk longer.

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
#define LEASE_GRACE_MS        2000u // between the end that the client knows and the next owner
#define LEASE_NO_SUBNET       UINT32_MAX

// Private memory needed for a table of count records; to be aligned to 64 bytes.
size_t lease_table_size(uint32_t count);

// records: count zeroed or stale records in the state region (they are cleared). seed: random, for
// the indexes. lease_high: kept at the number of records that were ever in use, for readers.
struct lease_table *lease_table_init(void *memory, struct lease_record *records, uint32_t count,
	const uint64_t seed[2], _Atomic uint64_t *lease_high);

// Puts one recovered journal record into the table: of one address the highest lsn wins. For use
// before lease_set_policy and before the first packet. 0; -EINVAL: not a record of the journal;
// -ENOSPC: the table is full of leases that still run.
int lease_restore(
	struct lease_table *table, const struct journal_record *record, struct rouse_now now);

// The same from a copy of a record in the state region (lease_read), for rouse explain, and offers,
// too. Free records are passed over.
int lease_adopt(struct lease_table *table, const struct lease_record *record, struct rouse_now now);

// Numbers of the next journal records begin above lsn. Recovery knows it better than the records
// do, since the last one may have been superseded.
void lease_raise_lsn(struct lease_table *table, uint64_t lsn);

// The number of the next journal record, for one that is of no lease.
uint64_t lease_take_lsn(struct lease_table *table);

// Takes a new policy: rebuilds what is derived from pools and hosts (free addresses, reservations).
// Leases outside of every pool stay until they expire, but are not renewed. The policy must stay
// valid until the next call.
void lease_set_policy(struct lease_table *table, const struct policy *policy);

// The journal was empty at start: from the next lease_set_policy on an address that
// has no record is given only to a client that asks for it, until lease_probed has told that it is
// free. Not required: from the next lease_set_policy on all count as free; for when every pool has
// been probed.
void lease_require_probes(struct lease_table *table, bool required);

// A probe of an address of a pool has ended: nobody answered, or somebody did and it goes into
// quarantine. To be told again after each lease_set_policy.
void lease_probed(struct lease_table *table, uint32_t address, bool in_use, struct rouse_now now);

// Look-ups; NULL if there is none. By key: in one subnet (index in the policy), a running lease
// before an offer before one that ended.
struct lease_record *lease_find_key(
	struct lease_table *table, const struct lease_key *key, uint32_t subnet);
struct lease_record *lease_find_address(struct lease_table *table, uint32_t address);

bool lease_owned_by(const struct lease_record *record, const struct lease_key *key);

// The hash of a key in this table's index.
uint32_t lease_hash(const struct lease_table *table, const struct lease_key *key);

// Whether the machine has or had a lease in any subnet. An offer that it has not taken does not
// count: anybody gets one. hash: lease_hash(key).
bool lease_seen(const struct lease_table *table, const struct lease_key *key, uint32_t hash);

// Bring nearer what looking for a machine reads: its slot of the index, and then, when that has
// come, its record. Nothing is changed, and a wrong guess costs nothing but time.
void lease_prefetch_slot(const struct lease_table *table, uint32_t hash);
void lease_prefetch_record(const struct lease_table *table, uint32_t hash);

// Read-only copy for other threads and processes: retried under seq at most 1,000 times. -EAGAIN:
// it kept changing; -ENOENT: the record is free.
int lease_read(const struct lease_record *record, struct lease_record *copy);

enum lease_verdict {
	LEASE_OK = 0,
	LEASE_NONE,      // no address is free, or no record
	LEASE_NOT_YOURS, // another machine holds it, or it is reserved for one
	LEASE_WRONG,     // not an address for this machine in this subnet
	LEASE_UNKNOWN,   // free, and we know nothing of the machine's having it
};

// Who asks, and what a record tells about it.
struct lease_who {
	struct lease_key key;
	uint32_t subnet;      // index in the policy
	uint32_t reservation; // its host's address if that lies in the subnet, else 0
	bool known;           // it is one of the policy's hosts
	bool says_ipxe;
	bool send_ahead;  // it does, and its boot rule lets TFTP send ahead
	uint16_t arch;    // POLICY_ARCH_UNKNOWN if it did not say
	uint32_t message; // tells its messages apart: equal in those that it sends again
	const uint8_t *hostname;
	size_t hostname_len;
};

// How lease_offer came to an address.
enum lease_source {
	LEASE_SOURCE_NONE = 0,
	LEASE_SOURCE_RESERVATION,
	LEASE_SOURCE_LEASE,     // it has it now
	LEASE_SOURCE_PREVIOUS,  // it had it, or was offered it
	LEASE_SOURCE_REQUESTED, // option 50
	LEASE_SOURCE_POOL,
};

// DISCOVER (RFC 2131, 4.3.1): chooses an address for who, in the order of enum lease_source, and
// holds it. requested: option 50, or 0. Under a full pool a known host takes the oldest offer to an
// unknown one. LEASE_OK sets record and source; else LEASE_NONE.
enum lease_verdict lease_offer(struct lease_table *table, const struct lease_who *who,
	uint32_t requested, struct rouse_now now, struct lease_record **record,
	enum lease_source *source);

// Whether who has a reservation, of another address than this one, which it would be offered.
bool lease_should_move(struct lease_table *table, const struct lease_who *who, uint32_t address,
	struct rouse_now now);

// REQUEST: whether who can have just this address, which LEASE_OK then holds for it. take: an
// address that is free may be taken by asking for it (the offer was lost, or the journal was);
// otherwise LEASE_UNKNOWN. Who should move may only keep what it had or was offered.
enum lease_verdict lease_claim(struct lease_table *table, const struct lease_who *who,
	uint32_t address, bool take, struct rouse_now now, struct lease_record **record);

// Drops an offer to who in its subnet (it took another server's). False if there was none.
bool lease_withdraw(struct lease_table *table, const struct lease_who *who);

// What TFTP asks about the machine at an address. Unlike everything else here these two may be
// called by any thread. A look-up while DHCP changes the table may miss a machine, never take one
// for another. False: nobody known by an Ethernet address has a running lease or offer of it.
struct lease_machine {
	uint32_t record;
	uint8_t mac[6];  // of the client, whoever has brought its messages
	bool bound;      // else it is only offered
	bool send_ahead; // its last DHCP message said iPXE, no rule forbids it, it has borne it so
			 // far
};
bool lease_machine_at(
	const struct lease_table *table, uint32_t address, struct lease_machine *machine);
// It has not borne it; until the record has another owner it gets one block at a time.
void lease_machine_stop_ahead(const struct lease_table *table, uint32_t record);

// What the record tells about its machine.
void lease_note(struct lease_record *record, const struct lease_who *who);

struct lease_terms {
	uint32_t lease_time_s;
	bool journal_degraded; // give no more than is on disk already
	uint32_t journal_room;
};

enum lease_bound {
	LEASE_BOUND_NOW = 0,  // what the client gets is on disk, or need not be
	LEASE_BOUND_PENDING,  // when record->lsn is durable
	LEASE_BOUND_DEGRADED, // refused: no durable time is left
	LEASE_BOUND_NO_ROOM,  // refused: the journal takes no record now
};

// Makes the lease of a record that lease_claim gave, or extends it (RFC 2131, 4.3.2). seconds: what
// the client is told. out, count: journal records to be written, at most two: its own and that of
// another lease of the same machine in the same subnet that ends by this. A lease with three
// quarters of its time on disk, or on its way there, is answered from that without a new record.
enum lease_bound lease_bind(struct lease_table *table, struct lease_record *record,
	const struct lease_terms *terms, struct rouse_now now, uint32_t *seconds,
	struct journal_record out[2], uint8_t *count);

// Seconds that are on disk and still to come.
uint32_t lease_durable_left(
	const struct lease_table *table, const struct lease_record *record, struct rouse_now now);

// RELEASE and DECLINE by the owner. True: a record to be written is in out. decline fails (no
// quarantine, the lease ends nevertheless) when a tenth of the pool is in quarantine already.
bool lease_release(struct lease_table *table, struct lease_record *record, struct rouse_now now,
	struct journal_record *out);
bool lease_decline(struct lease_table *table, struct lease_record *record, struct rouse_now now,
	struct journal_record *out, bool *quarantined);

// The journal has made this record durable, or has failed before it could: then the lease is what
// it was before (journal.h on what that must make harmless).
void lease_durable(struct lease_table *table, const struct journal_record *record);
void lease_failed(
	struct lease_table *table, const struct journal_record *record, struct rouse_now now);

// After a step of the wall clock forwards, what is on disk would end leases early after a restart.
// Call it about once a second while the journal has room: true gives a record to be written, and
// there may be more. A call looks at a bounded number of leases.
bool lease_restamp(struct lease_table *table, struct rouse_now now, struct journal_record *out);

struct lease_swept {
	uint32_t offers; // that nobody took
	uint32_t leases; // that ran out
	uint32_t quarantines;
};

// Ends what is due, at most budget entries.
struct lease_swept lease_sweep(struct lease_table *table, struct rouse_now now, uint32_t budget);
