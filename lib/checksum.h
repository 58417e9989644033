// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The Internet checksum (RFC 1071) as a running 32-bit sum of 16-bit words in memory order.

#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Adds len bytes to sum, the first byte being at an even offset of the whole. An odd last byte is
// padded with zero, so only the last part of a datagram may be odd. The result is folded to 16 bits
// plus carries and can be passed on.
uint32_t checksum_add(uint32_t sum, const void *data, size_t len);

// The same for a header, whose length is a multiple of four bytes, below 64 KiB: a few additions in
// place of a call.
static inline uint32_t checksum_header(uint32_t sum, const void *header, size_t len) {
	uint64_t total = sum;
	uint32_t word;

	for (size_t at = 0; at < len; at += sizeof(word)) {
		memcpy(&word, (const uint8_t *)header + at, sizeof(word));
		total += word;
	}
	total = (total & 0xffff) + (total >> 16 & 0xffff) + (total >> 32);
	return (uint32_t)total;
}

// checksum_add over a copy: dst gets the bytes of src.
uint32_t checksum_copy(uint32_t sum, void *dst, const void *src, size_t len);

// Folds to 16 bits. The complement of the result is what a header carries, in memory order.
static inline uint16_t checksum_fold(uint32_t sum) {
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}
