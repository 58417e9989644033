// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Whether a DHCP server listens on this host where a port with dhcp: proxy would take its requests:
// ProxyDHCP goes beside a server on another machine.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config.h"

// A socket on UDP port 67. Addresses in host byte order.
struct host_dhcp_socket {
	uint32_t address;   // 0: all addresses
	uint32_t interface; // index, 0: all interfaces
};

// Whether it would hear what comes in by an interface that has this address.
bool host_dhcp_hears(const struct host_dhcp_socket *socket, uint32_t interface, uint32_t address);

// Notes an error for each port with dhcp: proxy that has one. Reads the kernel's sockets of this
// network namespace; when it does not tell them, nothing is noted.
void host_dhcp_check(const struct config *config, struct config_errors *errors);
