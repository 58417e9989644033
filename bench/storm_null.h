// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The yardstick of a TFTP server on a DPDK port: the same frames, the same copy, no protocol.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "storm_steal.h"

struct port;

struct storm_null_settings {
	const uint8_t *file; // at least one block
	uint64_t size;
	uint16_t blksize;
	uint16_t sessions; // whose blocks take turns
	bool sum;          // add up each payload as it is copied; else its sum is known
	uint64_t warm_up_us;
	uint64_t duration_us;
};

struct storm_null_totals {
	uint64_t frames;
	uint64_t bytes;       // of frames
	uint64_t cycles;      // of the whole measured time
	uint64_t busy_cycles; // without polls that moved no frame
	uint64_t malformed;   // rx: not a whole datagram of ours
	uint64_t elapsed_us;
	struct storm_steal steal; // at the beginning
};

// Sends DATA as fast as the peer takes them. 0 or -ENOMEM.
int storm_null_tx(const struct storm_null_settings *settings, const struct port *port,
	struct storm_null_totals *totals);
// Takes frames and looks at their headers. The time begins with the first frame.
void storm_null_rx(const struct storm_null_settings *settings, const struct port *port,
	struct storm_null_totals *totals);
