// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// CRC32C by the CPU's instruction where it has one, else by nibbles from a table of 16 entries. The
// choice is made per call: the test is one load of a flag that the compiler's runtime fills in.

#include "crc32c.h"

#include <string.h>

#define CRC32C_POLYNOMIAL 0x82f63b78u // reflected

static uint32_t step_nibble(uint32_t crc) {
	for (int bit = 0; bit < 4; bit++)
		crc = crc >> 1 ^ (crc & 1 ? CRC32C_POLYNOMIAL : 0);
	return crc;
}

static uint32_t update_portable(uint32_t crc, const uint8_t *data, size_t len) {
	uint32_t table[16];

	for (uint32_t i = 0; i < 16; i++)
		table[i] = step_nibble(i);
	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t update_sse42(
	uint32_t crc, const uint8_t *data, size_t len) {
	uint64_t wide = crc;

	for (; len >= 8; data += 8, len -= 8) {
		uint64_t word;

		memcpy(&word, data, sizeof(word));
		wide = __builtin_ia32_crc32di(wide, word);
	}
	crc = (uint32_t)wide;
	for (; len; data++, len--)
		crc = __builtin_ia32_crc32qi(crc, *data);
	return crc;
}

static uint32_t update(uint32_t crc, const uint8_t *data, size_t len) {
	if (__builtin_cpu_supports("sse4.2"))
		return update_sse42(crc, data, len);
	return update_portable(crc, data, len);
}
#else
static uint32_t update(uint32_t crc, const uint8_t *data, size_t len) {
	return update_portable(crc, data, len);
}
#endif

uint32_t crc32c(uint32_t crc, const void *data, size_t len) {
	return ~update(~crc, data, len);
}

uint32_t crc32c_portable(uint32_t crc, const void *data, size_t len) {
	return ~update_portable(~crc, data, len);
}
