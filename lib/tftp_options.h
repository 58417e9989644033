// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What a client asks for and what it gets. Clients are strict here: EDK2 and syslinux end the
// transfer over an option that they did not ask for, U-Boot and curl over a value above the one
// asked for. So an option is granted as asked or lower, or left out; none ever earns an ERROR.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tftp.h"

// The options granted, in the order asked: 4 bits each (enum tftp_option_id), the first lowest.
#define TFTP_ORDER_BITS 4

struct tftp_asked {
	uint32_t order;      // those that are valid
	uint32_t windowsize; // 0: not asked, or out of range
	uint16_t blksize;    // 0: not asked, or out of range
	uint8_t timeout_s;   // 0: not asked, or out of range
	bool multicast;      // asked for, as RFC 2090 wants it: without a value
	bool odd; // an option that is not ours, repeated, out of range, or a tsize that is not 0
	bool cut; // more than TFTP_OPTIONS_MAX options; the rest was not looked at
};

struct tftp_limits {
	uint16_t blksize;
	uint16_t windowsize;
	bool multicast; // whether there may be any
};

struct tftp_granted {
	uint32_t order; // what the OACK repeats; 0: no OACK, DATA 1 at once (RFC 2347)
	uint16_t blksize;
	uint16_t windowsize;
	uint8_t timeout_s; // 0: not granted
	bool multicast;    // then windowsize is 1
};

// Reads the options of a request. Names without regard to case, of a repeated option the first
// counts, unknown ones and values out of range are passed over.
struct tftp_asked tftp_options_read(const uint8_t *options, size_t len);

// Whether a datagram to port 69 is a read request that asks for a group.
bool tftp_options_want_group(const uint8_t *packet, size_t len);

// Decides for a file of size bytes.
struct tftp_granted tftp_options_grant(
	const struct tftp_asked *asked, const struct tftp_limits *limits, uint64_t size);

// The name as it stands in an OACK: lower case, which GRUB compares by case. id is valid.
const char *tftp_option_name(enum tftp_option_id id);
