// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "lease_pool.h"

#include <string.h>

static void set_bit(uint64_t *words, uint32_t bit, bool value) {
	uint64_t mask = 1ULL << bit % 64;

	words[bit / 64] = value ? words[bit / 64] | mask : words[bit / 64] & ~mask;
}

static bool get_bit(const uint64_t *words, uint32_t bit) {
	return words[bit / 64] >> bit % 64 & 1;
}

// What cannot be given out of 64 addresses.
static uint64_t busy(const struct lease_pools *pools, uint32_t word, bool remembered) {
	uint64_t bits =
		pools->held.word[word] | pools->blocked.word[word] | pools->unproven.word[word];

	return remembered ? bits : bits | pools->remembered.word[word];
}

// A word belongs to one pool.
static void summarise(struct lease_pools *pools, const struct lease_pool *pool, uint32_t word) {
	bool full = busy(pools, word, false) == UINT64_MAX;
	bool full_at_all = busy(pools, word, true) == UINT64_MAX;

	for (int known = 0; known < 2; known++) {
		bool closed = !lease_pool_is_for(pool, known);

		set_bit(pools->full[known].word, word, closed || full);
		set_bit(pools->full_at_all[known].word, word, closed || full_at_all);
	}
}

// Bitmaps are cleared as they come into use: a table is made and a policy taken in the time that
// its pools take, not in that of the largest ones.
static void clear_words(struct lease_pools *pools, uint32_t first, uint32_t count, bool unproven) {
	size_t bytes = count * sizeof(uint64_t);

	memset(&pools->held.word[first], 0, bytes);
	memset(&pools->remembered.word[first], 0, bytes);
	memset(&pools->blocked.word[first], 0, bytes);
	memset(&pools->unproven.word[first], unproven ? 0xff : 0, bytes);
}

static void add_pool(struct lease_pools *pools, const struct policy_pool *pool, bool unproven) {
	uint64_t size = (uint64_t)pool->last - pool->first + 1;
	uint64_t room = (uint64_t)(LEASE_POOL_WORDS - pools->words) * 64;
	uint32_t words, last_word;

	if (pools->count == LEASE_POOLS_MAX || !room)
		return;
	if (size > room)
		size = room;
	pools->pool[pools->count++] = (struct lease_pool){
		.first = pool->first,
		.last = (uint32_t)(pool->first + size - 1),
		.bit = pools->words * 64,
		.subnet = pool->subnet,
		.users = pool->users,
	};
	words = (uint32_t)((size + 63) / 64);
	clear_words(pools, pools->words, words, unproven);
	pools->words += words;
	last_word = pools->words - 1;
	if (size % 64)
		pools->blocked.word[last_word] |= UINT64_MAX << size % 64;
}

// The first word that belongs to the next pool.
static uint32_t word_behind(const struct lease_pools *pools, uint32_t pool) {
	return pool + 1 == pools->count ? pools->words : pools->pool[pool + 1].bit / 64;
}

static void summarise_pool(struct lease_pools *pools, uint32_t pool) {
	for (uint32_t word = pools->pool[pool].bit / 64; word < word_behind(pools, pool); word++)
		summarise(pools, &pools->pool[pool], word);
}

void lease_pools_init(struct lease_pools *pools, const struct policy *policy, bool unproven) {
	pools->count = pools->words = 0;
	for (uint32_t i = 0; i < policy->count[POLICY_POOLS]; i++)
		add_pool(pools, &policy->pools[i], unproven);
	for (uint32_t i = 0; i < pools->count; i++)
		summarise_pool(pools, i);
}

struct lease_pool *lease_pools_of(struct lease_pools *pools, uint32_t address) {
	uint32_t low = 0, high = pools->count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (pools->pool[middle].last < address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == pools->count || pools->pool[low].first > address)
		return NULL;
	return &pools->pool[low];
}

void lease_pools_mark(struct lease_pools *pools, uint32_t address, enum lease_use use) {
	const struct lease_pool *pool = lease_pools_of(pools, address);
	uint32_t bit;

	if (!pool)
		return;
	bit = pool->bit + (address - pool->first);
	set_bit(pools->held.word, bit, use == LEASE_USE_HELD);
	set_bit(pools->remembered.word, bit, use == LEASE_USE_REMEMBERED);
	summarise(pools, pool, bit / 64);
}

void lease_pools_block(struct lease_pools *pools, uint32_t address) {
	const struct lease_pool *pool = lease_pools_of(pools, address);
	uint32_t bit;

	if (!pool)
		return;
	bit = pool->bit + (address - pool->first);
	set_bit(pools->blocked.word, bit, true);
	summarise(pools, pool, bit / 64);
}

void lease_pools_prove(struct lease_pools *pools, uint32_t address) {
	const struct lease_pool *pool = lease_pools_of(pools, address);
	uint32_t bit;

	if (!pool)
		return;
	bit = pool->bit + (address - pool->first);
	set_bit(pools->unproven.word, bit, false);
	summarise(pools, pool, bit / 64);
}

bool lease_pools_blocked(struct lease_pools *pools, uint32_t address) {
	const struct lease_pool *pool = lease_pools_of(pools, address);

	return pool && get_bit(pools->blocked.word, pool->bit + (address - pool->first));
}

bool lease_pools_can_have(struct lease_pools *pools, uint32_t address) {
	const struct lease_pool *pool = lease_pools_of(pools, address);
	uint32_t bit;

	if (!pool)
		return false;
	bit = pool->bit + (address - pool->first);
	return !get_bit(pools->held.word, bit) && !get_bit(pools->blocked.word, bit);
}

// The first word in [from, to) that is not full, or to.
static uint32_t next_word(const struct lease_summary *full, uint32_t from, uint32_t to) {
	while (from < to) {
		uint64_t open = ~full->word[from / 64] & UINT64_MAX << from % 64;

		if (open) {
			uint32_t word = from / 64 * 64 + (uint32_t)__builtin_ctzll(open);

			return word < to ? word : to;
		}
		from = (from / 64 + 1) * 64;
	}
	return to;
}

static uint32_t address_of(
	const struct lease_pools *pools, struct policy_range range, uint32_t bit) {
	uint32_t low = range.first, high = range.first + range.count;

	while (high - low > 1) {
		uint32_t middle = (low + high) / 2;

		if (pools->pool[middle].bit <= bit)
			low = middle;
		else
			high = middle;
	}
	return pools->pool[low].first + (bit - pools->pool[low].bit);
}

uint32_t lease_pools_find(const struct lease_pools *pools, struct policy_range range, uint64_t hash,
	bool known, bool remembered) {
	const struct lease_summary *full =
		remembered ? &pools->full_at_all[known] : &pools->full[known];
	uint32_t first, last, start, word;
	uint64_t free_bits = 0;

	if (range.first >= pools->count || !range.count)
		return 0;
	if (range.count > pools->count - range.first)
		range.count = pools->count - range.first;
	first = pools->pool[range.first].bit / 64;
	last = word_behind(pools, range.first + range.count - 1);
	start = first + (uint32_t)((hash >> 6) % (last - first));
	// The rest of the word where the search begins, then all words up to it again, and it as a
	// whole.
	if (!get_bit(full->word, start))
		free_bits = ~busy(pools, start, remembered) & UINT64_MAX << hash % 64;
	if (free_bits)
		return address_of(pools, range, start * 64 + (uint32_t)__builtin_ctzll(free_bits));
	word = next_word(full, start + 1, last);
	if (word == last) {
		word = next_word(full, first, start + 1);
		if (word == start + 1)
			return 0;
	}
	free_bits = ~busy(pools, word, remembered);
	return address_of(pools, range, word * 64 + (uint32_t)__builtin_ctzll(free_bits));
}
