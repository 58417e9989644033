// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Writes the payloads that the server sends, each with its checksum sum for frame_write_headers.
// Bytes written, 0: they do not fit, or the image cannot be read.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "images.h"
#include "tftp.h"

// RFC 2347: the options granted, in the order asked, ending exactly at the last NUL. group: that of
// a member, or NULL.
size_t tftp_packet_oack(const struct tftp_session *session, const struct tftp_session *group,
	uint8_t *payload, size_t size, uint32_t *sum);

// The length of that OACK, of a session that is no member of a group.
uint32_t tftp_packet_oack_len(const struct tftp_session *session);

size_t tftp_packet_error(
	uint16_t code, const char *text, uint8_t *payload, size_t size, uint32_t *sum);

// DATA with an absolute block number in 1..session->blocks.
size_t tftp_packet_data(const struct images *images, const struct tftp_session *session,
	uint64_t block, uint8_t *payload, size_t size, uint32_t *sum);

// What a session holds of its image.
static inline struct image_ref tftp_packet_image(const struct tftp_session *session) {
	return (struct image_ref){
		.slot = session->slot,
		.generation = session->generation,
		.size = session->size,
		.map_first = session->map_first,
		.map_count = session->map_count,
		.first_offset = session->first_offset,
	};
}
