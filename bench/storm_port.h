// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The DPDK port of this process: the EAL, one port and its peer. Only one in a process.

#pragma once

#include <stdint.h>

#include "port.h"

// device as in the configuration's ports: vdev:ARGS or pci:ADDR. Waits until the peer is there, 30
// seconds at most. From then on the port is polled by storm_poll.h alone. -errno, why set.
int storm_port_open(struct port *port, const char *device, char *why, size_t why_size);
void storm_port_close(struct port *port);

// Keeps the calling thread, and the EAL that it starts afterwards, on one CPU. -errno.
int storm_port_pin(uint32_t cpu);

// Tries to reach a peer that went away; from the polling loop, when nothing has come for a while.
void storm_port_reconnect(const struct port *port);
