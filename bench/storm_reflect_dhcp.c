// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A request is turned into its reply: the fixed part stays, the options are four of ours.

#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "checksum.h"
#include "frame.h"
#include "storm_clock.h"
#include "storm_reflect.h"
#include "storm_stop.h"

#define FIXED_BYTES 240u // with the cookie
#define LEASE_S     3600u

enum {
	OPTION_TYPE = 53,
	OPTION_LEASE = 51,
	OPTION_SERVER_ID = 54,
	OPTION_END = 255,
};

struct reflector {
	const struct storm_reflect_dhcp *settings;
	struct storm_packet *packet;
};

// The message type of a request, 0 if there is none.
static uint8_t type_of(const struct frame_view *view) {
	struct reader r = reader_of(view->payload, view->payload_len);

	reader_take(&r, FIXED_BYTES);
	while (reader_left(&r)) {
		uint8_t option = reader_u8(&r);
		uint8_t len = reader_u8(&r);
		const uint8_t *data = reader_take(&r, len);

		if (option == OPTION_TYPE && data && len == 1)
			return data[0];
	}
	return 0;
}

static size_t write_reply(const struct storm_reflect_dhcp *s, const struct frame_view *view,
	uint8_t type, uint8_t *message) {
	struct writer w = writer_of(message, STORM_FRAME_SIZE - FRAME_HEADER_BYTES);

	writer_bytes(&w, view->payload, FIXED_BYTES);
	message[0] = 2;
	memcpy(message + 16,
		(uint8_t[]){10, view->payload[31], view->payload[32], view->payload[33]}, 4);
	writer_bytes(&w, (uint8_t[]){OPTION_TYPE, 1, type, OPTION_SERVER_ID, 4}, 5);
	writer_u32(&w, s->address);
	writer_bytes(&w, (uint8_t[]){OPTION_LEASE, 4}, 2);
	writer_u32(&w, LEASE_S);
	writer_u8(&w, OPTION_END);
	writer_fill(&w, 0, 300 - w.at);
	return w.at;
}

static void receive(void *arg, const uint8_t *frame, size_t len) {
	struct reflector *r = arg;
	struct frame_view view;
	struct frame_to to = {
		.src = r->settings->address, .dst = UINT32_MAX, .src_port = 67, .dst_port = 68};
	uint8_t *reply;
	uint8_t type;
	size_t size;

	if (frame_parse(frame, len, 0xffffffff, &view) != FRAME_OK || view.dst_port != 67)
		return;
	type = type_of(&view);
	if (type != 1 && type != 3)
		return;
	reply = storm_packet_room(r->packet);
	size = write_reply(r->settings, &view, type == 1 ? 2 : 5, reply + FRAME_HEADER_BYTES);
	memcpy(to.src_mac, r->packet->mac, 6);
	memcpy(to.dst_mac, view.src_mac, 6);
	frame_write_headers(
		reply, &to, (uint16_t)size, checksum_add(0, reply + FRAME_HEADER_BYTES, size));
	storm_packet_push(r->packet, FRAME_HEADER_BYTES + size);
}

int storm_reflect_dhcp(const struct storm_reflect_dhcp *settings, struct storm_packet *packet) {
	struct reflector r = {settings, packet};
	uint64_t end_us =
		settings->deadline_us ? storm_clock_us() + settings->deadline_us : UINT64_MAX;

	while (!storm_stop_wanted() && storm_clock_us() < end_us)
		storm_packet_poll(packet, 100000, receive, &r);
	return 0;
}
