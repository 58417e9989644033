// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Captured frames: a ring for each worker in the state region, written while the control region
// says that somebody captures. The oldest are overwritten; nobody is waited for.

#pragma once

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>

#define CAPTURE_RING_SIZE 4096u // records per worker, a power of two
#define CAPTURE_FRAME_MAX 992u  // bytes of a frame that are kept: any DHCP message of a client

enum capture_direction { // as pcapng has them
	CAPTURE_IN = 1,
	CAPTURE_OUT = 2,
};

struct capture_record {
	_Atomic uint64_t sequence; // number of the record + 1, stored last; 0: it is in change
	int64_t unix_ns;
	uint32_t wire_len; // of the frame
	uint16_t len;      // of what is kept
	uint8_t port;
	uint8_t direction;       // enum capture_direction
	_Atomic uint32_t reason; // enum rouse_stat + 1: why it got no answer. May be stored later
				 // than the rest; 0: none
	uint32_t pad0;
	uint8_t frame[CAPTURE_FRAME_MAX];
};
static_assert(sizeof(struct capture_record) == 1024, "capture_record");

struct capture_ring {
	_Atomic uint64_t head; // number of the next record
	uint8_t pad[56];
	struct capture_record record[CAPTURE_RING_SIZE];
};
static_assert(sizeof(struct capture_ring) == 64 + 1024 * CAPTURE_RING_SIZE, "capture_ring");

// In the control region: which frames workers are to copy, and until when. Nobody has to end it.
struct capture_request {
	_Atomic uint64_t until_us; // CLOCK_BOOTTIME
	_Atomic uint64_t mac;      // as a number, of the machine whose frames are wanted; 0: all
};
static_assert(sizeof(struct capture_request) == 16, "capture_request");
