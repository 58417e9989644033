// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Relies on storm_dpdk.c for everything before the load, whose engine then polls the port itself.

#include "storm_load_open.h"

#include <string.h>

#include "storm_datagram.h"
#include "storm_dpdk.h"
#include "storm_port.h"
#include "storm_stop.h"

struct storm_packet *storm_load_open(const struct storm_command *command,
	const struct storm_load_place *place, uint8_t server_mac[6]) {
	char why[STORM_PACKET_WHY_SIZE];
	struct storm_packet *packet;
	uint32_t first, count;
	int err;

	if (place->cpu != STORM_LOAD_ANY_CPU) {
		err = storm_port_pin(place->cpu);
		if (err) {
			storm_complain(command, "CPU %u: %s", place->cpu, strerror(-err));
			return NULL;
		}
	}
	storm_stop_install();
	packet = storm_dpdk_open(place->port, why);
	if (!packet) {
		storm_complain(command, "%s", why);
		return NULL;
	}
	if (!server_mac)
		return packet;
	storm_network_range(&place->source, &first, &count);
	err = storm_datagram_resolve(
		packet, first, place->mac_base, place->server.address, server_mac);
	if (!err)
		return packet;
	storm_complain(command, "nobody answers ARP for --server");
	storm_packet_close(packet);
	return NULL;
}
