// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The builder's work area, between policy_build.c (collects) and policy_layout.c (lays out).

#pragma once

#include "policy_build.h"

// Where equal bytes are looked for. Direct-mapped: what falls out is stored twice, which costs room
// and nothing else.
#define POLICY_SHARED_ENTRIES 65536u

struct policy_record {
	uint32_t section; // enum policy_section_id
	uint32_t size;    // bytes that follow
};

static inline size_t policy_record_step(const struct policy_record *record) {
	return sizeof(*record) + (((size_t)record->size + 7) & ~(size_t)7);
}

struct policy_builder {
	struct policy_globals globals;
	struct policy_ref runtime_dir;
	struct policy_ref state_dir;
	bool has_globals;
	int error; // the first one; why says more
	char why[256];
	uint32_t count[POLICY_SECTION_COUNT];
	uint8_t *bytes;
	uint8_t *records; // struct policy_record with its bytes, padded to 8, again and again
	size_t area_size; // of each of the two
	size_t records_len;
	struct policy_ref shared[POLICY_SHARED_ENTRIES];
};
