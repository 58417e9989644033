// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the kernel knows of a network interface.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#define NETDEV_NAME_SIZE 16 // IFNAMSIZ

struct netdev {
	int index;
	uint16_t mtu;
	uint16_t channels; // receive queues
	bool combined;     // each of them sends too, as the af_xdp driver wants it
	uint8_t mac[6];
	bool up;       // administratively
	bool running;  // and it has a carrier
	bool physical; // has a device behind it: not veth, bridge, tap
};

// 0; -ENODEV: no such interface; or -errno.
int netdev_query(const char *name, struct netdev *dev);

// Whether address (host byte order) is configured on the interface.
bool netdev_has_address(const char *name, uint32_t address);

// The interface on which address is configured; false: on none.
bool netdev_holder(uint32_t address, char name[NETDEV_NAME_SIZE]);

// Whether name is the interface that gives the kernel VLAN vlan of device.
bool netdev_is_vlan(const char *name, const char *device, uint16_t vlan);
