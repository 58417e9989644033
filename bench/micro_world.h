// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the cases stand on: a site of 10,000 known machines, a pool of a million addresses, a dozen
// boot rules and a thousand files, with counters and an event ring, as a worker has them.

#pragma once

#include "clock.h"
#include "dhcp_server.h"
#include "events.h"
#include "images.h"
#include "policy.h"
#include "stats.h"

#define MICRO_HOSTS      10000u
#define MICRO_FILES      1000u
#define MICRO_LEASES     (1u << 18)
#define MICRO_LEASE_S    3600u
#define MICRO_OWN        0x0a400001u // 10.64.0.1
#define MICRO_CLIENT     0x0a410000u // 10.65.0.0: hosts' addresses from here on
#define MICRO_POOL_FIRST 0x0a500000u // 10.80.0.0
#define MICRO_POOL_LAST  0x0a5fffffu // 10.95.255.255
#define MICRO_FILE_BYTES 4000000000u // of file 0, a view of the same few extents again and again

struct micro_world {
	void *snapshot;
	struct policy policy;
	struct worker_block *worker;
	struct event_record *ring;
	struct events events;
	struct stats stats;
	struct rouse_now now;
};

void micro_world_begin(struct micro_world *world);
void micro_world_end(struct micro_world *world);

void micro_world_pass(struct micro_world *world, uint64_t us);

// The MAC of host i, and of stranger i.
void micro_host_mac(uint32_t i, uint8_t mac[6]);
void micro_client_mac(uint32_t i, uint8_t mac[6]);

// Name of file i. Returns its length.
size_t micro_file_name(uint32_t i, char name[32]);

// A lease table of MICRO_LEASES records and the server over it.
struct micro_leases {
	void *table;
	struct lease_record *records;
	_Atomic uint64_t high;
	struct dhcp_server server;
};

void micro_leases_begin(struct micro_leases *leases, struct micro_world *world);
void micro_leases_end(struct micro_leases *leases);

// An images region of which file 0 is there.
struct micro_images {
	struct image_slot *slots;
	_Atomic uint32_t *map;
	uint8_t *data;
	struct images images;
};

void micro_images_begin(struct micro_images *images);
void micro_images_end(struct micro_images *images);
