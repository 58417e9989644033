// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Parsing, copying, summing: no state but the bytes.

#include <stdlib.h>
#include <string.h>

#include "checksum.h"
#include "dhcp_parse.h"
#include "micro.h"
#include "micro_frame.h"
#include "micro_world.h"
#include "tftp_parse.h"

#define BLOCK_BYTES 1468u
#define AREA_BYTES  (1u << 20) // of a file: more than the second-level cache of some, less of others
#define BUFFERS     64u        // as many as wait for a port
#define BUFFER_SIZE 2048u

struct codec {
	struct micro_frame frame;
	uint8_t *area;
	uint8_t *buffer;
	uint32_t at;   // in area
	uint32_t next; // buffer
};

static void *begin_frame(const struct micro_case *c) {
	struct codec *codec = micro_memory(sizeof(*codec));

	(void)c;
	micro_frame_ack(&codec->frame, MICRO_CLIENT, 2000, 40000);
	micro_frame_block(&codec->frame, 1);
	return codec;
}

static void *begin_read(const struct micro_case *c) {
	struct codec *codec = micro_memory(sizeof(*codec));

	(void)c;
	micro_frame_read(&codec->frame, MICRO_CLIENT, 2000, 4);
	return codec;
}

static void *begin_discover(const struct micro_case *c) {
	struct codec *codec = micro_memory(sizeof(*codec));
	uint8_t mac[6];

	(void)c;
	micro_client_mac(1, mac);
	micro_frame_discover(&codec->frame);
	micro_frame_machine(&codec->frame, mac, 0);
	return codec;
}

static void *begin_copy(const struct micro_case *c) {
	struct codec *codec = micro_memory(sizeof(*codec));

	(void)c;
	codec->area = micro_memory(AREA_BYTES + BLOCK_BYTES);
	codec->buffer = micro_memory(BUFFERS * BUFFER_SIZE);
	for (uint32_t i = 0; i < AREA_BYTES; i++)
		codec->area[i] = (uint8_t)(i * 2654435761u >> 13);
	return codec;
}

static void end(void *state) {
	struct codec *codec = state;

	free(codec->area);
	free(codec->buffer);
	free(codec);
}

static void parse_frame(void *state, uint32_t steps) {
	struct codec *codec = state;
	struct frame_view view;

	for (uint32_t i = 0; i < steps; i++) {
		if (frame_parse(codec->frame.bytes, codec->frame.len, MICRO_OWN, &view))
			micro_die("frame", "was not parsed");
		micro_sink = view.dst_port;
	}
}

static uint32_t parse_options(const struct tftp_request *request) {
	struct reader reader = reader_of(request->options, request->options_len);
	struct tftp_option_view option;
	uint32_t count = 0;

	while (tftp_parse_option(&reader, &option))
		count++;
	return count;
}

static void parse_read(void *state, uint32_t steps) {
	struct codec *codec = state;
	struct tftp_request request;
	size_t len = codec->frame.len - FRAME_HEADER_BYTES;

	for (uint32_t i = 0; i < steps; i++) {
		if (tftp_parse_request(micro_frame_payload(&codec->frame), len, &request) ||
			parse_options(&request) != 3)
			micro_die("read request", "was not parsed");
		micro_sink = request.name_len;
	}
}

static void parse_dhcp(void *state, uint32_t steps) {
	struct codec *codec = state;
	size_t len = codec->frame.len - FRAME_HEADER_BYTES;
	struct dhcp_view view;

	for (uint32_t i = 0; i < steps; i++) {
		if (dhcp_parse(micro_frame_payload(&codec->frame), len, &view))
			micro_die("DISCOVER", "was not parsed");
		micro_sink = view.arch;
	}
}

static const uint8_t *next_block(struct codec *codec) {
	codec->at += BLOCK_BYTES;
	if (codec->at > AREA_BYTES)
		codec->at = 0;
	return codec->area + codec->at;
}

// Behind headers of 42 + 4 bytes, as DATA stands.
static uint8_t *next_buffer(struct codec *codec) {
	codec->next = (codec->next + 1) % BUFFERS;
	return codec->buffer + codec->next * BUFFER_SIZE + FRAME_HEADER_BYTES + 4;
}

static void sum_block(void *state, uint32_t steps) {
	for (uint32_t i = 0; i < steps; i++)
		micro_sink = checksum_add(0, next_block(state), BLOCK_BYTES);
}

static void sum_and_copy_block(void *state, uint32_t steps) {
	for (uint32_t i = 0; i < steps; i++)
		micro_sink = checksum_copy(0, next_buffer(state), next_block(state), BLOCK_BYTES);
}

static void copy_block(void *state, uint32_t steps) {
	for (uint32_t i = 0; i < steps; i++) {
		uint8_t *to = next_buffer(state);

		memcpy(to, next_block(state), BLOCK_BYTES);
		__asm__ volatile("" : : "r"(to) : "memory"); // the copy is looked at
	}
}

const struct micro_case MICRO_CODEC[] = {
	{"frame-parse", "an ACK's Ethernet, IPv4 and UDP headers, checksums verified", 0, 20000,
		false, begin_frame, parse_frame, end},
	{"tftp-parse", "a read request with 3 options", 0, 20000, false, begin_read, parse_read,
		end},
	{"dhcp-parse", "the DISCOVER of EDK2", 0, 10000, false, begin_discover, parse_dhcp, end},
	{"memcpy-1468", "a block copied by the C library", 0, 10000, false, begin_copy, copy_block,
		end},
	{"checksum-copy-1468", "a block copied and summed", 0, 10000, false, begin_copy,
		sum_and_copy_block, end},
	{"checksum-1468", "a block summed", 0, 10000, false, begin_copy, sum_block, end},
};
const size_t MICRO_CODEC_COUNT = sizeof(MICRO_CODEC) / sizeof(MICRO_CODEC[0]);
