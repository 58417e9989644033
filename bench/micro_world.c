// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The site that the cases run in. What a worker finds in shared memory lies on the heap here; all is
// seeded alike, so that every run takes the same way.

#include "micro_world.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "micro.h"
#include "policy_build.h"

#define SNAPSHOT_BYTES (8u << 20)
#define EXTENTS        4u

static struct policy_ref text(struct policy_builder *b, const char *string) {
	return policy_build_bytes(b, string, strlen(string));
}

void micro_host_mac(uint32_t i, uint8_t mac[6]) {
	memcpy(mac, (uint8_t[]){0x52, 0x54, 0, 1, (uint8_t)(i >> 8), (uint8_t)i}, 6);
}

void micro_client_mac(uint32_t i, uint8_t mac[6]) {
	memcpy(mac,
		(uint8_t[]){0x52, 0x54, 0x80, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i},
		6);
}

size_t micro_file_name(uint32_t i, char name[32]) {
	return (size_t)snprintf(name, 32, "debian-installer/amd64/%04u", i);
}

static void add_network(struct policy_builder *b) {
	static const uint8_t options[] = {3, 4, 10, 64, 0, 1, 6, 8, 10, 64, 0, 1, 10, 64, 0, 2, 15,
		7, 'c', 'l', 'u', 's', 't', 'e', 'r', 42, 4, 10, 64, 0, 1, 150, 4, 10, 64, 0, 1};
	const struct policy_pool pools[1] = {{MICRO_POOL_FIRST, MICRO_POOL_LAST}};

	policy_build_port(b, &(struct policy_port){.device = text(b, "eth1"),
				     .address = MICRO_OWN,
				     .prefix_len = 10,
				     .dhcp = POLICY_DHCP_SERVER});
	policy_build_subnet(b,
		&(struct policy_subnet){.network = MICRO_OWN & 0xffc00000,
			.mask = 0xffc00000,
			.options = policy_build_bytes(b, options, sizeof(options)),
			.lease_time_s = MICRO_LEASE_S,
			.max_blksize = 1468,
			.max_windowsize = 64,
			.edge_rate_bps = 1000000000},
		pools, 1, NULL, 0);
}

static void add_hosts(struct policy_builder *b) {
	for (uint32_t i = 0; i < MICRO_HOSTS; i++) {
		struct policy_host host = {
			.role = text(b, "compute"), .address = MICRO_CLIENT + 1 + i};
		char name[16];

		snprintf(name, sizeof(name), "n%05u", i);
		host.name = text(b, name);
		micro_host_mac(i, host.mac);
		policy_build_host(b, &host);
	}
}

// The one for x64 UEFI comes last, behind rules of each usual kind.
static void add_rules(struct policy_builder *b) {
	const struct policy_condition conditions[] = {
		{.match = POLICY_MATCH_IPXE, .value = 1},
		{.match = POLICY_MATCH_MAC, .text = text(b, "52:54:00:ff:*")},
		{.match = POLICY_MATCH_MAC, .text = text(b, "aa:*")},
		{.match = POLICY_MATCH_HOST, .text = text(b, "login*")},
		{.match = POLICY_MATCH_ROLE, .text = text(b, "storage")},
		{.match = POLICY_MATCH_SUBNET, .value = 0xc0a80000, .mask = 0xffff0000},
		{.match = POLICY_MATCH_VENDOR_CLASS, .text = text(b, "HTTPClient*")},
		{.match = POLICY_MATCH_USER_CLASS, .text = text(b, "rom")},
		{.match = POLICY_MATCH_ARCH, .value = 0},
		{.match = POLICY_MATCH_ARCH, .value = 6},
		{.match = POLICY_MATCH_ARCH, .value = 11},
		{.match = POLICY_MATCH_ARCH, .value = 7},
	};

	for (uint32_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++)
		policy_build_rule(b,
			&(struct policy_rule){.file = text(b, "ipxe.efi"), .line = i + 1},
			&conditions[i], 1);
}

static void add_names(struct policy_builder *b) {
	char name[32];

	for (uint32_t i = 0; i < MICRO_FILES; i++) {
		micro_file_name(i, name);
		policy_build_name(b, &(struct policy_name){.path = text(b, name),
					     .slot = i,
					     .generation = i + 1,
					     .size = i ? 1000 : MICRO_FILE_BYTES});
	}
}

static void make_policy(struct micro_world *world) {
	size_t size = policy_builder_size(SNAPSHOT_BYTES);
	void *memory = micro_memory(size);
	struct policy_builder *b = policy_builder_init(memory, size, SNAPSHOT_BYTES);
	char why[256] = "";
	int64_t built;

	world->snapshot = micro_memory(SNAPSHOT_BYTES);
	policy_build_globals(b, &(struct policy_globals){.runtime_dir = "/run/rouse",
					.state_dir = "/var/lib/rouse",
					.memory_bytes = 2ull << 30,
					.max_leases = MICRO_LEASES,
					.workers = 1,
					.tid_first = 32768,
					.tid_last = 49151,
					.authoritative = true});
	add_network(b);
	add_hosts(b);
	add_rules(b);
	add_names(b);
	built = policy_build_finish(b, 1, 1, world->snapshot, SNAPSHOT_BYTES, why);
	if (built < 0 || policy_validate(world->snapshot, (size_t)built, &world->policy, why) < 0)
		micro_die("policy", why);
	free(memory);
}

void micro_world_begin(struct micro_world *world) {
	*world = (struct micro_world){.now = {.us = 1000000000, .unix_s = 1800000000}};
	make_policy(world);
	world->worker = micro_memory(sizeof(*world->worker));
	world->ring = micro_memory(EVENT_RING_SIZE * sizeof(*world->ring));
	world->events = (struct events){.worker = world->worker, .ring = world->ring};
	world->stats.counter = world->worker->counter;
}

void micro_world_end(struct micro_world *world) {
	free(world->snapshot);
	free(world->worker);
	free(world->ring);
}

void micro_world_pass(struct micro_world *world, uint64_t us) {
	world->now.us += us;
	world->now.unix_s = 1800000000 + (int64_t)(world->now.us / 1000000);
}

void micro_leases_begin(struct micro_leases *leases, struct micro_world *world) {
	static const uint64_t seed[2] = {1, 2};

	leases->table = micro_memory(lease_table_size(MICRO_LEASES));
	leases->records = micro_memory(MICRO_LEASES * sizeof(*leases->records));
	leases->server = (struct dhcp_server){
		.policy = &world->policy, .stats = &world->stats, .events = &world->events};
	leases->server.leases =
		lease_table_init(leases->table, leases->records, MICRO_LEASES, seed, &leases->high);
	lease_set_policy(leases->server.leases, &world->policy);
}

void micro_leases_end(struct micro_leases *leases) {
	free(leases->table);
	free(leases->records);
}

// Scattered extents of content that differs everywhere.
void micro_images_begin(struct micro_images *images) {
	const uint32_t count = (MICRO_FILE_BYTES >> IMAGE_EXTENT_SHIFT) + 1;
	const size_t size = (size_t)EXTENTS << IMAGE_EXTENT_SHIFT;

	images->slots = micro_memory(MICRO_FILES * sizeof(*images->slots));
	images->map = micro_memory(count * sizeof(*images->map));
	images->data = micro_memory(size);
	for (uint32_t i = 0; i < count; i++)
		images->map[i] = (uint32_t)(hash_mix(i + 99) % EXTENTS);
	for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
		uint64_t word = hash_mix(i + 1);

		memcpy(images->data + i, &word, sizeof(word));
	}
	images->slots[0] = (struct image_slot){
		.word = IMAGE_WORD(1, IMAGE_READY), .size = MICRO_FILE_BYTES, .map_count = count};
	images->images = (struct images){
		.slots = images->slots,
		.map = images->map,
		.data = images->data,
		.slot_count = MICRO_FILES,
		.map_count = count,
		.extent_count = EXTENTS,
	};
}

void micro_images_end(struct micro_images *images) {
	free(images->slots);
	free(images->map);
	free(images->data);
}
