// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The lease journal's format: segments of 64-byte records, checkpoints, and their replay. Pure: bytes
// in, records out; dataplane/journal_thread.c does the I/O. Little-endian on disk.
//
// A segment is JOURNAL_SEGMENT_BYTES of zeroes that are overwritten from the front: one header record,
// then records whose lsn rises by one. A checkpoint is a header record, count records in any order,
// and a trailer record; it is valid only whole. Recovery takes the newest valid checkpoint, then every
// record with a higher lsn, up to the first that is not whole.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_RECORD_BYTES  64u
#define JOURNAL_SEGMENT_BYTES (64u << 20)
#define JOURNAL_BATCH_MAX     1024u

struct journal_record {
	uint64_t lsn;
	int64_t expiry_unix_s;
	uint32_t address;
	uint8_t key[16];
	uint8_t htype;
	uint8_t hlen;
	uint8_t state; // enum lease_state: BOUND, RELEASED or DECLINED
	uint8_t hostname_len;
	char hostname[16]; // the beginning of it
	uint32_t since_unix_s;
	uint32_t crc; // CRC32C over the first 60 bytes, never 0 on disk by construction of the magic
};
_Static_assert(sizeof(struct journal_record) == JOURNAL_RECORD_BYTES, "journal_record");
