// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The control region: one page that control writes and the dataplane reads.

#pragma once

#include "shm_abi.h"

#define ROUSE_MAX_WORKERS 16

struct control_region {
	struct shm_header header;
	// How far control has consumed each worker's event ring. The dataplane never blocks on it:
	// it is untrusted, checked as (head - tail <= ring size) before each use.
	_Atomic uint64_t event_tail[ROUSE_MAX_WORKERS]; // control: rw, dataplane: ro
	_Atomic uint64_t want_tail[ROUSE_MAX_WORKERS];  // the same of its ring of wanted images
	uint8_t pad[ROUSE_PAGE - sizeof(struct shm_header) - 16 * ROUSE_MAX_WORKERS];
};
static_assert(sizeof(struct control_region) == ROUSE_PAGE, "control_region");
