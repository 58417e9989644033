// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The sessions of one worker: by TID (the index), by peer (a hash with a secret key), free ones in
// no order that a stranger could know, and half-open ones by age, those of strangers apart from
// those of machines that we know.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shm_abi.h"

#define TFTP_TABLE_NONE UINT32_MAX

// What a record does not hold, because nobody else reads it.
struct tftp_table_link {
	uint32_t chain_next; // sessions of one bucket
	uint32_t half_next;  // half-open sessions, oldest first
	uint32_t half_prev;
	uint32_t half_open; // 1 + the list that it is in, 0: none
};

enum tftp_half {
	TFTP_HALF_STRANGERS = 0,
	TFTP_HALF_KNOWN = 1, // SESSION_KNOWN
	TFTP_HALF_COUNT,
};

struct tftp_half_list {
	uint32_t count;
	uint32_t first; // oldest
	uint32_t last;
};

struct tftp_table {
	struct tftp_session *sessions;
	uint32_t count;
	uint32_t bucket_mask;
	uint32_t *bucket;             // [bucket_mask + 1]
	uint32_t *free;               // [count], the first free_count are free
	struct tftp_table_link *link; // [count]
	uint32_t free_count;
	struct tftp_half_list half[TFTP_HALF_COUNT];
	uint64_t seed[2];
	uint64_t drawn; // random numbers drawn
};

// Memory for the arrays of a table of count sessions, a multiple of 8.
size_t tftp_table_size(uint32_t count);
void tftp_table_init(struct tftp_table *table, void *memory, struct tftp_session *sessions,
	uint32_t count, const uint64_t seed[2]);

// The live session with this peer, TFTP_TABLE_NONE: none.
uint32_t tftp_table_find(const struct tftp_table *table, uint32_t address, uint16_t port);

// A free session, each equally likely; TFTP_TABLE_NONE: all are in use. It stays free until
// tftp_table_insert.
uint32_t tftp_table_draw(struct tftp_table *table);

// Takes a session whose peer_address and peer_port are set into use. draw must have named it last.
void tftp_table_insert(struct tftp_table *table, uint32_t index);

// Takes over sessions after a restart: the free list becomes those whose state is SESSION_FREE, the
// others are entered. To be called once, on a table without sessions.
void tftp_table_adopt(struct tftp_table *table);

// Frees it; its state becomes SESSION_FREE.
void tftp_table_remove(struct tftp_table *table, uint32_t index);

// Strangers hold all the sessions that they may: a quarter.
static inline bool tftp_table_is_pressed(const struct tftp_table *table) {
	return table->half[TFTP_HALF_STRANGERS].count >= table->count / 4;
}

// Known machines come close to the half that they may hold.
static inline bool tftp_table_known_press(const struct tftp_table *table) {
	return table->half[TFTP_HALF_KNOWN].count >= table->count / 8 * 3;
}

// Half-open sessions in the order in which they became so. Both may be called in any state.
void tftp_table_set_half_open(struct tftp_table *table, uint32_t index);
void tftp_table_clear_half_open(struct tftp_table *table, uint32_t index);
