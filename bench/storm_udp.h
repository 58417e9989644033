// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Transport over kernel UDP sockets, one per client.

#pragma once

#include "storm_net.h"

struct storm_udp_settings {
	uint32_t clients;
	uint32_t source;       // first local address, 0: the kernel's choice
	uint32_t source_count; // clients take turns over so many addresses
	uint16_t blksize;      // of the largest block that will arrive
	uint16_t window;
};

// Raises RLIMIT_NOFILE as far as needed. NULL with errno set.
struct storm_net *storm_udp_create(const struct storm_udp_settings *settings);
