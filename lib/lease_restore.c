// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the table takes over: leases from the journal at start, and the policy, at start and later.

#include <errno.h>
#include <string.h>

#include "lease_table.h"

static bool is_lease(const struct journal_record *record) {
	bool state = record->state == LEASE_BOUND || record->state == LEASE_RELEASED ||
		     record->state == LEASE_DECLINED;

	return state && record->address && record->hlen <= LEASE_KEY_MAX &&
	       record->hostname_len <= JOURNAL_HOSTNAME_MAX;
}

static void fill(
	struct lease_table *table, struct lease_record *record, const struct journal_record *from) {
	struct lease_key key = {.htype = from->htype, .hlen = from->hlen};

	memcpy(key.bytes, from->key, sizeof(key.bytes));
	lease_record_own(table, record, from->state == LEASE_DECLINED ? NULL : &key);
	lease_write_begin(record);
	record->lsn = from->lsn;
	record->expiry_unix_s = from->expiry_unix_s;
	record->since_unix_s = from->since_unix_s;
	record->hostname_len = from->hostname_len;
	memcpy(record->hostname, from->hostname, from->hostname_len);
	lease_write_end(record);
}

// The end on the boot-time clock; 0 if it has passed. A second more, as the disk knows seconds
// only.
static uint64_t boot_end_ms(int64_t expiry_unix_s, struct rouse_now now) {
	int64_t seconds = expiry_unix_s - now.unix_s;

	if (seconds <= 0)
		return 0;
	if (seconds > UINT32_MAX) // a wall clock that was far ahead: long, but in range
		seconds = UINT32_MAX;
	return lease_ms(now) + (uint64_t)seconds * 1000 + 1000;
}

static void start(struct lease_table *table, struct lease_record *record, enum lease_state state,
	struct rouse_now now) {
	uint64_t end_ms = boot_end_ms(record->expiry_unix_s, now);
	struct lease_private *private = lease_private_of(table, record);

	if (state == LEASE_DECLINED && !end_ms) {
		lease_record_drop(table, record);
		return;
	}
	if (state == LEASE_RELEASED || !end_ms) {
		lease_record_state(table, record, LEASE_RELEASED, lease_ms(now));
		return;
	}
	lease_record_state(table, record, state, end_ms);
	lease_write_begin(record);
	record->durable_unix_s = state == LEASE_BOUND ? record->expiry_unix_s : 0;
	lease_write_end(record);
	private->floor_lsn = record->lsn;
	private->safe_boot_ms = end_ms;
}

int lease_restore(
	struct lease_table *table, const struct journal_record *from, struct rouse_now now) {
	struct lease_record *record;

	if (!is_lease(from))
		return -EINVAL;
	lease_raise_lsn(table, from->lsn);
	record = lease_find_address(table, from->address);
	if (record && record->lsn >= from->lsn)
		return 0;
	if (!record)
		record = lease_record_new(table, from->address);
	if (!record)
		return -ENOSPC;
	fill(table, record, from);
	start(table, record, (enum lease_state)from->state, now);
	return 0;
}

// An offer, which no journal knows: held until the machine that it was made to may have forgotten
// it.
static int adopt_offer(
	struct lease_table *table, const struct lease_record *from, struct rouse_now now) {
	struct lease_key key = {.htype = from->htype, .hlen = from->hlen};
	struct lease_record *record;

	if (!from->address || from->hlen > LEASE_KEY_MAX)
		return -EINVAL;
	if (from->expiry_boot_ms <= lease_ms(now))
		return 0;
	record = lease_record_new(table, from->address);
	if (!record)
		return -ENOSPC;
	memcpy(key.bytes, from->key, sizeof(key.bytes));
	lease_record_own(table, record, &key);
	lease_record_state(table, record, LEASE_OFFERED, from->expiry_boot_ms);
	return 0;
}

int lease_adopt(struct lease_table *table, const struct lease_record *from, struct rouse_now now) {
	struct journal_record journal = {
		.lsn = from->lsn,
		.expiry_unix_s = from->expiry_unix_s,
		.address = from->address,
		.htype = from->htype,
		.hlen = from->hlen,
		.state = from->state,
	};

	if (from->state == LEASE_FREE)
		return 0;
	if (from->state == LEASE_OFFERED)
		return adopt_offer(table, from, now);
	// A reservation has no journal record, but its lease runs all the same.
	if (!journal.lsn)
		journal.lsn = 1;
	memcpy(journal.key, from->key, sizeof(journal.key));
	return lease_restore(table, &journal, now);
}

void lease_raise_lsn(struct lease_table *table, uint64_t lsn) {
	if (lsn > table->lsn)
		table->lsn = lsn;
}

uint64_t lease_take_lsn(struct lease_table *table) {
	return ++table->lsn;
}

void lease_require_probes(struct lease_table *table, bool required) {
	table->need_probes = required;
}

static void block_addresses(struct lease_table *table, const struct policy *policy) {
	for (uint32_t i = 0; i < policy->count[POLICY_HOSTS]; i++)
		lease_pools_block(&table->pools, policy->hosts[i].address);
	for (uint32_t i = 0; i < policy->count[POLICY_PORTS]; i++)
		lease_pools_block(&table->pools, policy->ports[i].address);
	for (uint32_t i = 0; i < policy->count[POLICY_RELAYS]; i++)
		lease_pools_block(&table->pools, policy->relays[i]);
	for (uint32_t i = 0; i < policy->count[POLICY_SUBNETS]; i++) {
		const struct policy_subnet *subnet = &policy->subnets[i];

		if (~subnet->mask < 3) // a /31 or /32 has neither
			continue;
		lease_pools_block(&table->pools, subnet->network);
		lease_pools_block(&table->pools, subnet->broadcast);
	}
}

static bool reserved_for(const struct policy *policy, const struct lease_record *record) {
	const struct policy_host *host = policy_host_by_address(policy, record->address);

	return host && record->htype == 1 && record->hlen == sizeof(host->mac) &&
	       memcmp(host->mac, record->key, sizeof(host->mac)) == 0;
}

static void place_record(struct lease_table *table, struct lease_record *record) {
	const struct policy_subnet *subnet = policy_subnet_of(table->policy, record->address);
	struct lease_pool *pool = lease_pools_of(&table->pools, record->address);

	lease_write_begin(record);
	record->subnet = subnet ? (uint32_t)(subnet - table->policy->subnets) : LEASE_NO_SUBNET;
	record->reserved = reserved_for(table->policy, record);
	lease_write_end(record);
	if (!pool)
		return;
	lease_pools_mark(&table->pools, record->address,
		record->state == LEASE_RELEASED ? LEASE_USE_REMEMBERED : LEASE_USE_HELD);
	if (record->state == LEASE_DECLINED)
		pool->declined++;
	if (record->state != LEASE_OFFERED)
		lease_pools_prove(&table->pools, record->address);
}

void lease_set_policy(struct lease_table *table, const struct policy *policy) {
	table->policy = policy;
	lease_pools_init(&table->pools, policy, table->need_probes);
	block_addresses(table, policy);
	for (uint32_t i = 0; i < table->high; i++)
		if (table->records[i].state != LEASE_FREE)
			place_record(table, &table->records[i]);
}
