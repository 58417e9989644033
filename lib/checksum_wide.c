// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Lanes of 32 bits take 16-bit words, so none overflows below 2^16 steps; a part is far shorter.
// The CPU is asked per call: one load of a flag that the compiler's runtime fills in.

#include "checksum_wide.h"

#define STEP_BYTES 64u
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

AVX2 static uint64_t add_avx2(uint8_t *to, const uint8_t *from, size_t len) {
	__m256i even = _mm256_setzero_si256(), odd = even;

	for (size_t at = 0; at < len; at += STEP_BYTES) {
		__m256i first = _mm256_loadu_si256((const __m256i *)(from + at));
		__m256i second = _mm256_loadu_si256((const __m256i *)(from + at + 32));

		if (to) {
			_mm256_storeu_si256((__m256i *)(to + at), first);
			_mm256_storeu_si256((__m256i *)(to + at + 32), second);
		}
		even = add_words(even, first);
		odd = add_words(odd, second);
	}
	return sum_of_lanes(even) + sum_of_lanes(odd);
}

size_t checksum_wide_part(size_t len) {
	if (len < PART_MIN || len > PART_MAX || !__builtin_cpu_supports("avx2"))
		return 0;
	return len - len % STEP_BYTES;
}

uint64_t checksum_wide(uint8_t *to, const uint8_t *from, size_t len) {
	return add_avx2(to, from, len);
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
