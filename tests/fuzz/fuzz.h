// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What every fuzz target includes.

#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Stops the run when an invariant does not hold.
#define FUZZ_ASSERT(condition)                                                                     \
	do {                                                                                       \
		if (!(condition))                                                                  \
			__builtin_trap();                                                          \
	} while (0)

// A copy of exactly size bytes on the heap: a read beyond its end is seen by ASan, which the
// fuzzer's own larger buffer would hide.
static inline uint8_t *fuzz_exact(const uint8_t *data, size_t size) {
	uint8_t *copy = malloc(size ? size : 1);

	FUZZ_ASSERT(copy);
	if (size)
		memcpy(copy, data, size);
	return copy;
}
