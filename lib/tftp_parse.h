// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// TFTP packets from the network into plain views that point into the packet. Nothing is believed,
// nothing is copied.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "tftp.h"

enum tftp_mode {
	TFTP_MODE_OCTET,
	TFTP_MODE_NETASCII,
	TFTP_MODE_OTHER, // mail, or not a mode at all
};

struct tftp_request {
	const char *name; // not NUL-terminated for the reader's purposes: name_len bytes, no NUL in
			  // them
	size_t name_len;
	enum tftp_mode mode;
	const uint8_t *options; // what follows the mode; walked by tftp_parse_option
	size_t options_len;
};

struct tftp_option_view {
	const char *name;
	size_t name_len;
	const char *value;
	size_t value_len;
};

// The opcode, or -EBADMSG: fewer than two bytes.
int tftp_parse_opcode(const uint8_t *packet, size_t len);

// A read or write request (RFC 1350 §5): the name and the mode must end with NUL. 0 or -EBADMSG.
// Whatever follows the last NUL is ignored (HP PA-RISC firmware pads its requests to 516 bytes).
int tftp_parse_request(const uint8_t *packet, size_t len, struct tftp_request *request);

// The next option (RFC 2347): false at the end, at an empty name, or when a NUL is missing.
bool tftp_parse_option(struct reader *reader, struct tftp_option_view *option);

// The block number of an ACK, the code of an ERROR. Bytes behind are ignored: Windows' boot manager
// adds one to its ACKs. 0 or -EBADMSG.
int tftp_parse_ack(const uint8_t *packet, size_t len, uint16_t *block);
int tftp_parse_error(const uint8_t *packet, size_t len, uint16_t *code);
