// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Frames on an interface of the kernel through a packet socket: a receive ring in memory, sending
// in batches, the queueing discipline bypassed. The interface is made promiscuous, so that frames
// to the MACs of simulated machines arrive.

#pragma once

#include "storm_packet.h"

struct storm_packet *storm_interface_open(
	const char *interface, bool all_udp, char why[STORM_PACKET_WHY_SIZE]);
