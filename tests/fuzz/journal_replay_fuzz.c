// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Journal replay: arbitrary bytes as a checkpoint and two segments. Byte 0 chooses whether
// checksums are made right, so that fields behind them are reached; then two lengths, 16 bits each,
// big-endian.

#include <stdlib.h>

#include "crc32c.h"
#include "fuzz.h"
#include "journal_replay.h"

#define MIRROR_SIZE 64u
#define SEAL        1
#define NUMBER      2 // and records get the lsns that are expected

struct part {
	uint8_t *bytes;
	size_t count; // whole records
};

static struct part take(const uint8_t **data, size_t *size, size_t len) {
	struct part part;

	if (len > *size)
		len = *size;
	part.bytes = fuzz_exact(*data, len);
	part.count = len / JOURNAL_RECORD_BYTES;
	*data += len;
	*size -= len;
	return part;
}

static struct journal_record *record_at(const struct part *part, size_t i) {
	return (struct journal_record *)(part->bytes + i * JOURNAL_RECORD_BYTES);
}

static struct journal_header *header_at(const struct part *part, size_t i) {
	return (struct journal_header *)(part->bytes + i * JOURNAL_RECORD_BYTES);
}

static void seal_records(const struct part *part, size_t first, size_t end, uint8_t mode) {
	for (size_t i = first; i < end; i++) {
		if (mode & NUMBER)
			record_at(part, i)->lsn = header_at(part, 0)->first_lsn + i - first;
		journal_seal(record_at(part, i));
	}
}

static void seal_checkpoint(const struct part *part, uint8_t mode) {
	size_t end = part->count - 1;

	if (!(mode & SEAL))
		return;
	seal_records(part, 1, end, mode);
	header_at(part, 0)->kind = JOURNAL_CHECKPOINT;
	*header_at(part, end) = *header_at(part, 0);
	header_at(part, end)->kind = JOURNAL_CHECKPOINT_END;
	header_at(part, end)->sum = crc32c(0, record_at(part, 1), (end - 1) * JOURNAL_RECORD_BYTES);
	journal_seal_header(header_at(part, 0));
	journal_seal_header(header_at(part, end));
}

static void replay_checkpoint(
	struct journal_replay *replay, const struct part *part, uint8_t mode) {
	struct journal_mirror *mirror = replay->mirror;
	int err = -1;

	if (part->count < 2)
		return;
	seal_checkpoint(part, mode);
	if (journal_check_header(header_at(part, 0), JOURNAL_CHECKPOINT))
		return;
	journal_replay_checkpoint(replay, header_at(part, 0));
	err = journal_replay_checkpoint_feed(replay, record_at(part, 1), part->count - 2);
	if (!err)
		err = journal_replay_checkpoint_end(replay, header_at(part, part->count - 1));
	if (err) {
		journal_mirror_clear(mirror);
		journal_replay_init(replay, mirror);
	}
}

static int open_segment(const struct part *part, uint8_t mode) {
	if (!part->count)
		return -1;
	if (mode & SEAL) {
		header_at(part, 0)->kind = JOURNAL_SEGMENT;
		journal_seal_header(header_at(part, 0));
		seal_records(part, 1, part->count, mode);
	}
	return journal_check_header(header_at(part, 0), JOURNAL_SEGMENT);
}

static void replay_segments(struct journal_replay *replay, const struct part *parts, uint8_t mode) {
	struct journal_header headers[2];
	uint64_t end_lsn[2];
	size_t count = 0;

	for (size_t i = 0; i < 2; i++)
		if (!open_segment(&parts[i], mode))
			headers[count++] = *header_at(&parts[i], 0);
		else
			return;
	journal_replay_limits(headers, count, end_lsn);
	for (size_t i = 0; i < count; i++) {
		size_t half = (parts[i].count - 1) / 2;

		journal_replay_segment(replay, &headers[i], end_lsn[i]);
		journal_replay_segment_feed(replay, record_at(&parts[i], 1), half);
		journal_replay_segment_feed(
			replay, record_at(&parts[i], 1 + half), parts[i].count - 1 - half);
	}
}

static void check(const struct journal_replay *replay) {
	const struct journal_mirror *mirror = replay->mirror;

	FUZZ_ASSERT(mirror->count <= MIRROR_SIZE && mirror->count <= replay->applied);
	FUZZ_ASSERT(replay->last_lsn <= replay->seen_lsn);
	for (uint32_t i = 0; i < mirror->count; i++) {
		const struct journal_record *record = &mirror->records[i];

		FUZZ_ASSERT(journal_whole(record) && journal_sane(record));
		FUZZ_ASSERT(record->lsn <= replay->seen_lsn);
		if (journal_is_order(record))
			FUZZ_ASSERT(journal_mirror_find_order(mirror, record->address) == record);
		else
			FUZZ_ASSERT(journal_mirror_find(mirror, record->address) == record);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	void *memory = aligned_alloc(64, (journal_mirror_bytes(MIRROR_SIZE) + 63) & ~(size_t)63);
	struct journal_mirror mirror;
	struct journal_replay replay;
	struct part checkpoint;
	struct part segments[2];
	uint8_t mode;

	FUZZ_ASSERT(memory);
	journal_mirror_init(&mirror, memory, MIRROR_SIZE);
	journal_replay_init(&replay, &mirror);
	if (size >= 5) {
		size_t lens[2] = {
			(size_t)(data[1] << 8 | data[2]), (size_t)(data[3] << 8 | data[4])};

		mode = data[0];
		data += 5;
		size -= 5;
		checkpoint = take(&data, &size, lens[0]);
		segments[0] = take(&data, &size, lens[1]);
		segments[1] = take(&data, &size, size);
		replay_checkpoint(&replay, &checkpoint, mode);
		replay_segments(&replay, segments, mode);
		check(&replay);
		free(segments[1].bytes);
		free(segments[0].bytes);
		free(checkpoint.bytes);
	}
	free(memory);
	return 0;
}
