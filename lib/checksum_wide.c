// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Lanes of 32 bits take 16-bit words, so none overflows below 2^16 steps; a part is far shorter.
// The CPU is asked per call: one load of a flag that the compiler's runtime fills in.

#include "checksum_wide.h"

#include <stdbool.h>

#define STEP_BYTES 32u
#define PART_MIN   128u // below it setting up costs more than it saves
#define PART_MAX   65536u

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline __m256i add_words(__m256i lanes, __m256i words) {
	__m256i low = _mm256_and_si256(words, _mm256_set1_epi32(0xffff));
	__m256i high = _mm256_srli_epi32(words, 16);

	return _mm256_add_epi32(lanes, _mm256_add_epi32(low, high));
}

AVX2 static inline uint64_t sum_of_lanes(__m256i lanes) {
	uint32_t lane[8];
	uint64_t sum = 0;

	_mm256_storeu_si256((__m256i *)lane, lanes);
	for (int i = 0; i < 8; i++)
		sum += lane[i];
	return sum;
}

AVX2 static inline __m256i take(uint8_t *to, const uint8_t *from, size_t at, bool copies) {
	__m256i words = _mm256_loadu_si256((const __m256i *)(from + at));

	if (copies)
		_mm256_storeu_si256((__m256i *)(to + at), words);
	return words;
}

// Inlined where copies is a constant, so that the loop does not ask. Two sums, as each step waits
// for the one before.
AVX2 static inline __attribute__((always_inline)) uint64_t add_avx2(
	uint8_t *to, const uint8_t *from, size_t len, bool copies) {
	__m256i even = _mm256_setzero_si256(), odd = even;
	size_t at, pairs = len - len % (2 * STEP_BYTES);

	for (at = 0; at < pairs; at += 2 * STEP_BYTES) {
		even = add_words(even, take(to, from, at, copies));
		odd = add_words(odd, take(to, from, at + STEP_BYTES, copies));
	}
	if (at < len)
		even = add_words(even, take(to, from, at, copies));
	return sum_of_lanes(_mm256_add_epi32(even, odd));
}

size_t checksum_wide_part(size_t len) {
	if (len < PART_MIN || len > PART_MAX || !__builtin_cpu_supports("avx2"))
		return 0;
	return len - len % STEP_BYTES;
}

AVX2 static uint64_t sum_avx2(const uint8_t *from, size_t len) {
	return add_avx2(NULL, from, len, false);
}

AVX2 static uint64_t copy_avx2(uint8_t *to, const uint8_t *from, size_t len) {
	return add_avx2(to, from, len, true);
}

uint64_t checksum_wide(uint8_t *to, const uint8_t *from, size_t len) {
	return to ? copy_avx2(to, from, len) : sum_avx2(from, len);
}
#else
size_t checksum_wide_part(size_t len) {
	(void)len;
	return 0;
}

uint64_t checksum_wide(uint8_t *to, const uint8_t *from, size_t len) {
	(void)to, (void)from, (void)len;
	return 0;
}
#endif
