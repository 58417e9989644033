// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The control region: one page that control writes and the dataplane reads.

#pragma once

#include "shm_abi.h"

#define ROUSE_MAX_WORKERS 16

#define LEASE_ORDERS 16u // that wait at the most, a power of two

// A lease that the operator wants to end: the dataplane does it if it still is this machine's.
struct lease_order {
	uint32_t address;
	uint8_t htype; // 0: an address in quarantine, which is nobody's
	uint8_t hlen;
	uint16_t pad0;
	uint8_t key[LEASE_KEY_MAX]; // as in struct lease_record
};
static_assert(sizeof(struct lease_order) == 24, "lease_order");

struct control_region {
	struct shm_header header;
	// How far control has consumed each worker's event ring. The dataplane never blocks on it:
	// it is untrusted, checked as (head - tail <= ring size) before each use.
	_Atomic uint64_t event_tail[ROUSE_MAX_WORKERS]; // control: rw, dataplane: ro
	_Atomic uint64_t want_tail[ROUSE_MAX_WORKERS];  // the same of its ring of wanted images
	_Atomic uint64_t lease_order_head; // orders written so far; control: rw, dataplane: ro
	struct lease_order lease_order[LEASE_ORDERS];
	struct capture_request capture; // control: rw, dataplane: ro
	uint8_t pad[ROUSE_PAGE - sizeof(struct shm_header) - 16 * ROUSE_MAX_WORKERS - 8 -
		    LEASE_ORDERS * sizeof(struct lease_order) - sizeof(struct capture_request)];
};
static_assert(sizeof(struct control_region) == ROUSE_PAGE, "control_region");
