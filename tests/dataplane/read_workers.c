// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Prints what the workers have counted so far, a line for each: cycles with work, cycles without,
// DATA sent, frames handed over, frames dropped because the link was down, orders marked as used.
// usage: read-workers RUNTIME_DIR

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "shm.h"
#include "stats.h"

static uint64_t load(const _Atomic uint64_t *at) {
	return atomic_load_explicit(at, memory_order_relaxed);
}

int main(int argc, char **argv) {
	char path[PATH_MAX], why[SHM_WHY_SIZE] = "";
	const struct state_region *state;
	const struct worker_block *worker;
	struct shm_map map;

	snprintf(path, sizeof(path), "%s/state", argc > 1 ? argv[1] : ".");
	if (shm_open_region(path, ROUSE_REGION_STATE, false, &map, why) < 0) {
		fprintf(stderr, "read-workers: %s: %s\n", path, why);
		return 1;
	}
	state = map.base;
	worker = (const void *)((const uint8_t *)map.base + state->workers_offset);
	for (uint32_t i = 0; i < state->worker_count; i++)
		printf("%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
		       "\n",
			load(&worker[i].busy_cycles), load(&worker[i].idle_cycles),
			load(&worker[i].counter[STAT_TFTP_DATA]),
			load(&worker[i].counter[STAT_HANDOVER]),
			load(&worker[i].counter[STAT_TX_LINK_DOWN]),
			load(&worker[i].counter[STAT_TFTP_ORDERS_USED]));
	shm_unmap(&map);
	return 0;
}
