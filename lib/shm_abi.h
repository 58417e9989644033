// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The shared-memory layout: four regions, each with exactly one writer, mapped read-only by
// everyone else. Offsets only, fixed widths, explicit padding; every size and offset asserted.
// A change to any of these structures raises ROUSE_ABI_VERSION.

#pragma once

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define ROUSE_SHM_MAGIC   0x004d48534553554fULL // "OUSESHM" little-endian
#define ROUSE_ABI_VERSION 11u
#define ROUSE_CACHE_LINE  64
#define ROUSE_PAGE        4096u

#define LEASE_KEY_MAX 16 // chaddr of a lease's machine, or a hash of its client id where hlen is 0

// Names of the region files in runtime_dir. ROUSE_REGION_IMAGES is a symbolic link to the file in
// hugetlbfs or /dev/shm; it is resolved once with readlink and its target opened O_NOFOLLOW.
enum rouse_region {
	ROUSE_REGION_POLICY = 1,  // writer: control
	ROUSE_REGION_IMAGES = 2,  // writer: control
	ROUSE_REGION_STATE = 3,   // writer: dataplane
	ROUSE_REGION_CONTROL = 4, // writer: control
};

// First bytes of every region. The fields up to header_crc are constant for one writer's life and
// covered by it; the rest changes while the region lives.
struct shm_header {
	uint64_t magic;
	uint32_t abi_version;
	uint32_t region; // enum rouse_region
	uint32_t header_size;
	uint32_t layout_crc; // CRC32C over the sizes of the records in the region
	uint64_t total_size; // compared with fstat
	uint8_t boot_id[16]; // random, new at each start of the writer
	uint64_t writer_pid;
	uint64_t writer_start_ticks; // field 22 of /proc/PID/stat, tells a reused pid apart
	uint32_t header_crc;         // CRC32C over all of the above
	uint32_t pad0;
	_Atomic uint64_t generation;   // writer: rw, readers: ro; publication counter
	_Atomic uint64_t heartbeat_ns; // CLOCK_BOOTTIME, stored at least once a second
	uint8_t pad1[40];
};
static_assert(sizeof(struct shm_header) == 128, "shm_header");
static_assert(offsetof(struct shm_header, header_crc) == 64, "shm_header.header_crc");
static_assert(offsetof(struct shm_header, generation) == 72, "shm_header.generation");

#include "abi_capture.h"
#include "abi_control.h"
#include "abi_images.h"
#include "abi_policy.h"
#include "abi_state.h"
