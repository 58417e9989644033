// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A bucket is a cache line of eight words; a word is the whole of a machine, so that readers on
// other processors see one or another, and never half of each: 48 bits of MAC address, 8 of flags,
// 8 of age. No MAC address of a client is zero, so a word of 0 is an empty one.

#include "seen.h"

#include <stdatomic.h>

#include "hash.h"

#define WAYS    8u
#define BUCKETS (SEEN_ENTRIES / WAYS)

#define MAC_MASK      ((1ull << 48) - 1)
#define FLAG_AHEAD    (1ull << 48)
#define FLAG_BEARS_NO (1ull << 49)
#define AGE_SHIFT     56
#define AGE_US        (60u * 1000000u) // a unit of age; 256 of them are four hours

struct seen_table {
	_Alignas(64) _Atomic uint64_t word[BUCKETS][WAYS];
	uint64_t seed[2];
};

size_t seen_size(void) {
	return sizeof(struct seen_table);
}

struct seen_table *seen_init(void *memory, const uint64_t seed[2]) {
	struct seen_table *table = memory;

	for (uint32_t i = 0; i < BUCKETS; i++)
		for (uint32_t k = 0; k < WAYS; k++)
			atomic_init(&table->word[i][k], 0);
	table->seed[0] = seed[0];
	table->seed[1] = seed[1];
	return table;
}

static uint64_t number_of(const uint8_t mac[6]) {
	uint64_t number = 0;

	for (int i = 0; i < 6; i++)
		number = number << 8 | mac[i];
	return number;
}

static uint32_t bucket_of(const struct seen_table *table, const uint8_t mac[6]) {
	return (uint32_t)hash_sip(table->seed, mac, 6) % BUCKETS;
}

static uint64_t load(const struct seen_table *table, uint32_t bucket, uint32_t way) {
	return atomic_load_explicit(&table->word[bucket][way], memory_order_relaxed);
}

// The machine's place in its bucket, or WAYS.
static uint32_t find(const struct seen_table *table, uint32_t bucket, uint64_t mac) {
	uint32_t way;

	for (way = 0; way < WAYS; way++)
		if ((load(table, bucket, way) & MAC_MASK) == mac)
			break;
	return way;
}

// An empty place, or that of the machine heard longest ago.
static uint32_t place_for_new(const struct seen_table *table, uint32_t bucket, uint8_t now) {
	uint32_t best = 0, best_age = 0;

	for (uint32_t way = 0; way < WAYS; way++) {
		uint64_t word = load(table, bucket, way);
		uint8_t age = (uint8_t)(now - (uint8_t)(word >> AGE_SHIFT));

		if (!word)
			return way;
		if (age < best_age)
			continue;
		best = way;
		best_age = age;
	}
	return best;
}

void seen_note(
	struct seen_table *table, const uint8_t mac[6], bool send_ahead, struct rouse_now now) {
	uint64_t number = number_of(mac), word;
	uint32_t bucket = bucket_of(table, mac), way = find(table, bucket, number);
	uint8_t age = (uint8_t)(now.us / AGE_US);

	if (way == WAYS) {
		way = place_for_new(table, bucket, age);
		atomic_store_explicit(&table->word[bucket][way],
			number | (send_ahead ? FLAG_AHEAD : 0) | (uint64_t)age << AGE_SHIFT,
			memory_order_relaxed);
		return;
	}
	// Another worker may say meanwhile that it does not bear it.
	word = load(table, bucket, way);
	while (!atomic_compare_exchange_weak_explicit(&table->word[bucket][way], &word,
		number | (word & FLAG_BEARS_NO) | (send_ahead ? FLAG_AHEAD : 0) |
			(uint64_t)age << AGE_SHIFT,
		memory_order_relaxed, memory_order_relaxed))
		;
}

bool seen_find(const struct seen_table *table, const uint8_t mac[6], struct seen_machine *machine) {
	uint64_t number = number_of(mac);
	uint32_t bucket = bucket_of(table, mac);

	for (uint32_t way = 0; way < WAYS; way++) {
		uint64_t word = load(table, bucket, way);

		if ((word & MAC_MASK) != number || !number)
			continue;
		machine->send_ahead = word & FLAG_AHEAD && !(word & FLAG_BEARS_NO);
		return true;
	}
	return false;
}

void seen_stop_ahead(struct seen_table *table, const uint8_t mac[6]) {
	uint64_t number = number_of(mac);
	uint32_t bucket = bucket_of(table, mac), way = find(table, bucket, number);
	uint64_t word;

	if (way == WAYS || !number)
		return;
	word = load(table, bucket, way);
	while ((word & MAC_MASK) == number &&
		!atomic_compare_exchange_weak_explicit(&table->word[bucket][way], &word,
			word | FLAG_BEARS_NO, memory_order_relaxed, memory_order_relaxed))
		;
}
