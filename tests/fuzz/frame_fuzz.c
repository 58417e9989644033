// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Frames: what parses lies inside, what ARP answers is at most as long as what was asked, and what
// we write we can read.

#include "arp.h"
#include "checksum.h"
#include "frame.h"
#include "fuzz.h"

#define OWN 0x0a4d0001u

static const uint8_t OWN_MAC[6] = {0x52, 0x54, 0, 0, 0, 1};

static void check_view(const uint8_t *frame, size_t size, const struct frame_view *view) {
	FUZZ_ASSERT(view->payload >= frame);
	FUZZ_ASSERT(view->payload + view->payload_len <= frame + size);
	FUZZ_ASSERT(!frame_source_is_bad(view->src, view->src_mac, OWN));
}

static void check_writing(const struct frame_view *view) {
	size_t len = FRAME_HEADER_BYTES + view->payload_len;
	uint8_t *frame = malloc(len);
	struct frame_to to = {.src = view->src,
		.dst = view->dst,
		.src_port = view->src_port,
		.dst_port = view->dst_port};
	struct frame_view again;

	FUZZ_ASSERT(frame);
	memcpy(to.src_mac, view->src_mac, 6);
	memcpy(frame + FRAME_HEADER_BYTES, view->payload, view->payload_len);
	frame_write_headers(
		frame, &to, view->payload_len, checksum_add(0, view->payload, view->payload_len));
	FUZZ_ASSERT(frame_parse(frame, len, OWN, &again) == FRAME_OK);
	FUZZ_ASSERT(again.payload_len == view->payload_len);
	free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	uint8_t *frame = fuzz_exact(data, size);
	struct frame_view view;
	uint8_t reply[2048];

	if (frame_parse(frame, size, OWN, &view) == FRAME_OK) {
		check_view(frame, size, &view);
		if (view.payload_len <= 65507)
			check_writing(&view);
	}
	FUZZ_ASSERT(arp_answer(frame, size, OWN, OWN_MAC, reply, sizeof(reply)) <=
		    (size < 60 ? 60 : size));
	free(frame);
	return 0;
}
