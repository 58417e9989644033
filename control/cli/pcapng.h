// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Blocks of a pcapng file (draft-ietf-opsawg-pcapng) into memory: what tshark, Wireshark and
// libpcap read. Pure. Each function returns the block's length, or 0: it does not fit.

#pragma once

#include <stddef.h>
#include <stdint.h>

#define PCAPNG_BLOCK_MAX 2048u // any block with a frame of 1,024 bytes and a comment of 512

size_t pcapng_section(uint8_t *out, size_t size, const char *application);

// Interfaces are numbered from 0, in the order of their blocks. Times are in nanoseconds.
size_t pcapng_interface(uint8_t *out, size_t size, const char *name, uint32_t snaplen);

struct pcapng_frame {
	uint32_t interface;
	int64_t unix_ns;
	const uint8_t *bytes;
	uint32_t len;
	uint32_t wire_len;
	uint32_t direction;  // 1 in, 2 out
	uint32_t queue;      // the worker that had it
	uint64_t lost;       // frames that are missing before this one
	const char *comment; // NULL: none
};

size_t pcapng_packet(uint8_t *out, size_t size, const struct pcapng_frame *frame);
