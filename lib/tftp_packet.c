// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// OACK, ERROR and DATA. DATA is the hot one: header, then the block copied and summed in one pass
// out of the image's extents.

#include "tftp_packet.h"

#include "bytes.h"
#include "checksum.h"
#include "tftp_options.h"

static void write_decimal(struct writer *writer, uint64_t value) {
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	writer_bytes(writer, digits + at, sizeof(digits) - at);
}

static uint64_t option_value(const struct tftp_session *session, enum tftp_option_id id) {
	switch (id) {
	case TFTP_OPTION_BLKSIZE:
		return session->blksize;
	case TFTP_OPTION_TSIZE:
		return session->size;
	case TFTP_OPTION_TIMEOUT:
		return session->timeout_us / 1000000;
	case TFTP_OPTION_WINDOWSIZE:
		return session->windowsize;
	case TFTP_OPTION_MULTICAST:
	case TFTP_OPTION_NONE:
	case TFTP_OPTION_COUNT:
		break;
	}
	return 0;
}

// RFC 2090: addr,port,mc. Address and port may be left out later; who has lost the first OACK needs
// them.
static void write_group(struct writer *writer, const struct tftp_session *member,
	const struct tftp_session *group) {
	for (int shift = 24; shift >= 0; shift -= 8) {
		write_decimal(writer, group->peer_address >> shift & 0xff);
		writer_u8(writer, shift ? '.' : ',');
	}
	write_decimal(writer, group->peer_port);
	writer_u8(writer, ',');
	writer_u8(writer, member->role == ROLE_LISTENER ? '0' : '1');
}

size_t tftp_packet_oack(const struct tftp_session *session, const struct tftp_session *group,
	uint8_t *payload, size_t size, uint32_t *sum) {
	struct writer writer = writer_of(payload, size);

	writer_u16(&writer, TFTP_OACK);
	for (uint32_t rest = session->requested; rest; rest >>= TFTP_ORDER_BITS) {
		enum tftp_option_id id = rest & ((1u << TFTP_ORDER_BITS) - 1);
		const char *name = tftp_option_name(id);

		writer_bytes(&writer, name, strlen(name) + 1);
		if (id == TFTP_OPTION_MULTICAST && group)
			write_group(&writer, session, group);
		else
			write_decimal(&writer, option_value(session, id));
		writer_u8(&writer, 0);
	}
	if (writer.failed)
		return 0;
	*sum = checksum_add(0, payload, writer.at);
	return writer.at;
}

uint32_t tftp_packet_oack_len(const struct tftp_session *session) {
	uint8_t payload[TFTP_OACK_MAX];
	uint32_t sum;

	return (uint32_t)tftp_packet_oack(session, NULL, payload, sizeof(payload), &sum);
}

size_t tftp_packet_error(
	uint16_t code, const char *text, uint8_t *payload, size_t size, uint32_t *sum) {
	struct writer writer = writer_of(payload, size);

	writer_u16(&writer, TFTP_ERROR);
	writer_u16(&writer, code);
	writer_bytes(&writer, text, strlen(text) + 1);
	if (writer.failed)
		return 0;
	*sum = checksum_add(0, payload, writer.at);
	return writer.at;
}

// A block that lies in two extents, the first part of odd length: its sum is taken over the copy.
static bool copy_parts(const struct images *images, const struct image_ref *ref, uint64_t offset,
	uint8_t *out, size_t len) {
	while (len) {
		const uint8_t *at;
		size_t run = images_run(images, ref, offset, len, &at);

		if (run == 0)
			return false;
		memcpy(out, at, run);
		out += run;
		offset += run;
		len -= run;
	}
	return true;
}

static bool copy_block(const struct images *images, const struct image_ref *ref, uint64_t offset,
	uint8_t *payload, size_t len, uint32_t *sum) {
	uint8_t *out = payload + TFTP_HEADER_BYTES;
	const uint8_t *at;

	*sum = checksum_header(0, payload, TFTP_HEADER_BYTES);
	if (len == 0)
		return true;
	if (images_run(images, ref, offset, len, &at) == len) {
		*sum = checksum_copy(*sum, out, at, len);
		return true;
	}
	if (!copy_parts(images, ref, offset, out, len))
		return false;
	*sum = checksum_add(*sum, out, len);
	return true;
}

size_t tftp_packet_data(const struct images *images, const struct tftp_session *session,
	uint64_t block, uint8_t *payload, size_t size, uint32_t *sum) {
	struct image_ref ref = tftp_packet_image(session);
	uint64_t offset = (block - 1) * session->blksize;
	uint64_t len = session->size - offset;

	if (len > session->blksize)
		len = session->blksize;
	if (len + TFTP_HEADER_BYTES > size || !images_valid(images, &ref))
		return 0;
	payload[0] = 0;
	payload[1] = TFTP_DATA;
	payload[2] = (uint8_t)(block >> 8);
	payload[3] = (uint8_t)block;
	if (!copy_block(images, &ref, offset, payload, len, sum))
		return 0;
	return len + TFTP_HEADER_BYTES;
}
