// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Frames on a DPDK port: memif, vhost or a NIC of our own. Only one can be open in a process. In a
// build without DPDK, storm_dpdk_none.c refuses instead.

#pragma once

#include "storm_packet.h"

struct port;

// device as in the configuration's ports: vdev:ARGS or pci:ADDR. Waits until the peer is there, 10
// seconds at most.
struct storm_packet *storm_dpdk_open(const char *device, char why[STORM_PACKET_WHY_SIZE]);

// The port behind it, for an engine that polls it itself. Only in a build with DPDK.
const struct port *storm_dpdk_port(const struct storm_packet *packet);
