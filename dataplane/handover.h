// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Frames that arrived at a worker they do not belong to go to their owner over rings with one
// producer and one consumer each. The frame's port travels in mbuf->port (index among our ports).

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "shm_abi.h"

#define HANDOVER_RING 512u

struct rte_mbuf;
struct rte_ring;

struct handover {
	uint16_t workers;
	struct rte_ring *ring[ROUSE_MAX_WORKERS][ROUSE_MAX_WORKERS]; // [from][to]
};

// Rings between all pairs of workers. 0 or -errno.
int handover_init(struct handover *handover, uint16_t workers);
void handover_fini(struct handover *handover);

// False: the ring is full, the frame stays the caller's.
bool handover_give(struct handover *handover, uint16_t from, uint16_t to, struct rte_mbuf *mbuf);

// Frames handed to this worker, at most max.
uint16_t handover_take(
	struct handover *handover, uint16_t worker, struct rte_mbuf **mbufs, uint16_t max);

// Whether something waits for this worker.
bool handover_pending(const struct handover *handover, uint16_t worker);
