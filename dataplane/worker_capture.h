// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A worker's part of `rouse capture`: copies of frames go into its ring of the state region while
// the control region asks for them. Otherwise a pass costs two loads and a comparison for it, a
// burst one branch. The reason of a drop is the first counter of drops that grew while the frame
// was handled, so what counts needs to know nothing of captures.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "capture.h"
#include "stats.h"

#define WORKER_CAPTURE_OUT 64u // frames that leave in one burst, at most

struct rte_mbuf;
struct worker;

struct worker_capture {
	struct capture_ring *ring;
	uint64_t mac;         // whose frames; 0: everybody's
	int64_t unix_less_us; // the wall clock's lead over the boot-time clock, as it was at the
			      // begin
	int64_t unix_ns;      // of the burst
	uint64_t drafted;     // number + 1 of the record of the frame that is handled; 0: none
	uint64_t handed_over; // as counted before it
	uint16_t wanted[WORKER_CAPTURE_OUT + 1]; // of so many first frames of a burst that leaves
	uint16_t reason_count;
	uint8_t reason[STAT_COUNT]; // the counters that say why a frame got no answer
	uint64_t seen[STAT_COUNT];  // what they said when they were looked at last
	bool behind;                // frames were handled since then
};

void worker_capture_init(struct worker *w, struct capture_ring *ring);

// Once a pass: whether frames are to be copied in it.
bool worker_capture_wanted(struct worker *w);

// The rest is for a worker that is capturing. In front of a burst: what was counted until here is
// not about its frames.
void worker_capture_begin(struct worker *w);

// A frame comes in, is handled, and has got its answer or its reason. handed_on: its tag was taken
// out by the worker that received it.
void worker_capture_in(
	struct worker *w, uint16_t port, const struct rte_mbuf *mbuf, bool handed_on);
void worker_capture_handled(struct worker *w);

// What a DHCP message is kept with until it is answered: its record. Then, whether or not it was
// captured, that it has been.
uint64_t worker_capture_record(const struct worker *w);
void worker_capture_answered(struct worker *w, uint64_t record);

// Frames are about to leave by a port; of which it has taken the first sent.
void worker_capture_out(
	struct worker *w, uint16_t port, struct rte_mbuf *const *mbufs, uint16_t count);
void worker_capture_sent(struct worker *w, uint16_t sent);

// The same of frames that are dropped instead.
void worker_capture_unsent(struct worker *w, uint16_t port, struct rte_mbuf *const *mbufs,
	uint16_t count, enum rouse_stat why);
