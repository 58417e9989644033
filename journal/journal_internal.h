// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the files of the lease journal share: journal_thread.c (rings, batches, the loop),
// journal_segment.c (the open segment), journal_upkeep.c (spares, checkpoints, deletions),
// journal_recover.c and journal_import.c. Nobody else includes it.
//
// In the directory: lock, segment-EPOCH, checkpoint-EPOCH (epochs in 16 hexadecimal digits),
// spare-0 and spare-1 (zeroed, ready to be renamed), spare.tmp and checkpoint.tmp (unfinished),
// *.bad (set aside).

#pragma once

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>

#include "journal_mirror.h"
#include "journal_thread.h"

#define JOURNAL_FILES_MAX   1024u        // closed segments and checkpoints that wait for deletion
#define JOURNAL_SPARES      2u           // zeroed segments that are kept ready
#define JOURNAL_SLICE_BYTES (256u << 10) // upkeep writes so much between two batches
#define JOURNAL_MIRROR_MAX  (1u << 23)   // addresses; beyond this the journal degrades with ENOMEM
#define JOURNAL_NAME_SIZE   40

// A closed or open file of the directory.
struct journal_file {
	uint64_t epoch;
	uint32_t kind; // JOURNAL_SEGMENT or JOURNAL_CHECKPOINT
	bool damaged;  // set aside instead of deleted when a checkpoint covers it
};

struct journal_segment {
	int fd; // -1: none, the journal is degraded or has just started
	uint64_t epoch;
	uint32_t at; // records written, header included
};

// A spare in the making.
struct journal_spare {
	int fd; // of spare.tmp, -1: none
	uint64_t at;
	uint32_t ready; // spare-0 to spare-(ready - 1) exist
};

// A checkpoint in the making.
struct journal_checkpoint {
	int fd; // of checkpoint.tmp, -1: none
	struct journal_header header;
	uint32_t at; // records written
	uint32_t sum;
	uint64_t segments_below; // epochs of the segments that it makes superfluous
};

struct journal {
	struct journal_config config;
	const struct journal_io *io;
	int dir_fd;
	int lock_fd;
	int event_fd;                  // wakes the thread
	uint32_t segment_records;      // header included
	struct journal_record *ring;   // [JOURNAL_RING_RECORDS], worker: w, thread: r
	struct journal_record *failed; // [JOURNAL_RING_RECORDS], thread: w, worker: r
	uint8_t *zeroes;               // [JOURNAL_SLICE_BYTES]
	pthread_t thread;
	bool started;

	// worker: rw, thread: ro
	alignas(ROUSE_CACHE_LINE) _Atomic uint64_t head; // records submitted
	_Atomic uint64_t failed_tail;
	uint64_t next_lsn; // the worker's own

	// thread: rw, worker: ro
	alignas(ROUSE_CACHE_LINE) _Atomic uint64_t done; // records made durable or handed back
	_Atomic uint64_t failed_head;
	_Atomic uint64_t settled_lsn; // up to here all is durable or handed back

	// both: the thread sets asleep, who wakes it clears it; main sets stopping
	alignas(ROUSE_CACHE_LINE) _Atomic uint32_t asleep;
	_Atomic uint32_t stopping;

	// thread only (main until journal_start)
	alignas(ROUSE_CACHE_LINE) uint64_t taken; // records copied out of ring
	uint64_t first_lsn;                       // of the next record
	uint64_t durable_lsn;
	uint64_t epoch; // last one given
	int64_t complete_since_unix_s;
	uint64_t tried_us;         // when a segment was opened last, or could not be
	uint64_t failing_since_us; // 0: works
	uint64_t upkeep_retry_us;  // not before this
	bool upkeep_failing;
	uint64_t upkeep_credit;  // bytes of upkeep that the batches since the last slice allow
	uint64_t segments_below; // epochs that the newest checkpoint has made superfluous
	uint64_t checkpoints_below;
	struct journal_segment segment;
	struct journal_spare spare;
	struct journal_checkpoint checkpoint;
	struct journal_mirror mirror;
	void *mirror_memory;
	uint32_t file_count;
	struct journal_file file[JOURNAL_FILES_MAX];
	struct journal_record batch[JOURNAL_BATCH_MAX];
};

// journal_thread.c
uint64_t journal_now_us(void); // CLOCK_BOOTTIME
int64_t journal_unix_s(void);
void journal_say(struct journal *journal, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static inline void journal_count(_Atomic uint64_t *counter, uint64_t n) {
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
		memory_order_relaxed);
}

// journal_segment.c
// One pwrite; less than len is an error too. 0 or -errno.
int journal_write(const struct journal *journal, int fd, const void *data, size_t len, uint64_t at);
void journal_file_name(char name[JOURNAL_NAME_SIZE], uint32_t kind, uint64_t epoch);
// -ENFILE: JOURNAL_FILES_MAX are listed.
int journal_file_add(struct journal *journal, uint32_t kind, uint64_t epoch, bool damaged);
// Renames name to name.bad (or .bad2 and so on), says why. 0 or -errno.
int journal_set_aside(struct journal *journal, const char *name, const char *why);
// Makes a spare the open segment, with its header on disk. 0 or -errno; then segment.fd is -1.
int journal_segment_open(struct journal *journal);
// Appends batch[0..count) and syncs; there must be room. 0 or -errno; then the segment is given up.
int journal_segment_append(struct journal *journal, uint32_t count);
void journal_segment_close(struct journal *journal);

// journal_upkeep.c
// Room for count more addresses. 0 or -ENOMEM.
int journal_mirror_reserve(struct journal *journal, uint32_t count);
// One slice of work on checkpoints, spares or deletions. False when there is nothing to do now.
bool journal_upkeep(struct journal *journal);
// When upkeep will want to run: 0 now, UINT64_MAX never.
uint64_t journal_upkeep_due_us(const struct journal *journal);
// Makes a spare at once. 0 or -errno.
int journal_spare_make(struct journal *journal);
// Writes a checkpoint of the mirror at once, and leaves the deletions to upkeep. 0 or -errno.
int journal_checkpoint_make(struct journal *journal);
void journal_spare_name(char name[JOURNAL_NAME_SIZE], uint32_t number);
void journal_upkeep_close(struct journal *journal);
