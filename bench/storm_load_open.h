// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// How each load command gets at its server.

#pragma once

#include <stdint.h>

#include "storm_args.h"
#include "storm_packet.h"

#define STORM_LOAD_ANY_CPU UINT32_MAX

struct storm_load_place {
	const char *port;
	uint32_t cpu; // or STORM_LOAD_ANY_CPU
	struct storm_server server;
	struct storm_network source;
	uint8_t mac_base[6];
};

// Pins this thread and opens the port. With server_mac, asks for the server's MAC as the first
// station of source. NULL after a sentence on stderr.
struct storm_packet *storm_load_open(const struct storm_command *command,
	const struct storm_load_place *place, uint8_t server_mac[6]);
