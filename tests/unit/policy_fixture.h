// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A snapshot with a little of everything, for the tests of the policy modules, of shared memory,
// and for whoever needs a policy: fixture_begin, add what the test is about, fixture_finish.

#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_build.h"
#include "text.h"

#define FIXTURE_SIZE (1u << 20)

struct fixture {
	struct policy_builder *builder;
	void *out; // FIXTURE_SIZE bytes, of which size are the snapshot
	int64_t size;
	struct policy policy;
	char why[256];
};

static inline uint32_t fixture_ip(const char *text) {
	uint32_t address = 0;

	if (text_parse_ip(text, &address) < 0)
		abort();
	return address;
}

static inline struct policy_ref fixture_text(struct fixture *f, const char *text) {
	return policy_build_bytes(f->builder, text, strlen(text));
}

static inline void fixture_begin(struct fixture *f) {
	size_t size = policy_builder_size(FIXTURE_SIZE);

	memset(f, 0, sizeof(*f));
	f->builder = policy_builder_init(calloc(1, size), size, FIXTURE_SIZE);
	f->out = calloc(1, FIXTURE_SIZE);
	policy_build_globals(f->builder, &(struct policy_globals){.runtime_dir = "/run/rouse",
						 .state_dir = "/var/lib/rouse",
						 .memory_bytes = 2ull << 30,
						 .workers = 1,
						 .tid_first = 32768,
						 .tid_last = 49151,
						 .authoritative = true,
						 .multicast = true,
						 .multicast_ttl = 1,
						 .multicast_prefix = 24,
						 .multicast_port = 1758,
						 .multicast_groups = 0xefff4d00});
}

// 0, or what policy_build_finish returned; why says more.
static inline int fixture_finish(struct fixture *f) {
	f->size = policy_build_finish(f->builder, 1, 1, f->out, FIXTURE_SIZE, f->why);
	if (f->size < 0)
		return (int)f->size;
	return policy_validate(f->out, (size_t)f->size, &f->policy, f->why);
}

static inline void fixture_end(struct fixture *f) {
	free(f->builder);
	free(f->out);
}

static inline void fixture_port(struct fixture *f, const char *device, const char *address) {
	policy_build_port(f->builder, &(struct policy_port){.device = fixture_text(f, device),
					      .address = fixture_ip(address),
					      .prefix_len = 24,
					      .dhcp = POLICY_DHCP_SERVER});
}

// A subnet with one pool, or none when first is NULL.
static inline void fixture_subnet(struct fixture *f, const char *network, int prefix_len,
	const char *first, const char *last) {
	const struct policy_pool pool[1] = {
		{first ? fixture_ip(first) : 0, first ? fixture_ip(last) : 0}};
	const uint32_t relay[1] = {fixture_ip("10.9.0.1")};

	policy_build_subnet(f->builder,
		&(struct policy_subnet){.network = fixture_ip(network),
			.mask = (uint32_t)(UINT64_MAX << (32 - prefix_len)),
			.options = policy_build_bytes(f->builder, "\x03\x04\x0a\x4d\x00\x01", 6),
			.lease_time_s = 43200,
			.max_blksize = 1468,
			.max_windowsize = 64,
			.edge_rate_bps = 1000000000},
		pool, first ? 1 : 0, relay, 1);
}

static inline uint32_t fixture_host(struct fixture *f, const char *name, const char *mac,
	const char *address, const char *role) {
	struct policy_host host = {.name = fixture_text(f, name),
		.role = fixture_text(f, role),
		.options = policy_build_bytes(f->builder, "\x0c\x01n", 3),
		.address = address ? fixture_ip(address) : 0};

	if (text_parse_mac(mac, host.mac) < 0)
		abort();
	return policy_build_host(f->builder, &host);
}

// A host of which the configuration knows nothing, with its own disk as its standing boot and, if
// id is not 0, an order.
static inline uint32_t fixture_node(struct fixture *f, const char *name, const char *mac,
	uint64_t id, uint32_t slot, const char *last) {
	struct policy_host host = {.name = fixture_text(f, name),
		.flags = POLICY_HOST_LOCAL | POLICY_HOST_UNLISTED | POLICY_HOST_UNNAMED,
		.order_id = id,
		.order_slot = slot,
		.order_last = fixture_text(f, last)};

	if (text_parse_mac(mac, host.mac) < 0)
		abort();
	return policy_build_host(f->builder, &host);
}

static inline void fixture_name(struct fixture *f, uint32_t node, const char *path, uint32_t slot) {
	policy_build_name(f->builder, &(struct policy_name){.path = fixture_text(f, path),
					      .node = node,
					      .slot = slot,
					      .generation = 1,
					      .size = 1000});
}

// A rule of at most four conditions; a condition without a match value ends them.
static inline void fixture_rule(struct fixture *f, const char *file, uint32_t line,
	const struct policy_condition *conditions, size_t count) {
	policy_build_rule(f->builder,
		&(struct policy_rule){.file = fixture_text(f, file), .line = line}, conditions,
		count);
}

static inline struct policy_condition fixture_glob(
	struct fixture *f, enum policy_match match, uint16_t group, const char *pattern) {
	return (struct policy_condition){
		.match = match, .group = group, .text = fixture_text(f, pattern)};
}

static inline struct policy_condition fixture_value(
	enum policy_match match, uint16_t group, uint32_t value) {
	return (struct policy_condition){.match = match, .group = group, .value = value};
}

// A rule with a menu of two items, the second of which is the machine's own disk.
static inline void fixture_menu(struct fixture *f, uint32_t line) {
	const struct policy_menu_item items[] = {
		{.text = fixture_text(f, "Install"), .file = fixture_text(f, "install.0")},
		{.text = fixture_text(f, "Disk")},
	};

	policy_build_menu(f->builder,
		&(struct policy_rule){.line = line,
			.menu_prompt = fixture_text(f, "Press F8"),
			.menu_timeout_s = 5},
		NULL, 0, items, 2);
}

// Two ports, three subnets in no order, hosts, rules and names of each kind.
static inline void fixture_sample(struct fixture *f) {
	fixture_begin(f);
	fixture_port(f, "eth1", "10.77.0.1");
	fixture_port(f, "eth2", "192.168.5.1");
	fixture_subnet(f, "10.99.0.0", 16, "10.99.1.0", "10.99.1.255");
	fixture_subnet(f, "10.77.0.0", 24, "10.77.0.50", "10.77.0.250");
	fixture_subnet(f, "10.78.0.0", 24, NULL, NULL);
	fixture_host(f, "n001", "52:54:00:00:01:01", "10.77.0.11", "compute");
	fixture_host(f, "n002", "52:54:00:00:01:02", "10.77.0.12", "login");
	fixture_node(f, "n003", "52:54:00:00:01:03", 0x1234, 7, "menu.ipxe");
	fixture_rule(f, "menu.ipxe", 1,
		(struct policy_condition[]){fixture_value(POLICY_MATCH_IPXE, 0, 1)}, 1);
	fixture_rule(f, "x64.efi", 2,
		(struct policy_condition[]){fixture_value(POLICY_MATCH_ARCH, 0, 7),
			fixture_value(POLICY_MATCH_ARCH, 0, 16),
			{.match = POLICY_MATCH_SUBNET,
				.group = 1,
				.value = fixture_ip("10.77.0.0"),
				.mask = 0xffffff00}},
		3);
	fixture_rule(f, "compute.0", 3,
		(struct policy_condition[]){fixture_glob(f, POLICY_MATCH_ROLE, 0, "comp*")}, 1);
	fixture_rule(f, "undionly.kpxe", 4, NULL, 0);
	fixture_menu(f, 5);
	fixture_name(f, 0, "menu.ipxe", 1);
	fixture_name(f, 0, "Boot/BCD", 2);
	fixture_name(f, 1, "menu.ipxe", 3);
	fixture_name(f, 0, "README", 4);
	fixture_name(f, 0, "readme", 5);
	fixture_name(f, 3 | POLICY_NODE_ORDER, "menu.ipxe", 6);
}
