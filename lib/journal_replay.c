// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Decides which records of a journal are believed. Relies on journal.h's checks and fills a mirror;
// the journal thread's recovery, the unit test and the fuzz target feed it.

#include "journal_replay.h"

#include <errno.h>

#include "crc32c.h"

void journal_replay_init(struct journal_replay *replay, struct journal_mirror *mirror) {
	*replay = (struct journal_replay){.mirror = mirror};
}

static void see(struct journal_replay *replay, uint64_t lsn) {
	if (replay->seen_lsn < lsn)
		replay->seen_lsn = lsn;
}

void journal_replay_checkpoint(struct journal_replay *replay, const struct journal_header *header) {
	replay->header = *header;
	replay->fed = 0;
	replay->sum = 0;
}

// A whole record with senseless fields is left out, not refused: it must not keep the server from
// starting.
static int apply(struct journal_replay *replay, const struct journal_record *record) {
	int err;

	if (!journal_sane(record)) {
		replay->dropped++;
		return 0;
	}
	err = journal_mirror_put(replay->mirror, record);
	if (!err)
		replay->applied++;
	return err;
}

int journal_replay_checkpoint_feed(
	struct journal_replay *replay, const struct journal_record *records, size_t count) {
	if (count > replay->header.count - replay->fed)
		return -EBADMSG;
	for (size_t i = 0; i < count; i++) {
		int err = journal_whole(&records[i]) ? apply(replay, &records[i]) : -EBADMSG;

		if (err)
			return err;
		if (records[i].lsn <= JOURNAL_LSN_MAX)
			see(replay, records[i].lsn);
	}
	replay->sum = crc32c(replay->sum, records, count * sizeof(*records));
	replay->fed += count;
	return 0;
}

int journal_replay_checkpoint_end(
	struct journal_replay *replay, const struct journal_header *trailer) {
	const struct journal_header *header = &replay->header;

	if (journal_check_header(trailer, JOURNAL_CHECKPOINT_END) || replay->fed != header->count ||
		trailer->count != header->count || trailer->epoch != header->epoch ||
		trailer->durable_lsn != header->durable_lsn || trailer->sum != replay->sum)
		return -EBADMSG;
	replay->last_lsn = header->durable_lsn;
	see(replay, header->durable_lsn);
	return 0;
}

void journal_replay_limits(const struct journal_header *headers, size_t count, uint64_t *end_lsn) {
	uint64_t end = UINT64_MAX;

	for (size_t i = count; i-- > 0;) {
		end_lsn[i] = end;
		if (headers[i].durable_lsn < end)
			end = headers[i].durable_lsn;
	}
}

void journal_replay_segment(
	struct journal_replay *replay, const struct journal_header *header, uint64_t end_lsn) {
	replay->header = *header;
	replay->end_lsn = end_lsn;
	replay->expected_lsn = header->first_lsn;
	replay->stopped = false;
	if (replay->last_lsn < header->durable_lsn)
		replay->damaged = true;
	if (header->first_lsn)
		see(replay, header->first_lsn - 1);
}

// Behind the first record that is not whole nothing is believed, but a batch was begun only when
// the one before it had been synced: its first record proves that what is missing was durable.
static void look_behind(struct journal_replay *replay, const struct journal_record *record) {
	if (record->lsn != replay->expected_lsn || !journal_whole(record))
		return;
	see(replay, record->lsn);
	if (record->flags & JOURNAL_BATCH_FIRST && record->lsn <= replay->end_lsn) {
		replay->damaged = true;
		replay->dropped++;
	}
}

static int follow(struct journal_replay *replay, const struct journal_record *record) {
	int err = 0;

	if (record->lsn != replay->expected_lsn || !journal_whole(record)) {
		// What the checkpoint holds is not missed here.
		replay->stopped = replay->expected_lsn > replay->last_lsn;
		return 0;
	}
	see(replay, record->lsn);
	if (record->lsn > replay->end_lsn) {
		replay->voided++;
	} else if (record->lsn > replay->last_lsn) {
		err = apply(replay, record);
		replay->last_lsn = record->lsn;
	}
	return err;
}

int journal_replay_segment_feed(
	struct journal_replay *replay, const struct journal_record *records, size_t count) {
	for (size_t i = 0; i < count; i++, replay->expected_lsn++) {
		int err = 0;

		if (replay->stopped)
			look_behind(replay, &records[i]);
		else
			err = follow(replay, &records[i]);
		if (err)
			return err;
	}
	return 0;
}
