// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Recovery without I/O: the caller reads files and feeds them in pieces, the mirror ends up with
// the newest record of each address. Newest checkpoint first; if it is not whole, clear the mirror,
// init again and feed the next older one. Then all segments in the order of their epochs.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journal.h"
#include "journal_mirror.h"

struct journal_replay {
	struct journal_mirror *mirror;
	uint64_t last_lsn; // the history is believed up to here
	uint64_t seen_lsn; // highest lsn met anywhere, void ones too: the next one given is higher
	uint64_t applied;  // records taken
	uint64_t dropped;  // whole records whose fields make no sense, or that do not follow
	uint64_t voided;   // records of batches that had failed
	bool damaged;      // something that was durable is missing
	// the file that is being fed
	struct journal_header header;
	uint64_t end_lsn;      // void beyond
	uint64_t expected_lsn; // of the next record
	uint64_t fed;          // records of a checkpoint so far
	uint32_t sum;
	bool stopped; // a record that is not whole was met
};

void journal_replay_init(struct journal_replay *replay, struct journal_mirror *mirror);

// header: checked with journal_check_header.
void journal_replay_checkpoint(struct journal_replay *replay, const struct journal_header *header);

// The checkpoint's next records. 0, -EBADMSG: the checkpoint is not whole, or -ENOSPC: the mirror
// is full (give it room for count more records before the call).
int journal_replay_checkpoint_feed(
	struct journal_replay *replay, const struct journal_record *records, size_t count);

// The record after the last. 0, or -EBADMSG: the checkpoint is not whole.
int journal_replay_checkpoint_end(
	struct journal_replay *replay, const struct journal_header *trailer);

// headers: of all segments, ascending by epoch. end_lsn[i]: where the history in segment i ends at
// the latest, as the headers after it say.
void journal_replay_limits(const struct journal_header *headers, size_t count, uint64_t *end_lsn);

// Begins a segment; damaged is set if the history that its header counts on is missing.
void journal_replay_segment(
	struct journal_replay *replay, const struct journal_header *header, uint64_t end_lsn);

// The segment's next records, in order from the one after the header; all of the file, because what
// stands behind the first record that is not whole tells a torn tail from damage. 0 or -ENOSPC as
// above.
int journal_replay_segment_feed(
	struct journal_replay *replay, const struct journal_record *records, size_t count);
