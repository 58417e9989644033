// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the builder, the validation and the look-ups must agree on: the hash of each kind of key and
// the forms of a name. Only policy*.c include it.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "crc32c.h"
#include "hash.h"
#include "policy.h"

// Home of a key is hash & (count - 1); entries follow it, wrapping, until an empty one or
// POLICY_PROBE_MAX steps. The keys in a table are control's choice, so no seed is needed and a CRC
// does for names: 50,000 of them are validated in 16 to 35 ms, with FNV it took 42 to 55.
static inline uint64_t policy_hash_mac(const uint8_t mac[6]) {
	uint64_t key = 0;

	memcpy(&key, mac, 6);
	return hash_mix(key ^ 0x9e3779b97f4a7c15ULL);
}

static inline uint64_t policy_hash_address(uint32_t address) {
	return hash_mix(address ^ 0xbf58476d1ce4e5b9ULL);
}

static inline uint64_t policy_hash_name(uint32_t node, const char *name, size_t len) {
	return hash_mix(crc32c(0, name, len) ^ node * 0x9e3779b97f4a7c15ULL);
}

// The folded form: ASCII lower case, \ as /.
static inline char policy_fold(char c) {
	if (c == '\\')
		return '/';
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static inline bool policy_same_folded(const char *path, const char *folded, size_t len) {
	for (size_t i = 0; i < len; i++)
		if (policy_fold(path[i]) != folded[i])
			return false;
	return true;
}

// One exact and one folded look-up, in one node's names. name and folded are at most
// POLICY_NAME_MAX bytes in plain form. The folded one is POLICY_AMBIGUOUS when two names have that
// form.
const struct policy_name *policy_find_exact(
	const struct policy *policy, uint32_t node, const char *name, size_t len);
enum policy_lookup policy_find_folded(const struct policy *policy, uint32_t node,
	const char *folded, size_t len, const struct policy_name **found);
