// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Hashes for tables whose keys come from the network: seeded where an attacker chooses the keys of
// what is stored, unseeded (fnv) where control chooses them.

#pragma once

#include <stddef.h>
#include <stdint.h>

// SipHash-2-4 with a 128-bit key.
uint64_t hash_sip(const uint64_t key[2], const void *data, size_t len);

// FNV-1a, 64 bits, finished with a mix so that low bits are usable.
uint64_t hash_fnv(const void *data, size_t len);

// A bijective mix of 64 bits.
static inline uint64_t hash_mix(uint64_t x) {
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdULL;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ULL;
	return x ^ x >> 33;
}
