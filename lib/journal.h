// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The lease journal's format: what lies on disk, and how one record or header is sealed and
// checked. Pure; journal_replay.h reads whole files, journal/journal_thread.h does the I/O.
// Little-endian.
//
// A segment is segment_bytes of zeroes that are overwritten from the front: one header, then
// records whose lsn rises by one. Batches are written and synced one after the other; the first
// record of each carries JOURNAL_BATCH_FIRST, so a whole one of those proves that all before it was
// synced. A checkpoint is a header, count records in any order, and a trailer; it is valid only
// whole.
//
// A batch whose write or sync failed may be on disk nevertheless. Its segment is given up, and the
// header of the next one says in durable_lsn where the history before it ends: every earlier record
// with a higher lsn is void. Until that header is on disk, a record that was reported failed can
// come back at recovery. So whoever rolls one back must make either outcome harmless: after a
// failed BOUND record the client has been told nothing; after a failed RELEASED or DECLINED one the
// address counts as having no durable time (lease_record.durable_unix_s = 0), and no ACK leaves for
// it before a new record about it is durable.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_RECORD_BYTES  64u
#define JOURNAL_SEGMENT_BYTES (64u << 20)
#define JOURNAL_BATCH_MAX     8192u // records that are written and synced together: 27 ms at 300 k/s
#define JOURNAL_HOSTNAME_MAX  15u
#define JOURNAL_VERSION       1u
#define JOURNAL_LSN_MAX       (1ULL << 62)
#define JOURNAL_MAGIC         0x4c4e4a4553554f52ULL // "ROUSEJNL"
#define JOURNAL_ORDER         64u // state of a record that is of no lease: see journal_order_used

enum journal_record_flags {
	JOURNAL_BATCH_FIRST = 1, // set by the journal thread, which seals the record again
};

struct journal_record {
	uint64_t lsn; // from 1, each record one more than the last
	int64_t expiry_unix_s;
	uint32_t address;
	uint8_t key[16];
	uint8_t htype;
	uint8_t hlen;
	uint8_t state; // enum lease_state: BOUND, RELEASED or DECLINED; or JOURNAL_ORDER
	uint8_t hostname_len;
	char hostname[JOURNAL_HOSTNAME_MAX]; // the beginning of it
	uint8_t flags;                       // enum journal_record_flags; 0 from whoever submits it
	uint32_t since_unix_s;
	uint32_t crc; // CRC32C over the first 60 bytes; of 60 zeroes it is not 0
};
_Static_assert(sizeof(struct journal_record) == JOURNAL_RECORD_BYTES, "journal_record");
_Static_assert(offsetof(struct journal_record, crc) == 60, "journal_record.crc");

enum journal_kind {
	JOURNAL_SEGMENT = 1,
	JOURNAL_CHECKPOINT = 2,
	JOURNAL_CHECKPOINT_END = 3,
};

// First record of a segment; first and last record of a checkpoint.
struct journal_header {
	uint64_t magic;
	uint32_t version;     // JOURNAL_VERSION
	uint32_t kind;        // enum journal_kind
	uint64_t epoch;       // rises by one with every segment and every checkpoint
	uint64_t first_lsn;   // segment: of its first record; checkpoint: 0
	uint64_t durable_lsn; // segment: see above; checkpoint: it holds everything up to here
	uint64_t count;       // checkpoint: records; segment: bytes of the file
	int64_t complete_since_unix_s; // no lease given since then is missing; 0 before the first
				       // start
	uint32_t sum;                  // trailer: CRC32C over the records, else 0
	uint32_t crc;                  // CRC32C over the first 60 bytes
};
_Static_assert(sizeof(struct journal_header) == JOURNAL_RECORD_BYTES, "journal_header");
_Static_assert(offsetof(struct journal_header, crc) == 60, "journal_header.crc");

// Sets crc; call it last.
void journal_seal(struct journal_record *record);

// Whether the record is as it was sealed. An all-zero record is not.
bool journal_whole(const struct journal_record *record);

// Whether the fields of a whole record make sense: what recovery hands on satisfies this.
bool journal_sane(const struct journal_record *record);

// A sealed record that says which order was used last in a slot (struct policy_host): address is
// the slot, the first 8 bytes of key are the id, since_unix_s is when; all else is 0. Programs from
// before there were orders pass it over.
struct journal_record journal_order_used(uint64_t lsn, uint32_t slot, uint64_t id, int64_t unix_s);

static inline bool journal_is_order(const struct journal_record *record) {
	return record->state == JOURNAL_ORDER;
}

uint64_t journal_order_id(const struct journal_record *record);

void journal_seal_header(struct journal_header *header);

// 0: a whole header of that kind. -ENODATA: all zero, nothing was written. -EPROTO: ours, but of
// another format version (header->version). -EBADMSG: anything else.
int journal_check_header(const struct journal_header *header, enum journal_kind kind);
