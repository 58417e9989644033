// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Transport in user space: every client is a station with a MAC and an address of its own on an
// interface or a DPDK port, which the kernel does not know. One ring and one sendmmsg serve all of
// them, so it is faster than sockets.

#pragma once

#include "storm_net.h"
#include "storm_packet.h"

struct storm_raw_settings {
	struct storm_place place;
	uint32_t clients;
	uint32_t first; // address of the first station
	uint32_t count; // stations; clients take turns over them
	uint8_t mac_base[6];
	uint32_t server;
};

// Asks for the server's MAC by ARP. NULL: why says what failed.
struct storm_net *storm_raw_create(
	const struct storm_raw_settings *settings, char why[STORM_PACKET_WHY_SIZE]);
