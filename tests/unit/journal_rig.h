// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the tests of the journal's thread share: a temporary directory, a journal in it, records,
// and an oracle of what was acknowledged.

#pragma once

#include "journal_thread.h"

#define RIG_ADDRESSES 4096u
#define RIG_LOG_SIZE  8192u

struct rig {
	char path[64];
	int dir_fd;
	struct journal_block block;
	struct hist sync;
	struct journal *journal;
	struct journal_recovery recovery;
	char why[JOURNAL_WHY_SIZE];
	char log[RIG_LOG_SIZE]; // sentences, each with a newline
	uint32_t segment_bytes;
	uint32_t gather_us; // 0 unless the test sets it before rig_start
	bool leases_only;   // false unless the test sets it
	const struct journal_io *io;
	uint64_t next_lsn;
	// By address: what was submitted last, what is acknowledged, what recovery gave back
	uint64_t submitted[RIG_ADDRESSES];
	uint64_t acknowledged[RIG_ADDRESSES];
	uint64_t recovered[RIG_ADDRESSES];
	uint64_t lsn_address[1u << 20]; // by lsn
	uint64_t swept;                 // acknowledgements have been taken up to this lsn
};

// A rig on an empty directory; io NULL: the system's. Ends the test if it cannot be made.
struct rig *rig_new(uint32_t segment_bytes, const struct journal_io *io);
// The same below a given directory.
struct rig *rig_new_in(const char *parent, uint32_t segment_bytes, const struct journal_io *io);
void rig_free(struct rig *rig); // closes the journal and deletes the directory

// Opens, recovers; the oracle's recovered[] is filled. 0 or what failed.
int rig_recover(struct rig *rig);
// Recovers and starts; ends the test if that fails.
void rig_start(struct rig *rig);
void rig_stop(struct rig *rig);

struct journal_record rig_record(uint64_t lsn, uint32_t address);

// Submits one record for address & (RIG_ADDRESSES - 1); waits for room. Every eighth is of a used
// order with that slot instead of a lease, unless leases_only.
void rig_submit(struct rig *rig, uint32_t address);
// Takes what became durable and what failed, as a worker does. Returns how many failed.
uint32_t rig_sweep(struct rig *rig);
// Sweeps until all that was submitted is settled or deadline_ms passed. Returns how many failed.
uint32_t rig_settle(struct rig *rig, unsigned deadline_ms);
// Sweeps until the condition on the journal holds; ends the test after ten seconds.
#define rig_wait(rig, condition)                                                                   \
	do {                                                                                       \
		for (unsigned waited_ms_ = 0; !(condition); waited_ms_++) {                        \
			if (waited_ms_ == 10000)                                                   \
				fail_msg("never came true: %s\nlog: %s", #condition, (rig)->log);  \
			rig_sweep(rig);                                                            \
			usleep(1000);                                                              \
		}                                                                                  \
	} while (0)

// Every acknowledged record, or a newer one of its address, was recovered. Fails naming address and
// lsn.
void rig_check_recovered(const struct rig *rig, const char *name);

// Counts files whose name begins so.
unsigned rig_files(const struct rig *rig, const char *prefix);
