// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// RFC 1071. Words are added in memory order, eight bytes at a time, with the carry brought round: a
// 64-bit one's complement sum folds to the 16-bit one. The order of bytes does not matter to it. A
// block of a file is summed 64 bytes at a time where the CPU has AVX2: the sum then costs less than
// to remember it would.

#include "checksum.h"

#include "checksum_wide.h"

static uint32_t fold64(uint64_t sum) {
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	return checksum_fold((uint32_t)sum);
}

static inline uint64_t add_word(uint64_t sum, uint64_t word) {
	sum += word;
	return sum + (sum < word);
}

static uint64_t add_tail(uint64_t sum, const uint8_t *data, size_t len) {
	uint64_t word;
	uint16_t half;

	if (len >= sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		sum = add_word(sum, word);
		data += sizeof(word);
		len -= sizeof(word);
	}
	for (; len >= 2; data += 2, len -= 2) {
		memcpy(&half, data, sizeof(half));
		sum = add_word(sum, half);
	}
	if (len) {
		half = 0;
		memcpy(&half, data, 1);
		sum = add_word(sum, half);
	}
	return sum;
}

// to: where the bytes are copied, or NULL. Two sums, as each step waits for the one before.
static inline uint64_t add_narrow(uint64_t sum, uint8_t *to, const uint8_t *from, size_t len) {
	uint64_t even = sum, odd = 0, word[2];

	for (; len >= sizeof(word); from += sizeof(word), len -= sizeof(word)) {
		memcpy(word, from, sizeof(word));
		if (to) {
			memcpy(to, word, sizeof(word));
			to += sizeof(word);
		}
		even = add_word(even, word[0]);
		odd = add_word(odd, word[1]);
	}
	if (to && len)
		memcpy(to, from, len);
	return add_tail(add_word(even, odd), from, len);
}

static inline uint32_t add(uint32_t sum, uint8_t *to, const uint8_t *from, size_t len) {
	size_t wide = checksum_wide_part(len);
	uint64_t total = sum;

	if (wide)
		total += checksum_wide(to, from, wide);
	return fold64(add_narrow(total, to ? to + wide : NULL, from + wide, len - wide));
}

uint32_t checksum_add_narrow(uint32_t sum, void *to, const void *from, size_t len) {
	return fold64(add_narrow(sum, to, from, len));
}

uint32_t checksum_add(uint32_t sum, const void *data, size_t len) {
	return add(sum, NULL, data, len);
}

uint32_t checksum_copy(uint32_t sum, void *dst, const void *src, size_t len) {
	return add(sum, dst, src, len);
}
