// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "cli/explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "lease.h"
#include "publish.h"

#define TABLE_ALIGN 64u

static struct rouse_now read_clocks(void) {
	return (struct rouse_now){.us = state_boottime_ns() / 1000, .unix_s = time(NULL)};
}

static void adopt_leases(
	struct explain *explain, struct lease_table *table, const struct state_view *state) {
	uint64_t high = atomic_load_explicit(
		(_Atomic uint64_t *)&state->region->lease_high, memory_order_acquire);

	for (uint64_t i = 0; i < high && i < state->lease_count; i++) {
		struct lease_record record;

		if (lease_read(&state->leases[i], &record) == 0)
			lease_adopt(table, &record, explain->now);
	}
}

static struct lease_table *make_table(struct explain *explain, uint32_t count) {
	// The seed only decides where records lie in the indexes.
	static const uint64_t seed[2] = {1, 2};
	struct lease_record *records = mem_alloc(count * sizeof(*records));
	_Atomic uint64_t *high = mem_alloc(sizeof(*high));
	size_t size = (lease_table_size(count) + TABLE_ALIGN - 1) / TABLE_ALIGN * TABLE_ALIGN;
	void *memory = aligned_alloc(TABLE_ALIGN, size);

	if (!memory)
		abort();
	explain->memory[0] = records;
	explain->memory[1] = high;
	explain->memory[2] = memory;
	return lease_table_init(memory, records, count, seed, high);
}

void explain_init(
	struct explain *explain, const struct policy *policy, const struct state_view *state) {
	struct worker_block *worker = mem_alloc(sizeof(*worker));
	struct lease_table *table;

	explain->memory[3] = worker;
	explain->memory[4] = mem_alloc(EVENT_RING_SIZE * sizeof(struct event_record));
	explain->policy = policy;
	explain->now = read_clocks();
	explain->failed = mem_alloc(policy->count[POLICY_RULES] * sizeof(*explain->failed));
	explain->stats.counter = worker->counter;
	explain->events = (struct events){.worker = worker, .ring = explain->memory[4]};
	table = make_table(explain, policy->snapshot->max_leases);
	if (state)
		adopt_leases(explain, table, state);
	lease_set_policy(table, policy);
	explain->server = (struct dhcp_server){
		.policy = policy,
		.leases = table,
		.stats = &explain->stats,
		.events = &explain->events,
		.order_used = state ? state->order_used : NULL,
	};
}

void explain_close(struct explain *explain) {
	for (size_t i = 0; i < sizeof(explain->memory) / sizeof(explain->memory[0]); i++)
		free(explain->memory[i]);
	free(explain->failed);
	free(explain->snapshot);
	*explain = (struct explain){0};
}

int explain_build(struct explain *explain, const struct config *config, char why[256]) {
	int64_t size;

	explain->snapshot = mem_alloc(POLICY_SNAPSHOT_MAX);
	size = publish_try(config, config_lease_table(config), NULL, explain->snapshot, why);
	if (size < 0)
		return (int)size;
	return policy_validate(explain->snapshot, (size_t)size, &explain->built, why);
}

void explain_run(struct explain *explain, const struct frame_view *view, uint16_t port,
	struct dhcp_explanation *result) {
	struct dhcp_input input = {
		.frame = view,
		.port = port,
		.journal_room = DHCP_RECORDS_MAX,
	};

	dhcp_explain(&explain->server, &input, explain->now, explain->failed, result);
}

bool explain_first_port(const struct policy *policy, uint16_t *port) {
	for (uint32_t i = 0; i < policy->count[POLICY_PORTS]; i++) {
		if (policy->ports[i].dhcp == POLICY_DHCP_OFF)
			continue;
		*port = (uint16_t)i;
		return true;
	}
	return false;
}

// Of a subnet's agents first one that is in it; another one has to name the network (RFC 3527).
static void choose_relay(const struct policy *policy, const struct policy_subnet *subnet,
	struct dhcp_question *question) {
	const uint32_t *relays = policy->relays + subnet->relays.first;

	question->giaddr = relays[0];
	question->link = subnet->network;
	for (uint32_t i = 0; i < subnet->relays.count; i++) {
		if ((relays[i] & subnet->mask) != subnet->network)
			continue;
		question->giaddr = relays[i];
		question->link = 0;
		return;
	}
}

bool explain_place(const struct policy *policy, uint32_t address, uint16_t *port,
	struct dhcp_question *question) {
	const struct policy_subnet *subnet = policy_subnet_of(policy, address);

	if (!subnet)
		return false;
	for (uint32_t i = 0; i < policy->count[POLICY_PORTS]; i++) {
		if (policy->ports[i].dhcp == POLICY_DHCP_OFF ||
			(policy->ports[i].address & subnet->mask) != subnet->network)
			continue;
		*port = (uint16_t)i;
		return true;
	}
	if (!subnet->relays.count)
		return false;
	choose_relay(policy, subnet, question);
	return explain_first_port(policy, port);
}
