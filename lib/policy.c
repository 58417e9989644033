// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Look-ups by address and by MAC in a validated snapshot. They rely on what policy_validate has
// checked: subnets and pools ascend and are disjoint, so both are found by bisection, and every
// entry of a hash table is a good index.

#include "policy.h"

#include "policy_index.h"

const struct policy_subnet *policy_subnet_of(const struct policy *policy, uint32_t address) {
	uint32_t low = 0;
	uint32_t high = policy->count[POLICY_SUBNETS];

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct policy_subnet *subnet = &policy->subnets[middle];

		if ((address & subnet->mask) == subnet->network)
			return subnet;
		if (address < subnet->network)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct policy_pool *policy_pool_of(const struct policy *policy, uint32_t address) {
	uint32_t low = 0;
	uint32_t high = policy->count[POLICY_POOLS];

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct policy_pool *pool = &policy->pools[middle];

		if (address < pool->first)
			high = middle;
		else if (address > pool->last)
			low = middle + 1;
		else
			return pool;
	}
	return NULL;
}

const struct policy_host *policy_host_by_mac(const struct policy *policy, const uint8_t mac[6]) {
	uint64_t mask = policy->count[POLICY_HOST_BY_MAC] - 1;
	uint64_t home = policy_hash_mac(mac);

	for (uint32_t i = 0; i < POLICY_PROBE_MAX; i++) {
		uint32_t entry = policy->host_by_mac[(home + i) & mask];

		if (entry == 0)
			return NULL;
		if (memcmp(policy->hosts[entry - 1].mac, mac, 6) == 0)
			return &policy->hosts[entry - 1];
	}
	return NULL;
}

const struct policy_host *policy_host_by_address(const struct policy *policy, uint32_t address) {
	uint64_t mask = policy->count[POLICY_HOST_BY_ADDR] - 1;
	uint64_t home = policy_hash_address(address);

	for (uint32_t i = 0; address != 0 && i < POLICY_PROBE_MAX; i++) {
		uint32_t entry = policy->host_by_addr[(home + i) & mask];

		if (entry == 0)
			return NULL;
		if (policy->hosts[entry - 1].address == address)
			return &policy->hosts[entry - 1];
	}
	return NULL;
}
