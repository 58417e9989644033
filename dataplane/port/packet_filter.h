// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A socket filter for af_packet ports, which would otherwise see every frame of the interface,
// those that the host sends included. Takes what the XDP filter takes, but for the address.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "xdp_filter.h"

struct packet_filter {
	const struct xdp_filter_cfg *udp;
	uint16_t vlan;   // 0: untagged frames, and those with a priority tag
	bool neighbours; // ARP and ICMP too: the kernel does not answer them
};

// Of other VLANs than a port's own it takes what asks for a server, so that a mistaken vlan: shows
// in rx_other_vlan, but no transfer's packets. 0 or -errno.
int packet_filter_attach(int fd, const struct packet_filter *filter);
