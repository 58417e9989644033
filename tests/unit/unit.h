// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What every unit test includes: cmocka and the headers that it forgets.

#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

// Fails naming the case of a table-driven test.
#define assert_case(name, condition)                                                               \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail_msg("case %s: %s", name, #condition);                                 \
	} while (0)

// A pseudo-random sequence that is the same everywhere: xorshift64*.
static inline uint64_t unit_random(uint64_t *state) {
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

// A copy of exactly len bytes on the heap, so that ASan sees a read beyond the end.
static inline uint8_t *unit_exact(const void *data, size_t len) {
	uint8_t *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	if (len)
		memcpy(copy, data, len);
	return copy;
}
