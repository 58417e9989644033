// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Captures in pcapng, of both byte orders: what lies about its lengths first. pcap is in
// storm_capture_test.c.

#include "storm_pcap.h"

#include <errno.h>
#include <string.h>

#include "unit.h"

#define ETHERNET 1u
#define LOOPBACK 0u

// A file that is being written, and how.
struct file {
	uint8_t bytes[4096];
	struct writer w;
	bool little;
};

static void put_u32(struct file *f, uint32_t value) {
	writer_u32(&f->w, f->little ? __builtin_bswap32(value) : value);
}

static void put_block(struct file *f, uint32_t type, const uint8_t *body, uint32_t len) {
	uint32_t whole = 12 + (len + 3) / 4 * 4;

	put_u32(f, type);
	put_u32(f, whole);
	writer_bytes(&f->w, body, len);
	writer_fill(&f->w, 0, whole - 12 - len);
	put_u32(f, whole);
}

static struct writer body_of(uint8_t body[64]) {
	return writer_of(body, 64);
}

static void put_body_u32(const struct file *f, struct writer *w, uint32_t value) {
	writer_u32(w, f->little ? __builtin_bswap32(value) : value);
}

static void put_section(struct file *f, bool little) {
	uint8_t body[64];
	struct writer w = body_of(body);

	f->little = little;
	put_body_u32(f, &w, 0x1a2b3c4d);
	put_body_u32(f, &w, 1);
	put_body_u32(f, &w, UINT32_MAX);
	put_body_u32(f, &w, UINT32_MAX);
	put_block(f, 0x0a0d0d0a, body, (uint32_t)w.at);
}

static void put_interface_of(struct file *f, uint16_t link, uint32_t snaplen) {
	uint8_t body[64];
	struct writer w = body_of(body);

	put_body_u32(f, &w, f->little ? link : (uint32_t)link << 16);
	put_body_u32(f, &w, snaplen);
	put_block(f, 1, body, (uint32_t)w.at);
}

static void put_interface(struct file *f, uint16_t link) {
	put_interface_of(f, link, 65535);
}

static void put_packet(struct file *f, uint32_t interface, uint32_t len, const char *frame) {
	uint8_t body[64];
	struct writer w = body_of(body);

	put_body_u32(f, &w, interface);
	put_body_u32(f, &w, 0);
	put_body_u32(f, &w, 0);
	put_body_u32(f, &w, len);
	put_body_u32(f, &w, len);
	writer_bytes(&w, frame, strlen(frame));
	put_block(f, 6, body, (uint32_t)w.at);
}

static void put_simple_packet(struct file *f, uint32_t original, const char *frame) {
	uint8_t body[64];
	struct writer w = body_of(body);

	put_body_u32(f, &w, original);
	writer_bytes(&w, frame, strlen(frame));
	put_block(f, 3, body, (uint32_t)w.at);
}

static struct file file;

static void begin(bool little) {
	file.w = writer_of(file.bytes, sizeof(file.bytes));
	put_section(&file, little);
}

// What is read, with a blank behind each frame.
static const char *frames_of(size_t len) {
	static char text[256];
	struct storm_pcap p;
	const uint8_t *frame;
	uint32_t frame_len;

	text[0] = 0;
	assert_int_equal(storm_pcap_open(&p, file.bytes, len), 0);
	while ((frame = storm_pcap_next(&p, &frame_len))) {
		strncat(text, (const char *)frame, frame_len);
		strcat(text, " ");
	}
	return text;
}

static void lengths_that_lie_end_it(void **state) {
	static const uint32_t lengths[] = {0, 4, 11, 13, 1000, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		begin(true);
		put_interface(&file, ETHERNET);
		put_packet(&file, 0, 3, "one");
		put_u32(&file, 6);
		put_u32(&file, lengths[i]);
		put_packet(&file, 0, 3, "two");
		assert_string_equal(frames_of(file.w.at), "one ");
	}
}

static void a_frame_longer_than_its_block_is_left_out(void **state) {
	(void)state;
	begin(false);
	put_interface(&file, ETHERNET);
	put_packet(&file, 0, 5, "long");
	put_packet(&file, 0, UINT32_MAX, "longer");
	put_packet(&file, 0, 3, "two");
	assert_string_equal(frames_of(file.w.at), "two ");
}

static void a_file_may_end_anywhere(void **state) {
	(void)state;
	begin(true);
	put_interface(&file, ETHERNET);
	put_packet(&file, 0, 3, "one");
	for (size_t len = file.w.at - 1; len >= 4; len--)
		assert_string_equal(frames_of(len), "");
}

static void frames_come_in_either_byte_order(void **state) {
	(void)state;
	for (int little = 0; little < 2; little++) {
		begin(little);
		put_interface(&file, ETHERNET);
		put_packet(&file, 0, 3, "one");
		put_block(&file, 5, (const uint8_t *)"statistics", 10);
		put_block(&file, 0, (const uint8_t *)"reserved", 8);
		put_packet(&file, 0, 4, "four");
		put_simple_packet(&file, 3, "two");
		put_simple_packet(&file, 1500, "cut!");
		assert_string_equal(frames_of(file.w.at), "one four two cut! ");
	}
}

static void other_links_are_left_out(void **state) {
	(void)state;
	begin(true);
	put_packet(&file, 0, 3, "no.");
	put_interface(&file, LOOPBACK);
	put_interface(&file, ETHERNET);
	put_packet(&file, 0, 3, "no.");
	put_packet(&file, 1, 3, "one");
	put_packet(&file, 2, 3, "no.");
	put_packet(&file, 33, 3, "no.");
	put_simple_packet(&file, 3, "no.");
	assert_string_equal(frames_of(file.w.at), "one ");
}

static void a_simple_packet_is_as_long_as_was_captured(void **state) {
	(void)state;
	begin(true);
	put_interface_of(&file, ETHERNET, 5);
	put_simple_packet(&file, 1500, "longe");
	put_simple_packet(&file, 1500, "longer ones");
	assert_string_equal(frames_of(file.w.at), "longe longe ");
}

// As when two captures are put behind each other.
static void a_section_begins_anew(void **state) {
	(void)state;
	begin(true);
	put_interface(&file, ETHERNET);
	put_packet(&file, 0, 3, "one");
	put_section(&file, false);
	put_packet(&file, 0, 3, "no.");
	put_interface(&file, ETHERNET);
	put_packet(&file, 0, 3, "two");
	assert_string_equal(frames_of(file.w.at), "one two ");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_that_lie_end_it),
		cmocka_unit_test(a_frame_longer_than_its_block_is_left_out),
		cmocka_unit_test(a_file_may_end_anywhere),
		cmocka_unit_test(frames_come_in_either_byte_order),
		cmocka_unit_test(other_links_are_left_out),
		cmocka_unit_test(a_simple_packet_is_as_long_as_was_captured),
		cmocka_unit_test(a_section_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
