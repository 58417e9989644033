// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Every counter of the dataplane, defined once in stats.def: name, what it means, what the operator
// should do. Struct, command, metrics and manual come from there.

#pragma once

#include <stdatomic.h>

#include <stdbool.h>
#include <stdint.h>

enum stat_kind {
	STAT_KIND_COUNT, // something that happened
	STAT_KIND_DROP,  // a packet that got no answer; the total of drops is the sum of these
};

enum rouse_stat {
#define STAT(name, kind, meaning, action) STAT_##name,
#include "stats.def"
#undef STAT
	STAT_COUNT
};

#define ROUSE_STAT_MAX 192 // room in struct worker_block, so that a new counter moves nothing

struct stat_info {
	const char *name; // as in stats.def; printed in lower case
	enum stat_kind kind;
	const char *meaning;
	const char *action; // what the operator should do; "" for nothing
};

extern const struct stat_info stat_info[STAT_COUNT];

// CRC32C over names and kinds in their order: what two builds must share to mean the same counters.
uint32_t stat_names_crc(void);

_Static_assert((int)STAT_COUNT <= ROUSE_STAT_MAX, "raise ROUSE_STAT_MAX and ROUSE_ABI_VERSION");

// The counters of one worker. One writer: relaxed load and store, no locked instruction.
struct stats {
	_Atomic uint64_t *counter; // [ROUSE_STAT_MAX], the worker's own lines
};

static inline void stat_add(const struct stats *stats, enum rouse_stat stat, uint64_t n) {
	_Atomic uint64_t *counter = &stats->counter[stat];

	__atomic_store_n((uint64_t *)counter,
		__atomic_load_n((uint64_t *)counter, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
}

// For the writer's own use.
static inline uint64_t stat_get(const struct stats *stats, enum rouse_stat stat) {
	return atomic_load_explicit(&stats->counter[stat], memory_order_relaxed);
}

static inline void stat_inc(const struct stats *stats, enum rouse_stat stat) {
	stat_add(stats, stat, 1);
}
