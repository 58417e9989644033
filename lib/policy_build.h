// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Builds a snapshot into a buffer that the caller gives. Pure: control feeds it from the
// configuration and the image table, tests feed it by hand. Add in any order, then finish; errors
// are sticky.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy.h"

// Opaque work area, placed by the caller; policy_builder_size tells how much it takes for a
// snapshot of at most snapshot_size bytes.
struct policy_builder;

size_t policy_builder_size(size_t snapshot_size);
struct policy_builder *policy_builder_init(void *memory, size_t memory_size, size_t snapshot_size);

struct policy_globals {
	const char *runtime_dir;
	const char *state_dir;
	uint64_t memory_bytes;
	uint32_t max_leases; // 0: pools + hosts
	uint16_t workers;
	uint16_t idle;
	uint16_t tid_first;
	uint16_t tid_last;
	bool authoritative;
	bool multicast;
	uint8_t multicast_ttl; // this and what follows: of no meaning without multicast
	uint8_t multicast_prefix;
	uint16_t multicast_port;
	uint32_t multicast_groups;
};

void policy_build_globals(struct policy_builder *b, const struct policy_globals *globals);

// Copies bytes, shares equal ones. The reference is valid in the records added afterwards.
struct policy_ref policy_build_bytes(struct policy_builder *b, const void *data, size_t len);

// Its subnet is set at the end, to the one that holds its address.
void policy_build_port(struct policy_builder *b, const struct policy_port *port);
// Adds a subnet with its pools (first, last, users) and relays; its ranges and broadcast are set
// here. The snapshot has subnets and pools in ascending order, whatever the order in which they are
// added.
void policy_build_subnet(struct policy_builder *b, const struct policy_subnet *subnet,
	const struct policy_pool *pools, size_t pool_count, const uint32_t *relays,
	size_t relay_count);
// Returns the index of the host, which is index + 1 in policy_name.node.
uint32_t policy_build_host(struct policy_builder *b, const struct policy_host *host);
void policy_build_rule(struct policy_builder *b, const struct policy_rule *rule,
	const struct policy_condition *conditions, size_t condition_count);
// The same with a PXE menu.
void policy_build_menu(struct policy_builder *b, const struct policy_rule *rule,
	const struct policy_condition *conditions, size_t condition_count,
	const struct policy_menu_item *items, size_t item_count);
void policy_build_name(struct policy_builder *b, const struct policy_name *name);

// Writes the finished snapshot (sections, hash tables, CRC) to out, which is aligned to 8, and runs
// policy_validate on it, so that what is published is never refused. Returns its size, or
// -ENOSPC: larger than out_size, or the work area was full; -EINVAL: a value out of range, or two
// subnets, pools, hosts or names that contradict each other (why says which).
int64_t policy_build_finish(struct policy_builder *b, uint64_t generation, uint64_t built_unix_ns,
	void *out, size_t out_size, char why[256]);
