// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A worker's ring of captured frames: the worker writes, anybody reads, nobody waits.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shm_abi.h"

#define CAPTURE_DATA_KEPT 128u // of a frame that is sent and no DHCP: files are known

// A frame as the worker has it.
struct capture_note {
	const uint8_t *frame;
	uint32_t len;      // bytes at frame
	uint32_t wire_len; // as many as it has on the wire
	uint16_t vlan;     // of a tag that was taken out before, 0: none
	uint8_t port;
	uint8_t direction; // enum capture_direction
	int64_t unix_ns;
};

// 52:54:00:00:00:01 as 0x525400000001.
uint64_t capture_mac(const uint8_t mac[6]);

// Whether the frame is one of the machine's: it has sent it, or gets it, or is the client of the
// DHCP message in it. mac 0: any frame.
bool capture_wants(uint64_t mac, const struct capture_note *note);

// Writer. A draft is the record of number head + ahead, which no reader sees; those published are
// the first count of them. A draft that is not published is history.
void capture_draft(struct capture_ring *ring, uint32_t ahead, const struct capture_note *note);
void capture_publish(struct capture_ring *ring, uint32_t count);

// Writer: why the frame with this number got no answer (enum rouse_stat + 1). Does nothing when the
// record is another one's by now.
void capture_set_reason(struct capture_ring *ring, uint64_t number, uint32_t reason);

// A reader's place in a ring.
struct capture_reader {
	uint64_t tail;
	uint64_t lost; // records that were overwritten before they were read, so far
};

// Begins at what comes next.
struct capture_reader capture_reader_at_end(const struct capture_ring *ring);

// Copies the next record, whose fields are then inside their bounds (but reason: compare it with
// STAT_COUNT). False: there is none, or only ones that are not older than settled_ns, whose reasons
// may still come, while the ring has room.
bool capture_pop(const struct capture_ring *ring, int64_t settled_ns, struct capture_reader *reader,
	struct capture_record *record);
