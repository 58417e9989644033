// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Replies. What clients make of the order: option 82 is the last one before the end (RFC
// 3046, 2.1); option 67 is NUL-terminated inside its length, because some ROMs print what follows
// it, and nothing but padding stands behind it, because EDK2 writes a NUL there.

#include "dhcp_build.h"

#define PART_MAX 255u

// Bytes that an option of len bytes takes when it is split.
static size_t encoded_len(size_t len) {
	size_t parts = len <= PART_MAX ? 1 : (len + PART_MAX - 1) / PART_MAX;

	return len + 2 * parts;
}

size_t dhcp_build_limit(const struct dhcp_view *request) {
	size_t limit = DHCP_PAYLOAD_DEFAULT;

	if (request->max_size > DHCP_PAYLOAD_DEFAULT + DHCP_IP_UDP_BYTES)
		limit = request->max_size - DHCP_IP_UDP_BYTES;
	if (request->agent.data && request->giaddr)
		limit += encoded_len(request->agent.len);
	return limit < DHCP_PAYLOAD_MAX ? limit : DHCP_PAYLOAD_MAX;
}

static void put_u32(uint8_t *at, uint32_t value) {
	at[0] = (uint8_t)(value >> 24);
	at[1] = (uint8_t)(value >> 16);
	at[2] = (uint8_t)(value >> 8);
	at[3] = (uint8_t)value;
}

// The name, its NUL, and a pad option for EDK2 to write into.
static size_t boot_file_len(const struct dhcp_builder *b) {
	return b->boot_file.len ? encoded_len(b->boot_file.len + 1) + 1 : 0;
}

static size_t tail_len(const struct dhcp_builder *b) {
	size_t agent = b->agent.data ? encoded_len(b->agent.len) : 0;

	return boot_file_len(b) + agent + 1;
}

bool dhcp_build_has(const struct dhcp_builder *b, uint8_t code) {
	return b->have[code / 8] >> code % 8 & 1;
}

static void set_have(struct dhcp_builder *b, uint8_t code) {
	b->have[code / 8] |= (uint8_t)(1 << code % 8);
}

// All zero but what a reply copies; addresses come later.
static void write_fixed(struct writer *w, const struct dhcp_view *request) {
	uint8_t *at = writer_room(w, DHCP_OPTIONS_OFFSET);

	if (!at)
		return;
	memset(at, 0, DHCP_OPTIONS_OFFSET);
	at[0] = DHCP_OP_REPLY;
	at[1] = request->htype;
	at[2] = request->hlen;
	put_u32(at + 4, request->xid);
	at[10] = (uint8_t)(request->flags >> 8);
	at[11] = (uint8_t)request->flags;
	put_u32(at + 24, request->giaddr);
	memcpy(at + 28, request->chaddr, DHCP_CHADDR_BYTES);
	put_u32(at + DHCP_MAGIC_OFFSET, DHCP_MAGIC);
}

void dhcp_build_start(struct dhcp_builder *b, uint8_t buffer[DHCP_PAYLOAD_MAX],
	const struct dhcp_view *request, struct dhcp_bytes boot_file) {
	*b = (struct dhcp_builder){
		.w = writer_of(buffer, dhcp_build_limit(request)),
		.agent = request->agent,
		.boot_file = boot_file,
	};
	b->reserve = tail_len(b);
	write_fixed(&b->w, request);
	set_have(b, DHCP_OPT_BOOT_FILE);
	set_have(b, DHCP_OPT_AGENT);
}

// A writer over a part of what is written already.
static struct writer field(struct dhcp_builder *b, size_t offset, size_t len) {
	return writer_of(b->w.data + offset, len);
}

void dhcp_build_addresses(
	struct dhcp_builder *b, uint32_t ciaddr, uint32_t yiaddr, uint32_t siaddr) {
	put_u32(b->w.data + 12, ciaddr);
	put_u32(b->w.data + 16, yiaddr);
	put_u32(b->w.data + 20, siaddr);
}

void dhcp_build_flags(struct dhcp_builder *b, uint16_t flags) {
	struct writer w = field(b, 10, 2);

	writer_u16(&w, flags);
}

// A text field keeps its last byte for the NUL.
static void text_field(struct dhcp_builder *b, size_t offset, size_t size, struct dhcp_bytes text) {
	struct writer w = field(b, offset, size);

	if (text.len < size)
		writer_bytes(&w, text.data, text.len);
}

void dhcp_build_sname(struct dhcp_builder *b, struct dhcp_bytes name) {
	text_field(b, DHCP_SNAME_OFFSET, DHCP_SNAME_BYTES, name);
}

static bool fits(const struct dhcp_builder *b, size_t len) {
	return !b->w.failed && b->w.size - b->w.at >= b->reserve &&
	       len <= b->w.size - b->w.at - b->reserve;
}

static void write_parts(struct dhcp_builder *b, uint8_t code, const uint8_t *data, size_t len) {
	uint8_t *at;

	do {
		uint8_t part = (uint8_t)(len < PART_MAX ? len : PART_MAX);

		at = writer_room(&b->w, 2u + part);
		if (!at)
			return;
		at[0] = code;
		at[1] = part;
		memcpy(at + 2, data, part);
		data += part;
		len -= part;
	} while (len);
}

void dhcp_build_option(struct dhcp_builder *b, uint8_t code, const void *data, size_t len) {
	if (dhcp_build_has(b, code))
		return;
	if (!fits(b, encoded_len(len)))
		b->w.failed = true;
	set_have(b, code);
	write_parts(b, code, data, len);
}

void dhcp_build_u8(struct dhcp_builder *b, uint8_t code, uint8_t value) {
	dhcp_build_option(b, code, &value, 1);
}

void dhcp_build_u32(struct dhcp_builder *b, uint8_t code, uint32_t value) {
	uint8_t bytes[4];

	put_u32(bytes, value);
	dhcp_build_option(b, code, bytes, sizeof(bytes));
}

void dhcp_build_optional(struct dhcp_builder *b, uint8_t code, const void *data, size_t len) {
	if (dhcp_build_has(b, code))
		return;
	if (!fits(b, encoded_len(len))) {
		b->left_out++;
		return;
	}
	set_have(b, code);
	write_parts(b, code, data, len);
}

void dhcp_build_encoded(struct dhcp_builder *b, const uint8_t *option, size_t len) {
	if (dhcp_build_has(b, option[0]))
		return;
	if (!fits(b, len)) {
		b->left_out++;
		return;
	}
	set_have(b, option[0]);
	writer_bytes(&b->w, option, len);
}

static void write_boot_file(struct dhcp_builder *b) {
	uint8_t name[DHCP_PAYLOAD_MAX];

	if (!b->boot_file.len || b->boot_file.len >= sizeof(name))
		return;
	memcpy(name, b->boot_file.data, b->boot_file.len);
	name[b->boot_file.len] = 0;
	text_field(b, DHCP_FILE_OFFSET, DHCP_FILE_BYTES, b->boot_file);
	write_parts(b, DHCP_OPT_BOOT_FILE, name, b->boot_file.len + 1);
	writer_u8(&b->w, DHCP_OPT_PAD);
}

size_t dhcp_build_finish(struct dhcp_builder *b) {
	if (!fits(b, 0))
		return 0;
	write_boot_file(b);
	if (b->agent.data)
		write_parts(b, DHCP_OPT_AGENT, b->agent.data, b->agent.len);
	writer_u8(&b->w, DHCP_OPT_END);
	if (!b->w.failed && b->w.at < DHCP_PAYLOAD_MIN)
		writer_fill(&b->w, 0, DHCP_PAYLOAD_MIN - b->w.at);
	return b->w.failed ? 0 : b->w.at;
}
