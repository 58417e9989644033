// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// All that workers see of what control publishes, as one immutable object: main builds it, workers
// take the pointer at the top of their loop, and main frees the old one when all have.

#pragma once

#include <stdint.h>

#include "images.h"
#include "policy.h"
#include "shm_abi.h"

struct outlook {
	struct policy policy; // of the private copy
	uint64_t generation;
	struct images images;
	uint64_t images_serial; // another number, another images file: nothing of the old one holds
	const struct control_region *control; // for how far events were consumed; NULL: nobody
};
