// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Runs every look-up of policy.h on a validated snapshot, with keys that are in it and keys that
// are not. Nothing is expected of the answers but that they lie inside; what matters is that ASan
// sees no access outside. Work is bounded for snapshots of any size.

#pragma once

#include <stdlib.h>
#include <string.h>

#include "policy.h"

#define TOUCH_MAX 64u // records of each kind

#define TOUCH_ASSERT(condition)                                                                    \
	do {                                                                                       \
		if (!(condition))                                                                  \
			__builtin_trap();                                                          \
	} while (0)

static inline uint32_t touch_count(const struct policy *p, enum policy_section_id id) {
	return p->count[id] < TOUCH_MAX ? p->count[id] : TOUCH_MAX;
}

// A sum of all bytes, so that none goes unread.
static inline uint32_t touch_bytes(const struct policy *p, struct policy_ref ref) {
	const uint8_t *bytes = p->bytes + ref.offset;
	uint32_t sum = 0;

	for (uint32_t i = 0; i < ref.len; i++)
		sum += bytes[i];
	return sum;
}

static inline uint32_t touch_address(const struct policy *p, uint32_t address) {
	const struct policy_subnet *subnet = policy_subnet_of(p, address);
	const struct policy_pool *pool = policy_pool_of(p, address);
	const struct policy_host *host = policy_host_by_address(p, address);
	uint32_t sum = 0;

	if (subnet) {
		TOUCH_ASSERT((address & subnet->mask) == subnet->network);
		for (uint32_t i = 0; i < subnet->relays.count; i++)
			sum += p->relays[subnet->relays.first + i];
		sum += touch_bytes(p, subnet->options);
	}
	if (pool) {
		TOUCH_ASSERT(subnet == &p->subnets[pool->subnet]);
		TOUCH_ASSERT(pool->first <= address && address <= pool->last);
	}
	if (host)
		TOUCH_ASSERT(host->address == address);
	return sum;
}

// owner: policy_name.node of whose names are asked for.
static inline uint32_t touch_name(
	const struct policy *p, uint32_t owner, const char *name, size_t len) {
	uint32_t node = owner & ~POLICY_NODE_ORDER;
	const struct policy_name *found;

	if (policy_find_name(p, node, owner != node, name, len, &found) != POLICY_FOUND) {
		TOUCH_ASSERT(!found);
		return 0;
	}
	TOUCH_ASSERT(found >= p->names && found < p->names + p->count[POLICY_NAMES]);
	TOUCH_ASSERT(found->node == owner || found->node == node || found->node == 0);
	return touch_bytes(p, found->path);
}

static inline uint32_t touch_names(const struct policy *p) {
	char name[POLICY_NAME_MAX + 2];
	uint32_t sum = 0;

	for (uint32_t i = 0; i < touch_count(p, POLICY_NAMES); i++) {
		uint32_t len = p->names[i].path.len;

		memcpy(name + 1, policy_text(p, p->names[i].path), len);
		sum += touch_name(p, p->names[i].node, name + 1, len);
		for (uint32_t at = 1; at <= len; at++)
			name[at] = name[at] == '/' ? '\\' : (char)(name[at] ^ 0x20);
		name[0] = '/';
		sum += touch_name(p, i, name, len + 1);
	}
	return sum;
}

static inline uint32_t touch_menu(const struct policy *p, const struct policy_rule *rule) {
	uint32_t sum = touch_bytes(p, rule->menu_prompt);

	for (uint32_t i = 0; i < rule->menu.count; i++) {
		const struct policy_menu_item *item = &p->menu_items[rule->menu.first + i];

		TOUCH_ASSERT((policy_menu_type(p, rule, i) == 0) == (item->file.len == 0));
		sum += touch_bytes(p, item->text) + touch_bytes(p, item->file);
	}
	return sum;
}

static inline uint32_t touch_rule(const struct policy *p, const struct policy_machine *machine) {
	const struct policy_rule *rule;
	uint32_t *failed = malloc(sizeof(*failed) * (p->count[POLICY_RULES] + 1));
	uint32_t sum = 0;

	TOUCH_ASSERT(failed);
	rule = policy_boot_rule(p, machine, failed);
	for (uint32_t i = 0; i < (rule ? (uint32_t)(rule - p->rules) : p->count[POLICY_RULES]); i++)
		sum += p->conditions[failed[i]].match;
	if (rule)
		sum += touch_bytes(p, rule->file) + touch_bytes(p, rule->options) +
		       touch_menu(p, rule);
	free(failed);
	return sum;
}

static inline uint32_t touch_host(const struct policy *p, const struct policy_host *host) {
	const struct policy_machine machine = {.mac = host->mac,
		.uuid = (const uint8_t *)host,
		.vendor_class = policy_text(p, host->name),
		.vendor_class_len = host->name.len,
		.user_class = p->bytes + host->options.offset,
		.user_class_len = host->options.len,
		.circuit_id = policy_text(p, host->role),
		.circuit_id_len = host->role.len,
		.remote_id = policy_text(p, host->name),
		.remote_id_len = host->name.len,
		.host = host,
		.address = host->address,
		.arch = host->mac[5],
		.ipxe = policy_says_ipxe(p->bytes + host->options.offset, host->options.len),
		.order = policy_order_pending(host, NULL)};

	TOUCH_ASSERT(policy_host_by_mac(p, host->mac) == host);
	TOUCH_ASSERT(host->order_slot < ORDER_SLOTS);
	return touch_address(p, host->address) + touch_rule(p, &machine) +
	       touch_bytes(p, host->role) + touch_bytes(p, host->options) +
	       touch_bytes(p, host->order_last);
}

static inline void policy_touch(const struct policy *p) {
	static const struct policy_machine stranger = {.arch = POLICY_ARCH_UNKNOWN};
	static const uint8_t unknown_mac[6] = {2, 3, 4, 5, 6, 7};
	uint32_t sum = touch_bytes(p, p->snapshot->runtime_dir);

	sum += touch_bytes(p, p->snapshot->state_dir);
	for (uint32_t i = 0; i < touch_count(p, POLICY_PORTS); i++)
		sum += touch_bytes(p, p->ports[i].device) + touch_address(p, p->ports[i].address);
	for (uint32_t i = 0; i < touch_count(p, POLICY_SUBNETS); i++)
		sum += touch_address(p, p->subnets[i].network) +
		       touch_address(p, p->subnets[i].broadcast + 1);
	for (uint32_t i = 0; i < touch_count(p, POLICY_POOLS); i++)
		sum += touch_address(p, p->pools[i].last) + touch_address(p, p->pools[i].first - 1);
	for (uint32_t i = 0; i < touch_count(p, POLICY_HOSTS); i++)
		sum += touch_host(p, &p->hosts[i]);
	sum += touch_rule(p, &stranger) + touch_names(p);
	sum += policy_host_by_mac(p, unknown_mac) != NULL;
	sum += touch_name(p, UINT32_MAX, (const char *)p->snapshot, 100);
	// The sum depends on all that was read, and is used: else the compiler leaves the reads
	// out.
	__asm__ volatile("" : : "r"(sum));
}
