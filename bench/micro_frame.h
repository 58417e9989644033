// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Frames of clients, made once and then altered in a few fields: the checksum of the rest is kept,
// so that making a frame costs little beside handling it.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dhcp.h"
#include "frame.h"

#define MICRO_FRAME_BYTES 1536u

struct micro_frame {
	uint8_t bytes[MICRO_FRAME_BYTES];
	uint16_t len;
	uint32_t sum; // what the UDP checksum is made of, but for the fields that are altered
};

// A datagram from address and port of a client to one of the server's ports. The fields that will
// be altered are 0 in payload.
void micro_frame_make(struct micro_frame *frame, uint32_t from, uint16_t from_port, uint32_t to,
	uint16_t to_port, const void *payload, size_t len);

// The UDP checksum, given the sum of all altered fields (checksum_add; each at an even offset).
void micro_frame_seal(struct micro_frame *frame, uint32_t fields);

static inline uint8_t *micro_frame_payload(struct micro_frame *frame) {
	return frame->bytes + FRAME_HEADER_BYTES;
}

// DISCOVER and REQUEST with the options of EDK2's PXE client for x64. The server of the REQUEST is
// MICRO_OWN.
void micro_frame_discover(struct micro_frame *frame);
void micro_frame_request(struct micro_frame *frame);

// Which machine sends it, and the address that it requests (of a REQUEST).
void micro_frame_machine(struct micro_frame *frame, const uint8_t mac[6], uint32_t address);

// A read request of file 0, with the options of shim and GRUB.
void micro_frame_read(struct micro_frame *frame, uint32_t client, uint16_t port, uint16_t window);

// An ACK to a TID, and its block number.
void micro_frame_ack(struct micro_frame *frame, uint32_t client, uint16_t port, uint16_t tid);
void micro_frame_block(struct micro_frame *frame, uint16_t block);
