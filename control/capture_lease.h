// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What rouse-control does for `rouse capture`: it tells the workers to copy frames, for as long as
// whoever captures keeps asking. One that was killed costs nothing for longer than the lease.

#pragma once

#include <stdint.h>

#include "shm_abi.h"

#define CAPTURE_LEASE_MS 3000u
#define CAPTURE_LEASES   8u // machines that are told apart at a time

struct capture_leases {
	struct capture_lease {
		uint64_t mac; // capture_mac; 0: all
		uint64_t until_us;
	} lease[CAPTURE_LEASES];
};

// From now_us (CLOCK_BOOTTIME) on workers copy the frames of mac for the time of a lease. While
// leases about several machines hold they copy all frames, and each reader takes its own.
void capture_lease_grant(struct capture_leases *leases, struct capture_request *request,
	uint64_t now_us, uint64_t mac);
