// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// RFC 1071. Words are added in memory order eight bytes at a time into a 64-bit sum, which cannot
// overflow below 2^32 words; the order of bytes does not matter to a one's complement sum.

#include "checksum.h"

static uint32_t fold64(uint64_t sum) {
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	return checksum_fold((uint32_t)sum);
}

static uint64_t add_tail(uint64_t sum, const uint8_t *data, size_t len) {
	uint16_t half;

	for (; len >= 2; data += 2, len -= 2) {
		memcpy(&half, data, sizeof(half));
		sum += half;
	}
	if (len) {
		half = 0;
		memcpy(&half, data, 1);
		sum += half;
	}
	return sum;
}

uint32_t checksum_add(uint32_t sum, const void *data, size_t len) {
	const uint8_t *at = data;
	uint64_t wide = sum;

	for (; len >= 8; at += 8, len -= 8) {
		uint32_t word[2];

		memcpy(word, at, sizeof(word));
		wide += (uint64_t)word[0] + word[1];
	}
	return fold64(add_tail(wide, at, len));
}

uint32_t checksum_copy(uint32_t sum, void *dst, const void *src, size_t len) {
	const uint8_t *from = src;
	uint8_t *to = dst;
	uint64_t wide = sum;

	for (; len >= 8; from += 8, to += 8, len -= 8) {
		uint32_t word[2];

		memcpy(word, from, sizeof(word));
		memcpy(to, word, sizeof(word));
		wide += (uint64_t)word[0] + word[1];
	}
	if (len)
		memcpy(to, from, len);
	return fold64(add_tail(wide, to, len));
}
