// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The least that a server can do: no files and no leases. What the clients reach against it they
// can reach at least.

#pragma once

#include <stdint.h>

#include "storm_catalog.h"
#include "storm_packet.h"

#define STORM_REFLECT_OACK_SIZE 96u

struct storm_reflect {
	uint32_t address; // host byte order
	uint16_t port;    // of TFTP
	uint64_t size;    // of the only file, at most 65,535 blocks
	uint16_t blksize;
	uint16_t window;      // 0: 1 on a socket, else any
	uint64_t deadline_us; // 0: until a signal
	// Of storm_reflect_packet alone: the only files that there are, with their sizes, and the
	// one that ACKs name.
	const struct storm_catalog *files;
	const char *boot_file;
};

// TFTP over one kernel socket: answers every request with an OACK of blksize, tsize and (above 1)
// windowsize, and every ACK with the window behind it. 0 after the deadline or a signal, else
// -errno.
int storm_reflect_socket(const struct storm_reflect *settings);

// The same without the kernel's UDP, at an address that the kernel must not have, for any blksize
// and windowsize up to the settings, and DHCP: OFFER to a DISCOVER, ACK to a REQUEST, also through
// a relay, with addresses of 10.0.0.0/8 by MAC. ARP for the address is answered. What is not
// answered for a quarter of a second is sent again. 0, or -ENOMEM.
int storm_reflect_packet(const struct storm_reflect *settings, struct storm_packet *packet);

// Writes the OACK. Its length.
size_t storm_reflect_oack(const struct storm_reflect *settings, char oack[STORM_REFLECT_OACK_SIZE]);
// Random bytes for a block.
void storm_reflect_content(const struct storm_reflect *settings, uint8_t *content);
