// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The only module of lib/ that makes system calls: creates, opens and checks region files. What it
// decides about a header is pure and stands in shm_header.c.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shm_abi.h"

struct shm_map {
	void *base;
	size_t size;
	bool writable;
	uint64_t device; // with inode: which file this is, whatever is at its path now
	uint64_t inode;
};

// Why a function refused: one sentence with both values, for the log.
#define SHM_WHY_SIZE 256

// Creates the file at path (0640, group rouse if it exists, O_NOFOLLOW, space taken by fallocate,
// through a temporary name and rename so that readers never see a half-made file), maps it, and
// writes the header. Replaces what is there. For a hugetlbfs path, size must be a multiple of the
// page size. 0 or -errno, why set; -ENOSPC: why says how much is free.
int shm_create_region(const char *path, enum rouse_region region, size_t size, struct shm_map *map,
	char why[SHM_WHY_SIZE]);

// Opens and maps an existing file, read-only or (only its writer, who takes it over) writable;
// checks magic, ABI version, region, sizes against fstat, owner and mode, layout, header CRC. The
// owner must be root, the caller, or whoever owns the directory (or, for ROUSE_REGION_IMAGES, the
// link; it alone may be a symbolic link). May sleep up to 50 ms while a writer takes the region
// over. -ENOENT: no such file; -ELOOP: a symbolic link; -EPROTO: not ours or another version, why
// names both values; -EBUSY: writable, but its writer is another process that still runs.
int shm_open_region(const char *path, enum rouse_region region, bool writable, struct shm_map *map,
	char why[SHM_WHY_SIZE]);

// Makes link a symbolic link to target, in one step, whatever it was before. 0 or -errno.
int shm_link_region(const char *link, const char *target, char why[SHM_WHY_SIZE]);

// Whether path leads to another file than the one that is mapped, or to none: its writer has made a
// new region, and this one is history.
bool shm_replaced(const char *path, const struct shm_map *map);

// Stamps the calling process as the writer: a new boot id, pid, start time, CRC. Generation and
// content stay.
void shm_take_over(struct shm_map *map);

// Whether the process named in the header still runs (pid and start time).
bool shm_writer_alive(const struct shm_header *header);

void shm_unmap(struct shm_map *map);

// CRC32C over the record sizes of a region: goes into shm_header.layout_crc.
uint32_t shm_layout_crc(enum rouse_region region);

// CRC32C over the constant part of a header: goes into shm_header.header_crc.
uint32_t shm_header_crc(const struct shm_header *header);

// A private copy of a header in shared memory, whose constant part is whole. False: its writer was
// changing it at each of a bounded number of tries, or it is broken; copy is what was read last.
bool shm_read_header(const struct shm_header *shared, struct shm_header *copy);

// Checks header fields against each other and against size: the pure half of shm_open_region.
// 0 or -EPROTO.
int shm_check_header(const struct shm_header *header, enum rouse_region region, size_t size,
	char why[SHM_WHY_SIZE]);
