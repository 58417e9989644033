// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The lease journal's thread: the only one of the dataplane that has files. The worker that owns
// DHCP submits records through a ring; the thread writes and syncs them in batches and tells how
// far the journal is durable. No DPDK here.
//
// In the order of a program's life: journal_open, journal_recover, journal_start (main thread);
// journal_room, journal_submit, journal_durable, journal_failed_pop (the worker); journal_stop,
// journal_close (main thread, when the worker has ended).

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "journal.h"
#include "journal_io.h"
#include "shm_abi.h"

#define JOURNAL_RING_RECORDS 65536u // 65 ms at 1 M/s: longer than the sync stalls that were seen
#define JOURNAL_LINGER_US    500u   // a batch is closed so long after its first record
#define JOURNAL_GATHER_BELOW 16u
#define JOURNAL_GATHER_US    1000u
#define JOURNAL_RETRY_MS     1000u // after a failure, a fresh segment is tried so often
#define JOURNAL_WHY_SIZE     256

struct journal;

struct journal_config {
	uint32_t max_leases;
	uint32_t segment_bytes;      // 0: JOURNAL_SEGMENT_BYTES; else a multiple of 4,096
	struct journal_block *block; // in the state region; written by the journal alone
	struct hist *sync;           // durations of fdatasync in us; the same
	// A batch after one of under JOURNAL_GATHER_BELOW records begins no sooner than so long
	// after that one began. Outside of tests JOURNAL_GATHER_US; 0: at once.
	uint32_t gather_us;
	int wake_fd; // eventfd of the worker that owns DHCP: written after each batch; -1: none
	// One sentence without a newline: something was set aside, degraded, or works again. Called
	// by main until journal_start, then by the journal thread.
	void (*log)(void *context, const char *sentence);
	void *log_context;
};

struct journal_recovery {
	uint64_t next_lsn;             // of the first record that the worker will submit
	uint64_t leases;               // handed to restore
	uint64_t orders;               // the same
	uint64_t refused;              // restore did not want them
	uint64_t dropped;              // records on disk that are not believed
	uint32_t set_aside;            // files renamed to *.bad
	bool fresh;                    // there was no journal, or a part of it is missing
	int64_t complete_since_unix_s; // every lease given since then is known
};

// Makes state_dir/leases (0750) if it is not there. A descriptor of it that the caller closes, or
// -errno.
int journal_open_directory(const char *state_dir);

// Takes the directory's lock. dir_fd stays the caller's and must outlive the journal. io:
// &journal_io_system outside of tests. -EBUSY: another process has the lock; -ENOMEM; -EINVAL:
// segment_bytes; or what the directory gave. why: a sentence.
int journal_open(int dir_fd, const struct journal_config *config, const struct journal_io *io,
	struct journal **journal, char why[JOURNAL_WHY_SIZE]);

// Reads checkpoint and segments and calls restore once for each address, and for each slot of
// orders, with its newest record.
// What is not readable is renamed to *.bad, said in the log, and never deleted. 0; -EPROTO: a file
// has another format version (nothing was changed); or -errno of what could not be listed. why: a
// sentence.
int journal_recover(struct journal *journal,
	int (*restore)(void *context, const struct journal_record *record), void *context,
	struct journal_recovery *recovery, char why[JOURNAL_WHY_SIZE]);

// Starts the thread, which opens a segment first. A disk that cannot be written is not an error
// here: the journal is degraded until it can be. 0 or -errno.
int journal_start(struct journal *journal);

// Writes what was submitted, and ends the thread.
void journal_stop(struct journal *journal);

void journal_close(struct journal *journal);

// From here on: the worker that owns DHCP only. --------------------------------------------------

// How many records can be submitted now.
uint32_t journal_room(const struct journal *journal);

// Takes count sealed records, their lsn rising from next_lsn on, flags 0. By one each: a gap costs
// a new segment. One system call if the thread sleeps, else none. 0; -ENOBUFS: more than
// journal_room; -EINVAL: an lsn does not rise. On an error none was taken.
int journal_submit(struct journal *journal, const struct journal_record *records, uint32_t count);

// Everything up to here is settled: on disk, except what journal_failed_pop names. So: read this
// first, then pop all failed records, then send the replies up to what was read, but not those of
// failed records. It goes on while the journal is degraded; what is durable says journal_block.
uint64_t journal_durable(const struct journal *journal);

// The next record that could not be made durable, in order. False if there is none. See journal.h
// for what its owner has to do.
bool journal_failed_pop(struct journal *journal, struct journal_record *record);

// Records fail at present: a fresh segment is tried every second.
bool journal_degraded(const struct journal *journal);
