// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A worker's event ring in the state region: single producer (the worker), single consumer
// (control). Full means that the event is lost and counted; the worker never waits.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clock.h"
#include "shm_abi.h"

struct events {
	struct worker_block *worker;  // event_head, event_lost
	struct event_record *ring;    // [EVENT_RING_SIZE]
	const _Atomic uint64_t *tail; // in the control region, untrusted; NULL: nobody listens
};

// Copies event (sequence is set here) and text, cut at EVENT_TEXT_MAX.
void events_push(
	struct events *events, const struct event_record *event, const void *text, size_t text_len);

// Consumer: copies the next event after *tail and advances it. False when there is none. Events
// that were overwritten while the consumer slept are skipped and counted in *lost.
bool events_pop(const struct worker_block *worker, const struct event_record *ring, uint64_t *tail,
	uint64_t *lost, struct event_record *event);

// Consumer: passes over all but the newest keep events without copying them. Returns how many.
uint64_t events_skip(const struct worker_block *worker, uint64_t *tail, uint64_t keep);
