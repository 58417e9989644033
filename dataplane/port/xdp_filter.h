// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the XDP program reads from its map rouse_cfg: shared between the program and the process
// that loads it. Zero means that everything passes to the kernel.

#pragma once

#include <linux/types.h>

#define XDP_FILTER_PORTS 3

struct xdp_filter_cfg {
	__be32 address;                    // of the port
	__be32 broadcast;                  // of its network
	__be16 udp_port[XDP_FILTER_PORTS]; // 69, and those of DHCP; 0: none
	__u16 tid_first;                   // host byte order, both inclusive; 0: none
	__u16 tid_last;
	__u16 enabled;
};
