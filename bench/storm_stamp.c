// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Relies on frame.h for the headers; takes the sum back out of the checksum that it wrote.

#include "storm_stamp.h"

void storm_stamp_init(struct storm_stamp *stamp, const struct frame_to *to, uint16_t opcode,
	uint16_t payload_len) {
	uint8_t *checksum = stamp->bytes + FRAME_HEADER_BYTES - 2;
	uint16_t word;

	*stamp = (struct storm_stamp){0};
	stamp->bytes[FRAME_HEADER_BYTES] = (uint8_t)(opcode >> 8);
	stamp->bytes[FRAME_HEADER_BYTES + 1] = (uint8_t)opcode;
	frame_write_headers(stamp->bytes, to, payload_len,
		checksum_add(0, stamp->bytes + FRAME_HEADER_BYTES, 2));
	memcpy(&word, checksum, 2);
	stamp->sum = (uint16_t)~word;
	memset(checksum, 0, 2);
}
