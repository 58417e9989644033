// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The rule behind all of it: what a machine was told, by whichever server, is kept as long as that
// breaks nothing that another machine was told by us. So of two leases of one machine on an address
// the one that ends later counts, and a running lease in the journal yields to no other machine's.

#include "lease_import.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

#define SET_FIRST 1024u

// Collecting --------------------------------------------------------------------------------------

static void grow(struct lease_set *set) {
	uint32_t size = set->memory ? 2 * set->mirror.size : SET_FIRST;
	size_t bytes = (journal_mirror_bytes(size) + ROUSE_CACHE_LINE - 1) &
		       ~(size_t)(ROUSE_CACHE_LINE - 1);
	struct journal_mirror grown;
	void *memory = aligned_alloc(ROUSE_CACHE_LINE, bytes);

	if (!memory)
		abort();
	journal_mirror_init(&grown, memory, size);
	for (uint32_t i = 0; set->memory && i < set->mirror.count; i++)
		journal_mirror_put(&grown, &set->mirror.records[i]);
	free(set->memory);
	set->memory = memory;
	set->mirror = grown;
}

void lease_set_put(struct lease_set *set, const struct journal_record *record) {
	if (!set->memory)
		grow(set);
	while (journal_mirror_put(&set->mirror, record) == -ENOSPC)
		grow(set);
}

const struct journal_record *lease_set_find(const struct lease_set *set, uint32_t address) {
	return set->memory ? journal_mirror_find(&set->mirror, address) : NULL;
}

void lease_set_free(struct lease_set *set) {
	free(set->memory);
	*set = (struct lease_set){0};
}

// Judging -----------------------------------------------------------------------------------------

static bool is_nobodys(const struct journal_record *record) {
	static const uint8_t none[LEASE_KEY_MAX];

	return !record->hlen && !memcmp(record->key, none, sizeof(none));
}

static bool same_machine(const struct journal_record *a, const struct journal_record *b) {
	return a->htype == b->htype && a->hlen == b->hlen &&
	       !memcmp(a->key, b->key, sizeof(a->key));
}

bool lease_import_runs(const struct lease_import *import, const struct journal_record *record) {
	return record->state != LEASE_RELEASED && record->expiry_unix_s > import->now_unix_s;
}

struct journal_record lease_import_record(
	const struct lease_import *import, const struct lease_entry *entry, uint32_t line) {
	int64_t since = entry->since_unix_s ? entry->since_unix_s : import->now_unix_s;
	struct journal_record record = {
		.lsn = line,
		.address = entry->address,
		.state = entry->state,
		.expiry_unix_s = entry->expiry_unix_s,
		.since_unix_s = since < UINT32_MAX ? (uint32_t)since : UINT32_MAX,
		.hostname_len = entry->hostname_len < JOURNAL_HOSTNAME_MAX ? entry->hostname_len
									   : JOURNAL_HOSTNAME_MAX,
	};

	if (entry->state != LEASE_DECLINED) { // an address in quarantine is nobody's
		memcpy(record.key, entry->key.bytes, sizeof(record.key));
		record.htype = entry->key.htype;
		record.hlen = entry->key.hlen;
		memcpy(record.hostname, entry->hostname, record.hostname_len);
	} else {
		record.hostname_len = 0;
	}
	if (!lease_import_runs(import, &record) && record.state == LEASE_BOUND)
		record.state = LEASE_RELEASED;
	return record;
}

static bool is_ours(const struct policy *policy, uint32_t address) {
	for (uint32_t i = 0; i < policy->count[POLICY_PORTS]; i++)
		if (policy->ports[i].address == address)
			return true;
	return false;
}

static bool is_hosts(const struct policy_host *host, const struct journal_record *record) {
	return record->htype == 1 && record->hlen == sizeof(host->mac) &&
	       !memcmp(record->key, host->mac, sizeof(host->mac));
}

// The journal has something on the address that keeps others from it.
static enum lease_import_verdict beside_running(const struct lease_import *import,
	const struct journal_record *record, const struct journal_record *known) {
	if (!lease_import_runs(import, record))
		return LEASE_IMPORT_KNOWN;
	if (record->state != known->state || !same_machine(record, known))
		return LEASE_IMPORT_TAKEN;
	return record->expiry_unix_s > known->expiry_unix_s ? LEASE_IMPORT_KEPT
							    : LEASE_IMPORT_KNOWN;
}

static enum lease_import_verdict ended(
	const struct journal_record *record, const struct journal_record *known) {
	if (is_nobodys(record))
		return LEASE_IMPORT_FORGOTTEN;
	return known && known->expiry_unix_s >= record->expiry_unix_s ? LEASE_IMPORT_KNOWN
								      : LEASE_IMPORT_ENDED;
}

enum lease_import_verdict lease_import_judge(
	const struct lease_import *import, const struct journal_record *record) {
	const struct policy_host *host = policy_host_by_address(import->policy, record->address);
	const struct journal_record *known = lease_set_find(import->known, record->address);
	enum lease_import_verdict verdict = LEASE_IMPORT_KEPT;

	if (is_ours(import->policy, record->address) ||
		(!host && !policy_pool_of(import->policy, record->address)))
		return LEASE_IMPORT_OUTSIDE;
	if (host && is_hosts(host, record))
		return LEASE_IMPORT_RESERVED;
	if (known && lease_import_runs(import, known))
		verdict = beside_running(import, record, known);
	else if (!lease_import_runs(import, record))
		verdict = ended(record, known);
	if (verdict != LEASE_IMPORT_KEPT)
		return verdict;
	if (record->state == LEASE_DECLINED)
		return LEASE_IMPORT_QUARANTINED;
	return host ? LEASE_IMPORT_CONFLICT : LEASE_IMPORT_KEPT;
}
