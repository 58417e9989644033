// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The state region: what the dataplane tells everyone else. Made new at each start, or taken over
// from the process before, in which case only the TFTP sessions in it are read.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shm.h"
#include "shm_abi.h"

struct state_plan {
	uint16_t workers;
	uint32_t leases;
	uint16_t tid_first;
	uint16_t tid_last;
};

struct state {
	struct shm_map map;
	struct state_region *region;
	struct worker_block *workers;
	struct phase_block *phases;  // one per worker
	struct hist *sync;           // the journal's
	struct event_record *events; // EVENT_RING_SIZE records per worker
	struct lease_record *leases;
	struct tftp_session *sessions;
	_Atomic uint32_t *pins; // image_slot_count per worker
	_Atomic uint64_t *last_use;
	_Atomic uint64_t *wants;       // WANT_RING_SIZE per worker
	_Atomic uint64_t *hits;        // image_slot_count per worker
	struct capture_ring *captures; // one per worker
	_Atomic uint64_t *order_used;  // ORDER_SLOTS
	bool taken_over;               // sessions of the former process are in it
	uint8_t former_images[16];     // boot id of the images that they speak of
};

// Creates or takes over runtime_dir/state. The caller holds the instance's lock. 0 or -errno, why
// set.
int state_open(struct state *state, const char *runtime_dir, const struct state_plan *plan,
	char why[SHM_WHY_SIZE]);
void state_close(struct state *state);

// Stores the heartbeat; about once a second.
void state_beat(struct state *state);

// Tells whose images pins and sessions speak of from now on.
void state_set_images(struct state *state, const uint8_t boot_id[16]);

// Tells control and the command that publication generation was not taken, and why.
void state_set_refusal(struct state *state, uint64_t generation, const char *why);

// The slice of the session table that belongs to worker: sessions first to first + count - 1.
void state_slice(const struct state *state, uint16_t worker, uint32_t *first, uint32_t *count);
