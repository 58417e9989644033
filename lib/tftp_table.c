// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The session table of the TFTP server. Every operation takes constant time but for the chain of a
// bucket, which is short because the key of the hash is secret. The number of a free session is
// drawn with SipHash in counter mode, so that a stranger cannot guess the TID of a transfer (S4).

#include "tftp_table.h"

#include "hash.h"

static uint32_t buckets_for(uint32_t count) {
	uint32_t buckets = 16;

	while (buckets < 2 * count)
		buckets *= 2;
	return buckets;
}

size_t tftp_table_size(uint32_t count) {
	size_t size = (size_t)count * (sizeof(struct tftp_table_link) + sizeof(uint32_t)) +
		      buckets_for(count) * sizeof(uint32_t);

	return (size + 7) & ~(size_t)7;
}

void tftp_table_init(struct tftp_table *table, void *memory, struct tftp_session *sessions,
	uint32_t count, const uint64_t seed[2]) {
	uint32_t buckets = buckets_for(count);

	*table = (struct tftp_table){
		.sessions = sessions,
		.count = count,
		.bucket_mask = buckets - 1,
		.link = memory,
		.free_count = count,
		.half = {{0, TFTP_TABLE_NONE, TFTP_TABLE_NONE},
			{0, TFTP_TABLE_NONE, TFTP_TABLE_NONE}},
		.seed = {seed[0], seed[1]},
	};
	table->free = (uint32_t *)(table->link + count);
	table->bucket = table->free + count;
	for (uint32_t i = 0; i < count; i++) {
		table->free[i] = i;
		table->link[i] = (struct tftp_table_link){.chain_next = TFTP_TABLE_NONE};
	}
	for (uint32_t i = 0; i < buckets; i++)
		table->bucket[i] = TFTP_TABLE_NONE;
}

static uint32_t *bucket_of(const struct tftp_table *table, uint32_t address, uint16_t port) {
	uint64_t key = (uint64_t)address << 16 | port;

	return &table->bucket[hash_sip(table->seed, &key, sizeof(key)) & table->bucket_mask];
}

uint32_t tftp_table_find(const struct tftp_table *table, uint32_t address, uint16_t port) {
	uint32_t index = *bucket_of(table, address, port);

	while (index != TFTP_TABLE_NONE) {
		const struct tftp_session *session = &table->sessions[index];

		if (session->peer_address == address && session->peer_port == port)
			break;
		index = table->link[index].chain_next;
	}
	return index;
}

// A number below bound: the high half of a product, without a division.
static uint32_t draw_below(struct tftp_table *table, uint32_t bound) {
	// The marker keeps these inputs apart from those of bucket_of, which are below 2^48.
	uint64_t input = table->drawn++ | 1ULL << 63;
	uint64_t random = hash_sip(table->seed, &input, sizeof(input));

	return (uint32_t)((unsigned __int128)random * bound >> 64);
}

uint32_t tftp_table_draw(struct tftp_table *table) {
	uint32_t *last;
	uint32_t at;
	uint32_t index;

	if (table->free_count == 0)
		return TFTP_TABLE_NONE;
	at = draw_below(table, table->free_count);
	last = &table->free[table->free_count - 1];
	index = table->free[at];
	table->free[at] = *last;
	*last = index;
	return index;
}

static void enter(struct tftp_table *table, uint32_t index) {
	const struct tftp_session *session = &table->sessions[index];
	uint32_t *bucket = bucket_of(table, session->peer_address, session->peer_port);

	table->link[index].chain_next = *bucket;
	*bucket = index;
}

void tftp_table_insert(struct tftp_table *table, uint32_t index) {
	table->free_count--;
	enter(table, index);
}

void tftp_table_adopt(struct tftp_table *table) {
	table->free_count = 0;
	for (uint32_t i = 0; i < table->count; i++)
		if (table->sessions[i].state == SESSION_FREE)
			table->free[table->free_count++] = i;
		else
			enter(table, i);
}

void tftp_table_remove(struct tftp_table *table, uint32_t index) {
	struct tftp_session *session = &table->sessions[index];
	uint32_t *at = bucket_of(table, session->peer_address, session->peer_port);

	while (*at != index)
		at = &table->link[*at].chain_next;
	*at = table->link[index].chain_next;
	tftp_table_clear_half_open(table, index);
	table->free[table->free_count++] = index;
	session->state = SESSION_FREE;
}

void tftp_table_set_half_open(struct tftp_table *table, uint32_t index) {
	bool known = table->sessions[index].flags & SESSION_KNOWN;
	struct tftp_half_list *list = &table->half[known];
	struct tftp_table_link *link = &table->link[index];

	if (link->half_open)
		return;
	link->half_open = 1 + known;
	link->half_next = TFTP_TABLE_NONE;
	link->half_prev = list->last;
	if (list->last == TFTP_TABLE_NONE)
		list->first = index;
	else
		table->link[list->last].half_next = index;
	list->last = index;
	list->count++;
}

void tftp_table_clear_half_open(struct tftp_table *table, uint32_t index) {
	struct tftp_table_link *link = &table->link[index];
	struct tftp_half_list *list;

	if (!link->half_open)
		return;
	list = &table->half[link->half_open - 1];
	link->half_open = 0;
	if (link->half_prev == TFTP_TABLE_NONE)
		list->first = link->half_next;
	else
		table->link[link->half_prev].half_next = link->half_next;
	if (link->half_next == TFTP_TABLE_NONE)
		list->last = link->half_prev;
	else
		table->link[link->half_next].half_prev = link->half_prev;
	list->count--;
}
