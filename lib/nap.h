// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// When a worker that has emptied its queues waits a little although frames will come sooner, as a
// network card does that moderates its interrupts: a wake for each frame costs more than the frame.
// It goes by what came lately. Not while a transfer runs: many in lock-step would take a seventh of
// the processor time less, but be as much slower. Pure; each worker has one.
//
// A single quiet span does not end it: in poll the worker would be woken onto the sender's processor
// (dataplane/turn.h).

#pragma once

#include <stdint.h>

#define NAP_US      300u // a nap
#define NAP_SPAN_US 500u // frames are counted over so long
#define NAP_FRAMES  4u   // that come in one span, 8,000 a second, make naps pay
#define NAP_WEIGHT  8u   // of the spans before against the last

struct nap {
	uint64_t span_us; // when the span began
	uint32_t count;   // frames since then
	uint32_t rate;    // NAP_WEIGHT times the frames that came in NAP_SPAN_US lately
};

// Counts frames that came in by a pass at now_us.
static inline void nap_count(struct nap *nap, uint32_t frames, uint64_t now_us) {
	uint64_t spent_us = now_us - nap->span_us;

	nap->count += frames;
	if (spent_us < NAP_SPAN_US)
		return;
	if (spent_us >= NAP_WEIGHT * NAP_SPAN_US)
		nap->rate = 0;
	nap->rate -= nap->rate / NAP_WEIGHT;
	nap->rate += (uint32_t)((uint64_t)nap->count * NAP_SPAN_US / spent_us);
	nap->count = 0;
	nap->span_us = now_us;
}

// How long to nap at now_us with so many transfers open; 0: not at all.
static inline uint32_t nap_us(const struct nap *nap, uint32_t transfers, uint64_t now_us) {
	if (transfers || nap->rate < NAP_WEIGHT * NAP_FRAMES ||
		now_us - nap->span_us >= NAP_WEIGHT * NAP_SPAN_US)
		return 0;
	return NAP_US;
}
