// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// CRC32C (Castagnoli) of records on disk and in shared memory; SSE 4.2 where the CPU has it.

#pragma once

#include <stddef.h>
#include <stdint.h>

// crc is 0 for the first part, the previous result for the next.
uint32_t crc32c(uint32_t crc, const void *data, size_t len);

// The same without the CPU's instruction; what crc32c falls back to.
uint32_t crc32c_portable(uint32_t crc, const void *data, size_t len);
