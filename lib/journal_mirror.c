// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A table of the newest journal record per address, in memory that the caller gives. Nothing is
// ever taken out of the index alone: compaction rebuilds it, so probing needs no tombstones.

#include "journal_mirror.h"

#include <errno.h>
#include <string.h>

#include "hash.h"
#include "shm_abi.h"

static uint32_t index_size(uint32_t size) {
	uint32_t slots = 16;

	while (slots < 2 * size)
		slots *= 2;
	return slots;
}

size_t journal_mirror_bytes(uint32_t size) {
	return (size_t)size * sizeof(struct journal_record) + (size_t)index_size(size) * 4;
}

void journal_mirror_init(struct journal_mirror *mirror, void *memory, uint32_t size) {
	*mirror = (struct journal_mirror){
		.records = memory,
		.index = (uint32_t *)((struct journal_record *)memory + size),
		.size = size,
		.index_mask = index_size(size) - 1,
	};
	journal_mirror_clear(mirror);
}

void journal_mirror_clear(struct journal_mirror *mirror) {
	mirror->count = 0;
	memset(mirror->index, 0, ((size_t)mirror->index_mask + 1) * sizeof(*mirror->index));
}

// What a record is of: an address, or a slot of orders.
struct subject {
	uint32_t address;
	bool order;
};

static struct subject subject_of(const struct journal_record *record) {
	return (struct subject){.address = record->address, .order = journal_is_order(record)};
}

static bool is_of(const struct journal_record *record, struct subject subject) {
	return record->address == subject.address && journal_is_order(record) == subject.order;
}

// The index slot that holds the subject's record, or the empty one where it belongs. Ends because
// the index is at most half full.
static uint32_t *locate(const struct journal_mirror *mirror, struct subject subject) {
	uint64_t hash = hash_mix(subject.address | (uint64_t)subject.order << 32);
	uint32_t at = (uint32_t)hash & mirror->index_mask;

	while (mirror->index[at] && !is_of(&mirror->records[mirror->index[at] - 1], subject))
		at = (at + 1) & mirror->index_mask;
	return &mirror->index[at];
}

int journal_mirror_put(struct journal_mirror *mirror, const struct journal_record *record) {
	uint32_t *slot = locate(mirror, subject_of(record));

	if (*slot) {
		struct journal_record *kept = &mirror->records[*slot - 1];

		if (record->lsn >= kept->lsn)
			*kept = *record;
		return 0;
	}
	if (mirror->count == mirror->size)
		return -ENOSPC;
	mirror->records[mirror->count++] = *record;
	*slot = mirror->count;
	return 0;
}

static const struct journal_record *find(
	const struct journal_mirror *mirror, struct subject subject) {
	uint32_t *slot = locate(mirror, subject);

	return *slot ? &mirror->records[*slot - 1] : NULL;
}

const struct journal_record *journal_mirror_find(
	const struct journal_mirror *mirror, uint32_t address) {
	return find(mirror, (struct subject){.address = address});
}

const struct journal_record *journal_mirror_find_order(
	const struct journal_mirror *mirror, uint32_t slot) {
	return find(mirror, (struct subject){.address = slot, .order = true});
}

static bool worth_keeping(const struct journal_record *record, int64_t now_unix_s) {
	if (journal_is_order(record))
		return true;
	return record->state != LEASE_RELEASED && record->expiry_unix_s >= now_unix_s;
}

uint32_t journal_mirror_compact(struct journal_mirror *mirror, int64_t now_unix_s) {
	uint32_t before = mirror->count;

	journal_mirror_clear(mirror);
	for (uint32_t i = 0; i < before; i++) {
		struct journal_record record = mirror->records[i];

		if (worth_keeping(&record, now_unix_s))
			journal_mirror_put(mirror, &record);
	}
	return before - mirror->count;
}
