// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The least that a server can do: no files, no leases, no state. What the clients reach against it
// is their own ceiling, which every comparison has to state.

#pragma once

#include <stdint.h>

#include "storm_packet.h"

struct storm_reflect_tftp {
	uint32_t address; // to listen on, host byte order
	uint16_t port;
	uint64_t size; // of the only file, at most 65,535 blocks
	uint16_t blksize;
	uint16_t window;
	uint64_t deadline_us; // 0: until a signal
};

// Answers every request with an OACK of blksize, windowsize (above 1) and tsize, and every ACK with
// the window behind it. 0 after the deadline or a signal, else -errno.
int storm_reflect_tftp(const struct storm_reflect_tftp *settings);

struct storm_reflect_dhcp {
	uint32_t address;     // server identifier; clients get addresses of 10.0.0.0/8 by their MAC
	uint64_t deadline_us; // 0: until a signal
};

// Answers DISCOVER with OFFER and REQUEST with ACK.
int storm_reflect_dhcp(const struct storm_reflect_dhcp *settings, struct storm_packet *packet);
