// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A section may have either byte order: ours is big-endian, which our cursor writes.

#include "cli/pcapng.h"

#include <string.h>

#include "bytes.h"

#define ETHERNET   1u
#define BYTE_ORDER 0x1a2b3c4du

enum { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_PACKET = 6 };

// Their codes mean something else in each block.
enum {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	SECTION_APPLICATION = 4,
	INTERFACE_NAME = 2,
	INTERFACE_RESOLUTION = 9,
	PACKET_FLAGS = 2,
	PACKET_DROPCOUNT = 4,
	PACKET_QUEUE = 6,
};

static void put_u64(struct writer *w, uint64_t value) {
	writer_u32(w, (uint32_t)(value >> 32));
	writer_u32(w, (uint32_t)value);
}

// Everything is padded to 32 bits.
static void put_padded(struct writer *w, const void *data, size_t len) {
	writer_bytes(w, data, len);
	writer_fill(w, 0, -len & 3);
}

static void put_option(struct writer *w, uint16_t code, const void *value, size_t len) {
	if (len > UINT16_MAX)
		w->failed = true;
	writer_u16(w, code);
	writer_u16(w, (uint16_t)len);
	put_padded(w, value, len);
}

static void put_option_u32(struct writer *w, uint16_t code, uint32_t value) {
	writer_u16(w, code);
	writer_u16(w, sizeof(value));
	writer_u32(w, value);
}

static struct writer begin_block(uint8_t *out, size_t size, uint32_t type) {
	struct writer w = writer_of(out, size);

	writer_u32(&w, type);
	writer_u32(&w, 0); // its length, known at the end
	return w;
}

static size_t end_block(struct writer *w) {
	struct writer head = writer_of(w->data, w->size);

	writer_u32(w, (uint32_t)w->at + 4);
	writer_room(&head, 4);
	writer_u32(&head, (uint32_t)w->at);
	return w->failed ? 0 : w->at;
}

size_t pcapng_section(uint8_t *out, size_t size, const char *application) {
	struct writer w = begin_block(out, size, BLOCK_SECTION);

	writer_u32(&w, BYTE_ORDER);
	writer_u16(&w, 1);
	writer_u16(&w, 0);
	put_u64(&w, UINT64_MAX); // the section's length is not told
	put_option(&w, SECTION_APPLICATION, application, strlen(application));
	put_option(&w, OPTION_END, NULL, 0);
	return end_block(&w);
}

size_t pcapng_interface(uint8_t *out, size_t size, const char *name, uint32_t snaplen) {
	struct writer w = begin_block(out, size, BLOCK_INTERFACE);

	writer_u16(&w, ETHERNET);
	writer_u16(&w, 0);
	writer_u32(&w, snaplen);
	put_option(&w, INTERFACE_NAME, name, strlen(name));
	put_option(&w, INTERFACE_RESOLUTION, (uint8_t[]){9}, 1);
	put_option(&w, OPTION_END, NULL, 0);
	return end_block(&w);
}

static void put_packet_options(struct writer *w, const struct pcapng_frame *frame) {
	put_option_u32(w, PACKET_FLAGS, frame->direction);
	put_option_u32(w, PACKET_QUEUE, frame->queue);
	if (frame->lost) {
		writer_u16(w, PACKET_DROPCOUNT);
		writer_u16(w, sizeof(frame->lost));
		put_u64(w, frame->lost);
	}
	if (frame->comment)
		put_option(w, OPTION_COMMENT, frame->comment, strlen(frame->comment));
	put_option(w, OPTION_END, NULL, 0);
}

size_t pcapng_packet(uint8_t *out, size_t size, const struct pcapng_frame *frame) {
	struct writer w = begin_block(out, size, BLOCK_PACKET);

	writer_u32(&w, frame->interface);
	put_u64(&w, (uint64_t)frame->unix_ns);
	writer_u32(&w, frame->len);
	writer_u32(&w, frame->wire_len);
	put_padded(&w, frame->bytes, frame->len);
	put_packet_options(&w, frame);
	return end_block(&w);
}
