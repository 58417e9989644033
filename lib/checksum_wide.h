// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The parts of checksum.c: sums of many bytes at a time, and the plain sum that tests hold against
// it.

#pragma once

#include <stddef.h>
#include <stdint.h>

// How many of the first of len bytes checksum_wide takes on this CPU: a multiple of its step, or 0.
size_t checksum_wide_part(size_t len);

// The sum of len bytes as 16-bit words in memory order, not folded, below 2^48. to: where they are
// copied, or NULL. len: what checksum_wide_part has returned.
uint64_t checksum_wide(uint8_t *to, const uint8_t *from, size_t len);

// checksum_add and, where `to` is not NULL, checksum_copy as on a CPU without wide registers.
uint32_t checksum_add_narrow(uint32_t sum, void *to, const void *from, size_t len);
