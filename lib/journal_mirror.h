// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The newest journal record of each address, and of each slot of orders: what replay builds, what
// the journal thread keeps up to date with every durable batch, and what a checkpoint is written
// from. Records lie densely, so that a checkpoint is one run of bytes; an open-addressing index
// finds them by address.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "journal.h"

struct journal_mirror {
	struct journal_record *records; // count in use, in the order in which they came first
	uint32_t *index;                // position + 1, 0 empty; at most half full
	uint32_t count;
	uint32_t size;
	uint32_t index_mask;
};

// Bytes of memory for size records, at most 2^30.
size_t journal_mirror_bytes(uint32_t size);

// memory: journal_mirror_bytes(size), aligned to 64, owned by the caller.
void journal_mirror_init(struct journal_mirror *mirror, void *memory, uint32_t size);

// Forgets all records.
void journal_mirror_clear(struct journal_mirror *mirror);

// Keeps record if its lsn is not below that of the one kept for its address or slot. 0, or -ENOSPC:
// a new one, and size records are kept already.
int journal_mirror_put(struct journal_mirror *mirror, const struct journal_record *record);

// The record of an address, or of a slot of orders; NULL if there is none.
const struct journal_record *journal_mirror_find(
	const struct journal_mirror *mirror, uint32_t address);
const struct journal_record *journal_mirror_find_order(
	const struct journal_mirror *mirror, uint32_t slot);

// Forgets released addresses and those whose time ran out before now_unix_s; the others and all
// orders move together, so a checkpoint that is being written from the mirror must begin again.
// Returns how many went.
uint32_t journal_mirror_compact(struct journal_mirror *mirror, int64_t now_unix_s);
