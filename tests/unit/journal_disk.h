// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A disk that fails when told to, as an I/O table for the journal: real files below, plus a list of
// what has not been synced. disk_cut makes of it what a power cut may leave: each unsynced sector
// new or old, each directory change after the last fsync kept up to some point and undone behind
// it.

#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "journal_io.h"

enum disk_call {
	DISK_OPENAT = 1,
	DISK_PREAD = 2,
	DISK_PWRITE = 4,
	DISK_FDATASYNC = 8,
	DISK_FSYNC = 16,
	DISK_FALLOCATE = 32,
	DISK_RENAMEAT = 64,
	DISK_UNLINKAT = 128,
	DISK_ALL = 255,
};

// Set before a thread uses the disk, or one atomic field at a time.
struct disk_faults {
	_Atomic uint32_t mask;       // enum disk_call: the calls that count and fail
	_Atomic uint64_t fail_at;    // the call with this number fails, from 1; 0: none
	_Atomic uint64_t fail_until; // and those after it, up to this number
	_Atomic uint32_t one_in;     // each call fails with this chance; 0: none
	_Atomic int err; // errno of what fails; 0: pwrite writes half, the others fail with EIO
	_Atomic uint64_t die_at; // from this call on nothing has an effect; 0: never
};

extern const struct journal_io disk_io;
extern struct disk_faults disk_faults;

// No faults, nothing unsynced, calls counted from 0.
void disk_reset(uint64_t seed);

// Faults off, the count of calls goes on.
void disk_heal(void);

uint64_t disk_calls(void); // those in mask
uint64_t disk_failures(void);
bool disk_is_dead(void);

// The power goes. For when no thread uses the disk.
void disk_cut(void);
