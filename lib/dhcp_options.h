// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the server knows about single options: their names, how long they must be, and which of them
// only the server itself may set. One table, for the parser, the configuration and explain.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dhcp.h"

enum dhcp_option_type {
	DHCP_TYPE_BYTES = 0,
	DHCP_TYPE_TEXT,
	DHCP_TYPE_IP,
	DHCP_TYPE_IPS,
	DHCP_TYPE_U8,
	DHCP_TYPE_U16,
	DHCP_TYPE_U32,
	DHCP_TYPE_DOMAINS,
	DHCP_TYPE_ROUTES,
};

enum dhcp_option_flags {
	DHCP_OPTION_CONCAT =
		1, // repeated: parts of one (RFC 3396); without it the first one counts
	DHCP_OPTION_STRICT = 2, // a bad length makes the message malformed, not only the option odd
	DHCP_OPTION_RESERVED = 4, // the server sets it, or it makes no sense in a reply
};

struct dhcp_option_info {
	const char *name;
	uint8_t type; // enum dhcp_option_type
	uint8_t flags;
	uint8_t len_min;
	uint8_t len_max;  // 0: no limit but the packet
	uint8_t len_unit; // the length is a multiple of it
};

// What is known of an option, or NULL.
const struct dhcp_option_info *dhcp_option_find(uint8_t code);

// Whether len is a length that option info may have.
bool dhcp_option_len_ok(const struct dhcp_option_info *info, size_t len);

// Whether the configuration may set this option by number. False for what the server computes (51,
// 53, 54, 58, 59, 82 …) and for what only clients send (50, 55, 57 …).
bool dhcp_option_configurable(uint8_t code);

// The next option of a finished block (policy.h: codes ascending, each once but for the parts of a
// long one). *at is advanced over all parts of one code; the result is where its first part begins,
// *len the bytes up to the next code, headers included. NULL at the end, and at a block that is
// cut.
const uint8_t *dhcp_block_next(const uint8_t *block, size_t size, size_t *at, size_t *len);

// All parts of option code in a block, headers included, or NULL.
const uint8_t *dhcp_block_find(const uint8_t *block, size_t size, uint8_t code, size_t *len);

// Sets the bit of each option code in a block.
void dhcp_block_codes(const uint8_t *block, size_t size, uint8_t bits[32]);
