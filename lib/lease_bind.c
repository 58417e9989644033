// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Leases: made, extended, given back, declined, and what the journal says of them. The rule that
// all of this serves: a client is never told more time than is on disk when the message leaves,
// and memory never ends a lease before the time that a client was told.

#include <string.h>

#include "lease_table.h"

#define RESTAMP_LOOK     1024 // records looked at in a call
#define QUARANTINE_SHARE 10u  // one address in so many may be in quarantine

static void journal(struct lease_table *table, struct lease_record *record, enum lease_state state,
	struct journal_record *out) {
	size_t hostname_len = record->hostname_len < JOURNAL_HOSTNAME_MAX ? record->hostname_len
									  : JOURNAL_HOSTNAME_MAX;

	lease_write_begin(record);
	record->lsn = ++table->lsn;
	lease_write_end(record);
	*out = (struct journal_record){
		.lsn = record->lsn,
		.expiry_unix_s = record->expiry_unix_s,
		.address = record->address,
		.htype = record->htype,
		.hlen = record->hlen,
		.state = (uint8_t)state,
		.hostname_len = (uint8_t)hostname_len,
		.since_unix_s = (uint32_t)record->since_unix_s,
	};
	memcpy(out->key, record->key, sizeof(out->key));
	memcpy(out->hostname, record->hostname, hostname_len);
	journal_seal(out);
}

static uint32_t left(int64_t end, int64_t wall) {
	if (end <= wall)
		return 0;
	return end - wall < UINT32_MAX ? (uint32_t)(end - wall) : UINT32_MAX;
}

static uint32_t at_most(uint32_t value, uint32_t limit) {
	return value < limit ? value : limit;
}

uint32_t lease_durable_left(
	const struct lease_table *table, const struct lease_record *record, struct rouse_now now) {
	if (record->state != LEASE_BOUND)
		return 0;
	return left(record->durable_unix_s, lease_wall_s(table, now));
}

// The lease runs for seconds from now at least.
static void run(struct lease_table *table, struct lease_record *record, uint32_t seconds,
	struct rouse_now now) {
	uint64_t end = lease_ms(now) + (uint64_t)seconds * 1000;

	if (record->state != LEASE_BOUND) {
		lease_write_begin(record);
		record->since_unix_s = now.unix_s;
		record->durable_unix_s = 0;
		record->expiry_unix_s = 0;
		lease_write_end(record);
		lease_private_of(table, record)->floor_lsn = table->lsn + 1;
		lease_private_of(table, record)->safe_boot_ms = 0;
	} else if (record->expiry_boot_ms > end) {
		end = record->expiry_boot_ms;
	}
	lease_record_state(table, record, LEASE_BOUND, end);
	lease_pools_prove(&table->pools, record->address);
}

// The client may be told the time that the record now has.
static void told(struct lease_table *table, struct lease_record *record) {
	struct lease_private *private = lease_private_of(table, record);

	if (record->expiry_boot_ms > private->safe_boot_ms)
	private->safe_boot_ms = record->expiry_boot_ms;
}

// A reservation is a pure function of the policy and needs no journal. A pool's address that the
// machine still had in the subnet ends.
static enum lease_bound bind_reserved(struct lease_table *table, struct lease_record *record,
	const struct lease_terms *terms, struct rouse_now now, uint32_t *seconds,
	struct journal_record out[2], uint8_t *count) {
	struct lease_record *other;

	run(table, record, terms->lease_time_s, now);
	told(table, record);
	lease_write_begin(record);
	record->expiry_unix_s = lease_wall_s(table, now) + terms->lease_time_s;
	lease_write_end(record);
	*seconds = terms->lease_time_s;
	other = terms->journal_degraded || !terms->journal_room ? NULL
								: lease_record_other(table, record);
	if (other && lease_release(table, other, now, &out[0]))
		*count = 1;
	return LEASE_BOUND_NOW;
}

static enum lease_bound bind_recorded(struct lease_table *table, struct lease_record *record,
	const struct lease_terms *terms, struct rouse_now now, struct journal_record out[2],
	uint8_t *count) {
	struct lease_record *other = lease_record_other(table, record);

	if (terms->journal_room < (other ? 2u : 1u))
		return LEASE_BOUND_NO_ROOM;
	run(table, record, terms->lease_time_s, now);
	lease_write_begin(record);
	record->expiry_unix_s = lease_wall_s(table, now) + terms->lease_time_s;
	lease_write_end(record);
	journal(table, record, LEASE_BOUND, &out[(*count)++]);
	if (other && lease_release(table, other, now, &out[*count]))
		(*count)++;
	return LEASE_BOUND_PENDING;
}

enum lease_bound lease_bind(struct lease_table *table, struct lease_record *record,
	const struct lease_terms *terms, struct rouse_now now, uint32_t *seconds,
	struct journal_record out[2], uint8_t *count) {
	uint32_t durable, pending, enough = terms->lease_time_s - terms->lease_time_s / 4;

	*count = 0;
	lease_see_wall(table, now);
	if (record->reserved)
		return bind_reserved(table, record, terms, now, seconds, out, count);
	durable = at_most(lease_durable_left(table, record, now), terms->lease_time_s);
	if (terms->journal_degraded ? !durable : durable < enough) {
		if (terms->journal_degraded)
			return LEASE_BOUND_DEGRADED;
		pending = record->state == LEASE_BOUND
				  ? left(record->expiry_unix_s, lease_wall_s(table, now))
				  : 0;
		*seconds = at_most(pending, terms->lease_time_s);
		if (*seconds >= enough && *seconds)
			return LEASE_BOUND_PENDING;
		*seconds = terms->lease_time_s;
		return bind_recorded(table, record, terms, now, out, count);
	}
	*seconds = durable;
	run(table, record, durable, now);
	told(table, record);
	return LEASE_BOUND_NOW;
}

bool lease_release(struct lease_table *table, struct lease_record *record, struct rouse_now now,
	struct journal_record *out) {
	bool recorded = record->state == LEASE_BOUND && !record->reserved && out;

	lease_see_wall(table, now);
	lease_record_state(table, record, LEASE_RELEASED, lease_ms(now));
	lease_write_begin(record);
	record->expiry_unix_s = lease_wall_s(table, now);
	// Whatever becomes of the journal record, nothing on disk counts for this address any more.
	record->durable_unix_s = 0;
	lease_write_end(record);
	if (recorded)
		journal(table, record, LEASE_RELEASED, out);
	return recorded;
}

static bool may_quarantine(struct lease_table *table, uint32_t address) {
	const struct lease_pool *pool = lease_pools_of(&table->pools, address);
	uint32_t limit;

	if (!pool)
		return true;
	limit = (pool->last - pool->first + 1) / QUARANTINE_SHARE;
	return pool->declined < (limit ? limit : 1);
}

static void quarantine(
	struct lease_table *table, struct lease_record *record, struct rouse_now now) {
	lease_record_own(table, record, NULL);
	lease_record_state(table, record, LEASE_DECLINED, lease_ms(now) + LEASE_DECLINE_HOLD_MS);
	lease_write_begin(record);
	record->since_unix_s = now.unix_s;
	record->expiry_unix_s = lease_wall_s(table, now) + LEASE_DECLINE_HOLD_MS / 1000;
	lease_write_end(record);
}

bool lease_decline(struct lease_table *table, struct lease_record *record, struct rouse_now now,
	struct journal_record *out, bool *quarantined) {
	bool recorded = record->state == LEASE_BOUND && !record->reserved && out;

	*quarantined = may_quarantine(table, record->address);
	if (!*quarantined)
		return lease_release(table, record, now, out);
	lease_see_wall(table, now);
	quarantine(table, record, now);
	if (recorded)
		journal(table, record, LEASE_DECLINED, out);
	return recorded;
}

// No bound as for DECLINE here: nobody but us says that the address is in use. Without a record for
// it the address stays unproven.
void lease_probed(struct lease_table *table, uint32_t address, bool in_use, struct rouse_now now) {
	struct lease_record *record = lease_find_address(table, address);

	if (!lease_pools_of(&table->pools, address))
		return;
	if (in_use && (!record || record->state == LEASE_RELEASED)) {
		if (!record)
			record = lease_record_new(table, address);
		if (!record)
			return;
		quarantine(table, record, now);
	}
	lease_pools_prove(&table->pools, address);
}

// Whether what is on disk ends well before the lease does, by today's wall clock.
static bool is_early(
	const struct lease_table *table, const struct lease_record *record, struct rouse_now now) {
	int64_t end = lease_wall_s(table, now) +
		      ((int64_t)record->expiry_boot_ms - (int64_t)lease_ms(now)) / 1000;

	return record->state == LEASE_BOUND && !record->reserved &&
	       end > record->expiry_unix_s + LEASE_WALL_STEP_S;
}

bool lease_restamp(struct lease_table *table, struct rouse_now now, struct journal_record *out) {
	for (int i = 0; i < RESTAMP_LOOK && table->restamp_at < table->high; i++) {
		struct lease_record *record = &table->records[table->restamp_at++];

		if (!is_early(table, record, now))
			continue;
		lease_write_begin(record);
		record->expiry_unix_s =
			lease_wall_s(table, now) + 1 +
			((int64_t)record->expiry_boot_ms - (int64_t)lease_ms(now)) / 1000;
		lease_write_end(record);
		journal(table, record, LEASE_BOUND, out);
		return true;
	}
	if (table->restamp_at >= table->high)
		table->restamp_at = UINT32_MAX;
	return false;
}

// The record of the lease that a journal record speaks of, if that still is its owner's.
static struct lease_record *lease_of(
	struct lease_table *table, const struct journal_record *journal) {
	struct lease_key key = {.htype = journal->htype, .hlen = journal->hlen};
	struct lease_record *record = lease_find_address(table, journal->address);

	memcpy(key.bytes, journal->key, sizeof(key.bytes));
	if (!record || journal->state != LEASE_BOUND || record->state != LEASE_BOUND ||
		!lease_owned_by(record, &key) ||
		journal->lsn < lease_private_of(table, record)->floor_lsn)
		return NULL;
	return record;
}

void lease_durable(struct lease_table *table, const struct journal_record *journal) {
	struct lease_record *record = lease_of(table, journal);

	if (!record)
		return;
	lease_write_begin(record);
	record->durable_unix_s = journal->expiry_unix_s;
	lease_write_end(record);
	told(table, record);
}

void lease_failed(
	struct lease_table *table, const struct journal_record *journal, struct rouse_now now) {
	struct lease_record *record = lease_of(table, journal);
	uint64_t safe_ms;

	if (!record || record->lsn != journal->lsn)
		return;
	safe_ms = lease_private_of(table, record)->safe_boot_ms;
	lease_write_begin(record);
	record->expiry_unix_s = record->durable_unix_s;
	lease_write_end(record);
	if (safe_ms)
		lease_record_state(table, record, LEASE_BOUND, safe_ms);
	else // nobody was told: the offer stands again
		lease_record_state(
			table, record, LEASE_OFFERED, lease_ms(now) + LEASE_OFFER_HOLD_MS);
}
