// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Transport in user space: every client is a station with a MAC and an address of its own on an
// interface, which the kernel does not know. One ring and one sendmmsg serve all of them, so it is
// faster than sockets.

#pragma once

#include "storm_net.h"

struct storm_raw_settings {
	const char *interface;
	uint32_t clients;
	uint32_t first; // address of the first station
	uint32_t count; // stations; clients take turns over them
	uint8_t mac_base[6];
	uint32_t server;
};

// Asks for the server's MAC by ARP. NULL with errno set: EHOSTUNREACH if nobody answers.
struct storm_net *storm_raw_create(const struct storm_raw_settings *settings);
