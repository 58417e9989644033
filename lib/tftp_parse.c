// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Reads requests, ACKs and ERRORs. The server decides what they mean; every string is found by a
// bounded search for its NUL.

#include "tftp_parse.h"

#include <errno.h>
#include <strings.h>

// The bytes up to the next NUL, which is skipped; NULL when there is none.
static const char *take_string(struct reader *reader, size_t *len) {
	size_t left = reader_left(reader);
	const uint8_t *start = reader->data + reader->at;
	const uint8_t *end = left ? memchr(start, 0, left) : NULL;

	if (!end) {
		reader->failed = true;
		return NULL;
	}
	*len = (size_t)(end - start);
	return (const char *)reader_take(reader, *len + 1);
}

static enum tftp_mode mode_of(const char *text, size_t len) {
	if (len == 5 && strncasecmp(text, "octet", len) == 0)
		return TFTP_MODE_OCTET;
	if (len == 8 && strncasecmp(text, "netascii", len) == 0)
		return TFTP_MODE_NETASCII;
	return TFTP_MODE_OTHER;
}

int tftp_parse_opcode(const uint8_t *packet, size_t len) {
	struct reader reader = reader_of(packet, len);
	uint16_t opcode = reader_u16(&reader);

	return reader.failed ? -EBADMSG : opcode;
}

int tftp_parse_request(const uint8_t *packet, size_t len, struct tftp_request *request) {
	struct reader reader = reader_of(packet, len);
	struct tftp_request view = {0};
	const char *mode;
	size_t mode_len = 0;

	reader_u16(&reader);
	view.name = take_string(&reader, &view.name_len);
	mode = take_string(&reader, &mode_len);
	if (reader.failed)
		return -EBADMSG;
	view.mode = mode_of(mode, mode_len);
	view.options = packet + reader.at;
	view.options_len = len - reader.at;
	*request = view;
	return 0;
}

bool tftp_parse_option(struct reader *reader, struct tftp_option_view *option) {
	option->name = take_string(reader, &option->name_len);
	option->value = take_string(reader, &option->value_len);
	return !reader->failed && option->name_len > 0;
}

static int parse_number(const uint8_t *packet, size_t len, uint16_t *number) {
	struct reader reader = reader_of(packet, len);
	uint16_t value;

	reader_u16(&reader);
	value = reader_u16(&reader);
	if (reader.failed)
		return -EBADMSG;
	*number = value;
	return 0;
}

int tftp_parse_ack(const uint8_t *packet, size_t len, uint16_t *block) {
	return parse_number(packet, len, block);
}

int tftp_parse_error(const uint8_t *packet, size_t len, uint16_t *code) {
	return parse_number(packet, len, code);
}
