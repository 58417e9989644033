// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A token bucket as a point in time (GCRA, the virtual scheduling of ITU-T I.371): at_ns is when
// the bucket would be empty of debt. A frame may leave while that lies no more than the burst ahead
// of now, and moves it by the time that the frame takes at the rate. No division per frame.

#pragma once

#include <stdbool.h>
#include <stdint.h>

// On the wire beside the payload of UDP: preamble and gap 20, Ethernet 14 + 4, IPv4 20, UDP 8.
#define PACE_WIRE_OVERHEAD 66u

// Of a rate this share is left to others on the same cable, in 1/32.
#define PACE_HEADROOM 1u

// The time that a datagram of payload bytes takes, a little below rate_bps. At least 1, at most
// UINT32_MAX ns. rate_bps is not 0.
static inline uint32_t pace_frame_ns(uint64_t rate_bps, uint32_t payload) {
	uint64_t bits = (payload + PACE_WIRE_OVERHEAD) * 8ull;
	uint64_t ns = bits * 1000000000ull / rate_bps;

	ns += ns * PACE_HEADROOM / 32;
	return ns == 0 ? 1 : ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
}

// Whether a frame may leave now; burst_ns: how far ahead of the rate it may be.
static inline bool pace_ready(uint64_t at_ns, uint64_t burst_ns, uint64_t now_ns) {
	return at_ns <= now_ns + burst_ns;
}

// at_ns after a frame that takes frame_ns has left.
static inline uint64_t pace_take(uint64_t at_ns, uint64_t frame_ns, uint64_t now_ns) {
	return (at_ns > now_ns ? at_ns : now_ns) + frame_ns;
}
