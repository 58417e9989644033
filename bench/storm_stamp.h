// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Frames of TFTP whose headers are written once: of each frame only the block number and the UDP
// checksum change, and both go into a copy of 46 bytes.

#pragma once

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "checksum.h"
#include "frame.h"

#define STORM_STAMP_BYTES (FRAME_HEADER_BYTES + 4u) // with opcode and block
#define STORM_STAMP_SIZE  64u
#define STORM_STAMP_FRAME 60u // the least on Ethernet, padded with zeros

struct storm_stamp {
	uint8_t bytes[STORM_STAMP_FRAME]; // zeros behind STORM_STAMP_BYTES
	uint32_t sum;                     // of what the UDP checksum covers, payload excepted
};

static_assert(sizeof(struct storm_stamp) == STORM_STAMP_SIZE, "one cache line");

// For a payload of payload_len bytes, opcode and block included.
void storm_stamp_init(struct storm_stamp *stamp, const struct frame_to *to, uint16_t opcode,
	uint16_t payload_len);

// Writes the first STORM_STAMP_BYTES of a frame. content_sum is checksum_add(0, ...) of what stands
// behind them.
static inline void storm_stamp_put(
	const struct storm_stamp *stamp, uint8_t *frame, uint16_t block, uint32_t content_sum) {
	uint8_t wire[2] = {(uint8_t)(block >> 8), (uint8_t)block};
	uint16_t number, sum;

	memcpy(frame, stamp->bytes, STORM_STAMP_BYTES);
	memcpy(frame + STORM_STAMP_BYTES - 2, wire, 2);
	memcpy(&number, wire, 2);
	sum = (uint16_t)~checksum_fold(stamp->sum + number + checksum_fold(content_sum));
	if (sum == 0) // RFC 768: a computed zero is sent as all ones
		sum = 0xffff;
	memcpy(frame + FRAME_HEADER_BYTES - 2, &sum, 2);
}

// A whole frame without content: an ACK. Writes STORM_STAMP_FRAME bytes.
static inline void storm_stamp_ack(
	const struct storm_stamp *stamp, uint8_t *frame, uint16_t block) {
	memcpy(frame, stamp->bytes, STORM_STAMP_FRAME);
	storm_stamp_put(stamp, frame, block, 0);
}
