// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Seals and checks single records of the lease journal. Relies on crc32c; the DHCP server seals
// with it what it submits, replay and the journal thread check with it what they read.

#include "journal.h"

#include <errno.h>
#include <string.h>

#include "crc32c.h"
#include "shm_abi.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the journal is little-endian on disk");
_Static_assert(LEASE_KEY_MAX == sizeof((struct journal_record){0}.key), "journal_record.key");

void journal_seal(struct journal_record *record) {
	record->crc = crc32c(0, record, offsetof(struct journal_record, crc));
}

bool journal_whole(const struct journal_record *record) {
	return record->crc == crc32c(0, record, offsetof(struct journal_record, crc));
}

static bool state_is_durable(uint8_t state) {
	return state == LEASE_BOUND || state == LEASE_RELEASED || state == LEASE_DECLINED;
}

static bool lease_is_sane(const struct journal_record *record) {
	return record->address && state_is_durable(record->state) &&
	       record->hlen <= sizeof(record->key) &&
	       record->hostname_len <= sizeof(record->hostname);
}

static bool order_is_sane(const struct journal_record *record) {
	return record->address < ORDER_SLOTS && journal_order_id(record) && !record->hlen &&
	       !record->hostname_len;
}

bool journal_sane(const struct journal_record *record) {
	if (!record->lsn || record->lsn > JOURNAL_LSN_MAX || record->flags & ~JOURNAL_BATCH_FIRST)
		return false;
	return journal_is_order(record) ? order_is_sane(record) : lease_is_sane(record);
}

struct journal_record journal_order_used(uint64_t lsn, uint32_t slot, uint64_t id, int64_t unix_s) {
	struct journal_record record = {
		.lsn = lsn,
		.address = slot,
		.state = JOURNAL_ORDER,
		.since_unix_s = (uint32_t)unix_s,
	};

	memcpy(record.key, &id, sizeof(id));
	journal_seal(&record);
	return record;
}

uint64_t journal_order_id(const struct journal_record *record) {
	uint64_t id;

	memcpy(&id, record->key, sizeof(id));
	return id;
}

void journal_seal_header(struct journal_header *header) {
	header->magic = JOURNAL_MAGIC;
	header->version = JOURNAL_VERSION;
	header->crc = crc32c(0, header, offsetof(struct journal_header, crc));
}

static bool lsns_sane(const struct journal_header *header) {
	if (header->durable_lsn > JOURNAL_LSN_MAX || header->first_lsn > JOURNAL_LSN_MAX)
		return false;
	return header->kind != JOURNAL_SEGMENT || header->durable_lsn < header->first_lsn;
}

int journal_check_header(const struct journal_header *header, enum journal_kind kind) {
	static const struct journal_header zero;

	if (!memcmp(header, &zero, sizeof(zero)))
		return -ENODATA;
	if (header->magic != JOURNAL_MAGIC)
		return -EBADMSG;
	// Before the CRC: another version may keep it elsewhere, and must be refused, not set
	// aside.
	if (header->version != JOURNAL_VERSION)
		return -EPROTO;
	if (header->crc != crc32c(0, header, offsetof(struct journal_header, crc)))
		return -EBADMSG;
	return header->kind == (uint32_t)kind && lsns_sane(header) ? 0 : -EBADMSG;
}
