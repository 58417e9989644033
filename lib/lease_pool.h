// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Which addresses of the pools are free: bitmaps with a summary, so that the last free address of a
// full /16 is found as exactly as the first. Pools begin at a multiple of 64 bits; the bits of a
// subnet's pools lie next to each other.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy.h"

// Bounds. What lies beyond them is not given out; at most 1,048,576 leases exist anyway.
#define LEASE_POOLS_MAX          16384u
#define LEASE_POOL_ADDRESSES_MAX (1u << 21)
#define LEASE_POOL_WORDS         (LEASE_POOL_ADDRESSES_MAX / 64)

enum lease_use {
	LEASE_USE_FREE = 0,
	LEASE_USE_REMEMBERED, // free, but somebody had it: taken when nothing else is left
	LEASE_USE_HELD,
};

struct lease_pool {
	uint32_t first;
	uint32_t last;
	uint32_t bit; // of first
	uint32_t subnet;
	uint32_t declined; // addresses in quarantine
	uint32_t users;    // enum policy_pool_users
};

struct lease_bitmap {
	uint64_t word[LEASE_POOL_WORDS];
};

struct lease_summary {
	uint64_t word[LEASE_POOL_WORDS / 64]; // bit set: all 64 addresses are out of the question
};

struct lease_pools {
	uint32_t count;
	uint32_t words; // in use
	struct lease_pool pool[LEASE_POOLS_MAX];
	struct lease_bitmap held;
	struct lease_bitmap remembered;
	struct lease_bitmap blocked;  // reserved, our own, or no address at all
	struct lease_bitmap unproven; // waits for a probe: given only to who asks for it
	// By whether the machine is known: nothing for it that is neither held nor remembered, and
	// nothing that is not held.
	struct lease_summary full[2];
	struct lease_summary full_at_all[2];
};

// Forgets everything and takes over the pools of a policy, all addresses free. unproven: none may
// be given out before lease_pools_prove.
void lease_pools_init(struct lease_pools *pools, const struct policy *policy, bool unproven);

// The pool that holds address, or NULL.
struct lease_pool *lease_pools_of(struct lease_pools *pools, uint32_t address);

// These three do nothing when no pool holds address.
void lease_pools_mark(struct lease_pools *pools, uint32_t address, enum lease_use use);
void lease_pools_block(struct lease_pools *pools, uint32_t address);
void lease_pools_prove(struct lease_pools *pools, uint32_t address);

// Whether this address of a pool is reserved, our own, or no address that a machine can have.
bool lease_pools_blocked(struct lease_pools *pools, uint32_t address);

// Whether somebody who asks for this address can have it: a pool's, neither blocked nor held.
bool lease_pools_can_have(struct lease_pools *pools, uint32_t address);

// Whether the addresses of a pool are for a machine that hosts: names (known), or does not name.
static inline bool lease_pool_is_for(const struct lease_pool *pool, bool known) {
	return pool->users == POLICY_POOL_ANY || (pool->users == POLICY_POOL_KNOWN) == known;
}

// The first free address for such a machine in a range of pools from the place that hash tells,
// around to it again. 0 if there is none. remembered: addresses that somebody had count as free.
uint32_t lease_pools_find(const struct lease_pools *pools, struct policy_range range, uint64_t hash,
	bool known, bool remembered);
