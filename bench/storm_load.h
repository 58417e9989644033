// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the load engines share: the port's lane, a clock in cycles, and the account of a measured
// span of time.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "storm_clock.h"
#include "storm_lane.h"
#include "storm_report.h"
#include "storm_steal.h"
#include "storm_stop.h"

// Clients of one address differ by their port; a port's low bits say which it is.
#define STORM_LOAD_LANES      1024u
#define STORM_LOAD_TURNS      62u // ports that a client uses in turn
#define STORM_LOAD_FIRST_PORT 1024u

// A span that is measured.
struct storm_load_span {
	uint64_t begin_tsc, end_tsc;
	uint64_t busy_cycles; // of turns of the loop in which a frame came or went
	struct storm_steal steal;
};

static inline void storm_load_begin(struct storm_load_span *span) {
	*span = (struct storm_load_span){0};
	storm_steal_read(&span->steal);
	span->begin_tsc = rte_rdtsc();
}

static inline double storm_load_seconds(const struct storm_load_span *span) {
	return (double)(span->end_tsc - span->begin_tsc) / (double)rte_get_tsc_hz();
}

static inline uint64_t storm_load_cycles(uint64_t us) {
	return (uint64_t)((double)us * (double)rte_get_tsc_hz() / 1e6);
}

static inline uint16_t storm_load_get16(const uint8_t *p) {
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t storm_load_get32(const uint8_t *p) {
	return (uint32_t)storm_load_get16(p) << 16 | storm_load_get16(p + 2);
}

// seconds, steal, clock and how busy this program was; events: of what it counts.
void storm_load_report(struct storm_report *r, const struct storm_load_span *span,
	const char *events_name, uint64_t events);
