// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A worker's ring of wanted images in the state region: slots of files that a client asked for and
// that are not in memory. Single producer (the worker), single consumer (control). Full means that
// the want is not taken; whoever waits for the file pushes it again.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "shm_abi.h"

struct wants {
	struct worker_block *worker;  // want_head
	_Atomic uint64_t *ring;       // [WANT_RING_SIZE]
	const _Atomic uint64_t *tail; // in the control region, untrusted; NULL: nobody listens
};

// False: full.
bool wants_push(struct wants *wants, uint64_t want);

// Consumer: the next want after *tail, which is advanced; false when there is none. What was
// overwritten while nobody listened is skipped: it will be asked for again. want is whatever the
// ring says: WANT_SLOT is below IMAGE_MAX_SLOTS, and that is all.
bool wants_pop(const struct worker_block *worker, const _Atomic uint64_t *ring, uint64_t *tail,
	uint64_t *want);
