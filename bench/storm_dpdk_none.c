// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A build without DPDK says so.

#include <stdio.h>

#include "storm_dpdk.h"

struct storm_packet *storm_dpdk_open(const char *device, char why[STORM_PACKET_WHY_SIZE]) {
	snprintf(why, STORM_PACKET_WHY_SIZE, "%.128s: this rouse-storm was built without DPDK",
		device);
	return NULL;
}
