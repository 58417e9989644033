// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The only module of lib/ that makes system calls: creates, opens and checks region files.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shm_abi.h"

struct shm_map {
	void *base;
	size_t size;
	bool writable;
};

// Why shm_open_region refused: one sentence with both values, for the log.
#define SHM_WHY_SIZE 256

// Creates the file at path (0640, group rouse if it exists, O_NOFOLLOW, space taken by fallocate,
// through a temporary name and rename so that readers never see a half-made file), maps it, and
// writes the header. Replaces what is there. For a hugetlbfs path, size must be a multiple of the
// page size. 0 or -errno, why set.
int shm_create_region(const char *path, enum rouse_region region, size_t size, struct shm_map *map,
	char why[SHM_WHY_SIZE]);

// Opens and maps an existing file, read-only or (only its writer, who takes it over) writable;
// checks magic, ABI version, region, sizes against fstat, owner and mode, layout, header CRC.
// -ENOENT: no such file; -EPROTO: not ours or another version, why names both values.
int shm_open_region(const char *path, enum rouse_region region, bool writable, struct shm_map *map,
	char why[SHM_WHY_SIZE]);

// Stamps the calling process as the writer: a new boot id, pid, start time, CRC.
void shm_take_over(struct shm_map *map);

// Whether the process named in the header still runs (pid and start time).
bool shm_writer_alive(const struct shm_header *header);

void shm_unmap(struct shm_map *map);

// CRC32C over the record sizes of a region: goes into shm_header.layout_crc.
uint32_t shm_layout_crc(enum rouse_region region);

// Checks header fields against each other and against size: the pure half of shm_open_region.
int shm_check_header(const struct shm_header *header, enum rouse_region region, size_t size,
	char why[SHM_WHY_SIZE]);
