// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Writes a DHCP reply. Errors are sticky: add everything, then finish. An option is written once: a
// second one of the same code is passed over, because EDK2 joins the two and drops the packet.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "dhcp_parse.h"

struct dhcp_builder {
	struct writer w;
	size_t reserve;   // bytes promised to what dhcp_build_finish writes
	uint8_t have[32]; // bit per option code
	uint32_t left_out;
	struct dhcp_bytes agent;
	struct dhcp_bytes boot_file;
};

// The largest reply to this request: option 57 counts the IP and UDP headers in (RFC 2132, 9.10);
// without it every client takes 548 bytes; never more than a frame. A relay agent takes its option
// 82 off again, so that comes on top.
size_t dhcp_build_limit(const struct dhcp_view *request);

// Begins a BOOTREPLY to request in buffer, with everything that a reply copies (RFC 2131, table 3).
// boot_file, if not empty, and option 82 will come last; their room is reserved from here on.
void dhcp_build_start(struct dhcp_builder *b, uint8_t buffer[DHCP_PAYLOAD_MAX],
	const struct dhcp_view *request, struct dhcp_bytes boot_file);

// The fields of the fixed part, any time before finish.
void dhcp_build_addresses(
	struct dhcp_builder *b, uint32_t ciaddr, uint32_t yiaddr, uint32_t siaddr);
void dhcp_build_flags(struct dhcp_builder *b, uint16_t flags);
void dhcp_build_sname(
	struct dhcp_builder *b, struct dhcp_bytes name); // passed over if it is too long

bool dhcp_build_has(const struct dhcp_builder *b, uint8_t code);

// Must be in the reply: no room is an error. More than 255 bytes are split (RFC 3396).
void dhcp_build_option(struct dhcp_builder *b, uint8_t code, const void *data, size_t len);
void dhcp_build_u8(struct dhcp_builder *b, uint8_t code, uint8_t value);
void dhcp_build_u32(struct dhcp_builder *b, uint8_t code, uint32_t value);

// Left out, and counted in left_out, if it does not fit.
void dhcp_build_optional(struct dhcp_builder *b, uint8_t code, const void *data, size_t len);

// The same for an option that is encoded already (all its parts, headers included).
void dhcp_build_encoded(struct dhcp_builder *b, const uint8_t *option, size_t len);

// Writes the boot file (field and option 67), option 82, the end, and zeros up to 300 bytes.
// Returns the length, or 0: what must be in the reply did not fit.
size_t dhcp_build_finish(struct dhcp_builder *b);
