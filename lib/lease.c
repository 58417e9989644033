// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Which address a machine gets and which it may have: RFC 2131, sections 4.3.1 and 4.3.2, over the
// records of lease_table.c. Nothing here goes to disk; lease_bind.c makes a lease of it.

#include <string.h>

#include "hash.h"
#include "lease_table.h"

#define SWEEP_FOR_ROOM 1024u // records looked at when a pool seems full
#define STEAL_LOOK     16u   // offers looked at for one that can be taken away

// The record of address as it is now: what is due has ended.
static struct lease_record *current(
	struct lease_table *table, uint32_t address, struct rouse_now now) {
	struct lease_record *record = lease_find_address(table, address);

	if (!record || record->state == LEASE_RELEASED || lease_due_ms(record) > lease_ms(now))
		return record;
	lease_record_expire(table, record);
	return lease_find_address(table, address);
}

static bool held_by_another(const struct lease_record *record, const struct lease_key *key) {
	if (!record || record->state == LEASE_RELEASED)
		return false;
	return record->state == LEASE_DECLINED || !lease_owned_by(record, key);
}

// Whether policy lets this machine have the address at all.
static enum lease_verdict allowed(
	struct lease_table *table, const struct lease_who *who, uint32_t address) {
	const struct lease_pool *pool;

	if (who->reservation && address == who->reservation)
		return LEASE_OK;
	pool = lease_pools_of(&table->pools, address);
	if (!pool)
		return policy_host_by_address(table->policy, address) ? LEASE_NOT_YOURS
								      : LEASE_WRONG;
	if (lease_pools_blocked(&table->pools, address))
		return LEASE_NOT_YOURS;
	return pool->subnet == who->subnet && lease_pool_is_for(pool, who->known) ? LEASE_OK
										  : LEASE_WRONG;
}

// Holds an address that allowed and held_by_another have let pass.
static struct lease_record *hold(struct lease_table *table, const struct lease_who *who,
	uint32_t address, struct rouse_now now) {
	struct lease_record *record = lease_find_address(table, address);

	if (!record)
		record = lease_record_new(table, address);
	if (!record)
		return NULL;
	if (!lease_owned_by(record, &who->key))
		lease_record_own(table, record, &who->key);
	lease_write_begin(record);
	record->subnet = who->subnet;
	record->reserved = address == who->reservation;
	lease_write_end(record);
	if (record->state != LEASE_BOUND)
		lease_record_state(
			table, record, LEASE_OFFERED, lease_ms(now) + LEASE_OFFER_HOLD_MS);
	lease_record_keep_only(table, record);
	return record;
}

// The oldest offer in this subnet to a machine that no host entry names, of an address that one
// with an entry may have.
static struct lease_record *weakest_offer(struct lease_table *table, const struct lease_who *who) {
	uint32_t number = table->offered.first;

	for (uint32_t i = 0; i < STEAL_LOOK && number != LEASE_NO_RECORD; i++) {
		struct lease_record *record = &table->records[number];

		if (record->subnet == who->subnet && !record->reserved &&
			!policy_host_by_mac(table->policy, record->key) &&
			allowed(table, who, record->address) == LEASE_OK)
			return record;
		number = table->private[number].next;
	}
	return NULL;
}

static uint32_t free_address(
	struct lease_table *table, const struct lease_who *who, struct rouse_now now) {
	struct policy_range pools = table->policy->subnets[who->subnet].pools;
	// Unseeded: a machine that lost its lease finds its address again after a restart.
	uint64_t hash = hash_fnv(&who->key, sizeof(who->key));
	uint32_t address = lease_pools_find(&table->pools, pools, hash, who->known, false);
	struct lease_record *weakest;

	if (!address)
		address = lease_pools_find(&table->pools, pools, hash, who->known, true);
	if (address)
		return address;
	lease_sweep(table, now, SWEEP_FOR_ROOM);
	address = lease_pools_find(&table->pools, pools, hash, who->known, true);
	if (address || !who->known)
		return address;
	weakest = weakest_offer(table, who);
	if (!weakest)
		return 0;
	address = weakest->address;
	lease_record_drop(table, weakest);
	return address;
}

bool lease_should_move(struct lease_table *table, const struct lease_who *who, uint32_t address,
	struct rouse_now now) {
	return who->reservation && who->reservation != address &&
	       !held_by_another(current(table, who->reservation, now), &who->key);
}

static uint32_t choose(struct lease_table *table, const struct lease_who *who, uint32_t requested,
	struct rouse_now now, enum lease_source *source) {
	struct lease_record *own;

	*source = LEASE_SOURCE_RESERVATION;
	if (lease_should_move(table, who, 0, now))
		return who->reservation;
	own = lease_find_key(table, &who->key, who->subnet);
	if (own && allowed(table, who, own->address) == LEASE_OK) {
		*source = own->state == LEASE_BOUND ? LEASE_SOURCE_LEASE : LEASE_SOURCE_PREVIOUS;
		return own->address;
	}
	*source = LEASE_SOURCE_REQUESTED;
	if (requested && allowed(table, who, requested) == LEASE_OK &&
		!held_by_another(current(table, requested, now), &who->key))
		return requested;
	*source = LEASE_SOURCE_POOL;
	return free_address(table, who, now);
}

enum lease_verdict lease_offer(struct lease_table *table, const struct lease_who *who,
	uint32_t requested, struct rouse_now now, struct lease_record **record,
	enum lease_source *source) {
	uint32_t address = choose(table, who, requested, now, source);

	*record = address ? hold(table, who, address, now) : NULL;
	if (*record)
		return LEASE_OK;
	*source = LEASE_SOURCE_NONE;
	return LEASE_NONE;
}

// Whether the machine has a running lease on another address of the subnet, which it may leave only
// for its reservation, or when the policy took that address away.
static bool bound_elsewhere(
	struct lease_table *table, const struct lease_who *who, uint32_t address) {
	const struct lease_record *own = lease_find_key(table, &who->key, who->subnet);

	return own && own->state == LEASE_BOUND && own->address != address &&
	       address != who->reservation && allowed(table, who, own->address) == LEASE_OK;
}

enum lease_verdict lease_claim(struct lease_table *table, const struct lease_who *who,
	uint32_t address, bool take, struct rouse_now now, struct lease_record **record) {
	enum lease_verdict verdict = allowed(table, who, address);
	bool should_move = lease_should_move(table, who, address, now);
	struct lease_record *found;

	if (verdict != LEASE_OK)
		return verdict;
	found = current(table, address, now);
	if (held_by_another(found, &who->key))
		return LEASE_NOT_YOURS;
	if (bound_elsewhere(table, who, address))
		return LEASE_WRONG;
	if (should_move && (!found || !lease_owned_by(found, &who->key)))
		return LEASE_WRONG;
	if (!take && address != who->reservation && (!found || !lease_owned_by(found, &who->key)))
		return LEASE_UNKNOWN;
	*record = hold(table, who, address, now);
	return *record ? LEASE_OK : LEASE_NONE;
}

bool lease_withdraw(struct lease_table *table, const struct lease_who *who) {
	struct lease_record *record = lease_find_key(table, &who->key, who->subnet);

	if (!record || record->state != LEASE_OFFERED)
		return false;
	lease_record_expire(table, record);
	return true;
}

void lease_note(struct lease_record *record, const struct lease_who *who) {
	size_t len =
		who->hostname_len < LEASE_HOSTNAME_MAX ? who->hostname_len : LEASE_HOSTNAME_MAX;

	lease_write_begin(record);
	record->last_message = who->message;
	record->flags = (uint8_t)((who->says_ipxe ? LEASE_SAYS_IPXE : 0) |
				  (who->send_ahead ? LEASE_SEND_AHEAD : 0));
	if (who->arch != POLICY_ARCH_UNKNOWN)
		record->arch = who->arch;
	if (len) {
		memset(record->hostname, 0, sizeof(record->hostname));
		memcpy(record->hostname, who->hostname, len);
		record->hostname_len = (uint8_t)len;
	}
	lease_write_end(record);
}
