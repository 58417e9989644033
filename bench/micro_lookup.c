// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Look-ups in the policy and in the lease table. Keys come in an order that caches cannot foresee,
// as machines do.

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "lease.h"
#include "micro.h"
#include "micro_world.h"

#define KEYS   4096u // a power of two
#define LEASED 100000u

struct lookup {
	struct micro_world world;
	struct micro_leases leases;
	uint32_t at;
	uint32_t order[KEYS];
	char name[KEYS][32];
	struct policy_machine machine;
	uint8_t mac[6];
};

static struct lookup *begin(uint32_t range) {
	struct lookup *lookup = micro_memory(sizeof(*lookup));

	micro_world_begin(&lookup->world);
	for (uint32_t i = 0; i < KEYS; i++)
		lookup->order[i] = (uint32_t)(hash_mix(i + 1) % range);
	return lookup;
}

static void *begin_host(const struct micro_case *c) {
	(void)c;
	return begin(MICRO_HOSTS);
}

static void *begin_name(const struct micro_case *c) {
	struct lookup *lookup = begin(MICRO_FILES);

	(void)c;
	for (uint32_t i = 0; i < KEYS; i++)
		micro_file_name(lookup->order[i], lookup->name[i]);
	return lookup;
}

static void *begin_rule(const struct micro_case *c) {
	struct lookup *lookup = begin(MICRO_HOSTS);

	(void)c;
	micro_host_mac(77, lookup->mac);
	lookup->machine = (struct policy_machine){
		.mac = lookup->mac,
		.vendor_class = "PXEClient:Arch:00007:UNDI:003016",
		.vendor_class_len = 32,
		.host = policy_host_by_mac(&lookup->world.policy, lookup->mac),
		.address = MICRO_CLIENT + 78,
		.arch = 7,
	};
	return lookup;
}

static struct lease_who who_of(uint32_t client) {
	struct lease_who who = {.key = {.htype = 1, .hlen = 6}, .arch = 7};

	micro_client_mac(client, who.key.bytes);
	return who;
}

static void *begin_lease(const struct micro_case *c) {
	struct lookup *lookup = begin(LEASED);

	(void)c;
	micro_leases_begin(&lookup->leases, &lookup->world);
	for (uint32_t i = 0; i < LEASED; i++) {
		struct lease_who who = who_of(i);
		struct lease_record *record;
		enum lease_source source;

		if (lease_offer(lookup->leases.server.leases, &who, 0, lookup->world.now, &record,
			    &source))
			micro_die("lease", "was not offered");
	}
	return lookup;
}

static void end(void *state) {
	struct lookup *lookup = state;

	micro_leases_end(&lookup->leases);
	micro_world_end(&lookup->world);
	free(lookup);
}

static uint32_t next_key(struct lookup *lookup) {
	return lookup->at++ & (KEYS - 1);
}

static void find_host(void *state, uint32_t steps) {
	struct lookup *lookup = state;
	const struct policy_host *host;
	uint8_t mac[6];

	for (uint32_t i = 0; i < steps; i++) {
		micro_host_mac(lookup->order[next_key(lookup)], mac);
		host = policy_host_by_mac(&lookup->world.policy, mac);
		if (!host)
			micro_die("host", "was not found");
		micro_sink = host->address;
	}
}

static void find_rule(void *state, uint32_t steps) {
	struct lookup *lookup = state;
	const struct policy_rule *rule;

	for (uint32_t i = 0; i < steps; i++) {
		rule = policy_boot_rule(&lookup->world.policy, &lookup->machine, NULL);
		if (!rule)
			micro_die("rule", "was not found");
		micro_sink = rule->line;
	}
}

static void find_name(void *state, uint32_t steps) {
	struct lookup *lookup = state;
	const struct policy_name *name;

	for (uint32_t i = 0; i < steps; i++) {
		const char *text = lookup->name[next_key(lookup)];

		if (policy_find_name(&lookup->world.policy, 0, false, text, strlen(text), &name))
			micro_die("name", "was not found");
		micro_sink = name->slot;
	}
}

static void find_lease(void *state, uint32_t steps) {
	struct lookup *lookup = state;
	const struct lease_record *record;

	for (uint32_t i = 0; i < steps; i++) {
		struct lease_who who = who_of(lookup->order[next_key(lookup)]);

		record = lease_find_key(lookup->leases.server.leases, &who.key, 0);
		if (!record)
			micro_die("lease", "was not found");
		micro_sink = record->address;
	}
}

const struct micro_case MICRO_LOOKUP[] = {
	{"policy-host", "a host by its MAC, among 10,000", 0, 10000, false, begin_host, find_host,
		end},
	{"policy-rule", "the boot rule of a machine, the last of 12", 0, 5000, false, begin_rule,
		find_rule, end},
	{"policy-name", "a file by its name, among 1,000", 0, 10000, false, begin_name, find_name,
		end},
	{"lease-lookup", "a lease by its client, among 100,000", 0, 10000, false, begin_lease,
		find_lease, end},
};
const size_t MICRO_LOOKUP_COUNT = sizeof(MICRO_LOOKUP) / sizeof(MICRO_LOOKUP[0]);
