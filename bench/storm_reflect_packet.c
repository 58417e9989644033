// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Frames in, frames out. A DHCP request is turned into its reply: the fixed part stays, the options
// are the fewest that a server sends, since each costs the client time to read. A TFTP block is
// copied with a sum that is known.

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "checksum.h"
#include "frame.h"
#include "storm_clock.h"
#include "storm_datagram.h"
#include "storm_reflect.h"
#include "storm_stop.h"

#define FIXED_BYTES 240u // with the cookie
#define GIADDR_AT   24u
#define LEASE_S     3600u

enum {
	OPTION_MASK = 1,
	OPTION_LEASE = 51,
	OPTION_TYPE = 53,
	OPTION_SERVER_ID = 54,
	OPTION_CLIENT_ID = 61,
	OPTION_END = 255,
};

struct reflector {
	const struct storm_reflect *settings;
	struct storm_packet *packet;
	uint64_t blocks;
	uint8_t *content; // one block, sent again and again
	uint32_t content_sum;
	char oack[STORM_REFLECT_OACK_SIZE];
	size_t oack_len;
};

// An option of a request with its code and length, NULL if there is none.
static const uint8_t *find_option(const struct frame_view *view, uint8_t code) {
	struct reader r = reader_of(view->payload, view->payload_len);

	reader_take(&r, FIXED_BYTES);
	while (reader_left(&r)) {
		uint8_t option = reader_u8(&r);
		uint8_t len = reader_u8(&r);
		const uint8_t *data = reader_take(&r, len);

		if (option == code && data)
			return data - 2;
	}
	return NULL;
}

// The message type of a request, 0 if there is none.
static uint8_t type_of(const struct frame_view *view) {
	const uint8_t *option = find_option(view, OPTION_TYPE);

	return option && option[1] == 1 ? option[2] : 0;
}

static size_t write_reply(const struct storm_reflect *s, const struct frame_view *view,
	uint8_t type, uint8_t *message) {
	struct writer w = writer_of(message, STORM_FRAME_SIZE - FRAME_HEADER_BYTES);
	const uint8_t *client_id = find_option(view, OPTION_CLIENT_ID);

	writer_bytes(&w, view->payload, FIXED_BYTES);
	message[0] = 2;
	memcpy(message + 16,
		(uint8_t[]){10, view->payload[31], view->payload[32], view->payload[33]}, 4);
	writer_bytes(&w, (uint8_t[]){OPTION_TYPE, 1, type, OPTION_SERVER_ID, 4}, 5);
	writer_u32(&w, s->address);
	writer_bytes(&w, (uint8_t[]){OPTION_LEASE, 4}, 2);
	writer_u32(&w, LEASE_S);
	writer_bytes(&w, (uint8_t[]){OPTION_MASK, 4, 255, 0, 0, 0}, 6);
	if (client_id)
		writer_bytes(&w, client_id, 2 + client_id[1]);
	writer_u8(&w, OPTION_END);
	writer_fill(&w, 0, 300 - w.at);
	return w.at;
}

// The relay that asks, 0 if there is none.
static uint32_t relay_of(const struct frame_view *view) {
	struct reader r = reader_of(view->payload + GIADDR_AT, 4);

	return reader_u32(&r);
}

static void answer_dhcp(struct reflector *r, const struct frame_view *view) {
	struct frame_to to = {
		.src = r->settings->address, .dst = UINT32_MAX, .src_port = 67, .dst_port = 68};
	uint8_t type = type_of(view);
	uint32_t relay;
	uint8_t *reply;
	size_t size;

	if (type != 1 && type != 3)
		return;
	reply = storm_packet_room(r->packet);
	size = write_reply(r->settings, view, type == 1 ? 2 : 5, reply + FRAME_HEADER_BYTES);
	relay = relay_of(view);
	if (relay) {
		to.dst = relay;
		to.dst_port = 67;
	}
	memcpy(to.src_mac, r->packet->mac, 6);
	memcpy(to.dst_mac, view->src_mac, 6);
	frame_write_headers(
		reply, &to, (uint16_t)size, checksum_add(0, reply + FRAME_HEADER_BYTES, size));
	storm_packet_push(r->packet, FRAME_HEADER_BYTES + size);
}

static void send_block(struct reflector *r, const struct frame_to *to, uint64_t block) {
	uint8_t *frame = storm_packet_room(r->packet);
	uint8_t *payload = frame + FRAME_HEADER_BYTES;
	uint64_t left = r->settings->size - (block - 1) * r->settings->blksize;
	size_t len = left < r->settings->blksize ? (size_t)left : r->settings->blksize;
	uint32_t sum;

	memcpy(payload, (uint8_t[]){0, 3, (uint8_t)(block >> 8), (uint8_t)block}, 4);
	memcpy(payload + 4, r->content, len);
	sum = checksum_add(0, payload, 4);
	if (len == r->settings->blksize)
		sum += r->content_sum;
	else
		sum = checksum_add(sum, r->content, len);
	frame_write_headers(frame, to, (uint16_t)(4 + len), sum);
	storm_packet_push(r->packet, FRAME_HEADER_BYTES + 4 + len);
}

static void answer_tftp(struct reflector *r, const struct frame_view *view) {
	const uint8_t *packet = view->payload;
	struct frame_to to = {.src = view->dst,
		.dst = view->src,
		.src_port = r->settings->port,
		.dst_port = view->src_port};
	uint64_t block;

	memcpy(to.src_mac, r->packet->mac, 6);
	memcpy(to.dst_mac, view->src_mac, 6);
	if (view->payload_len > 4 && packet[1] == 1)
		storm_datagram_send(r->packet, &to, (const uint8_t *)r->oack, r->oack_len);
	if (view->payload_len != 4 || packet[1] != 4)
		return;
	block = (uint64_t)packet[2] << 8 | packet[3];
	for (uint16_t i = 0; i < r->settings->window && block < r->blocks; i++)
		send_block(r, &to, ++block);
}

static void receive(void *arg, const uint8_t *frame, size_t len) {
	struct reflector *r = arg;
	struct frame_view view;
	enum frame_error error = frame_parse(frame, len, r->settings->address, &view);

	if (error == FRAME_ARP && storm_datagram_arp_target(frame, len) == r->settings->address)
		storm_datagram_arp_answer(
			r->packet, frame, len, r->settings->address, r->packet->mac);
	if (error != FRAME_OK)
		return;
	if (view.dst_port == 67)
		answer_dhcp(r, &view);
	else if (view.dst == r->settings->address && view.dst_port == r->settings->port)
		answer_tftp(r, &view);
}

static void prepare(struct reflector *r) {
	storm_reflect_content(r->settings, r->content);
	r->content_sum = checksum_add(0, r->content, r->settings->blksize);
	r->blocks = r->settings->size / r->settings->blksize + 1;
	r->oack_len = storm_reflect_oack(r->settings, r->oack);
}

int storm_reflect_packet(const struct storm_reflect *settings, struct storm_packet *packet) {
	struct reflector r = {.settings = settings, .packet = packet};
	uint64_t end_us =
		settings->deadline_us ? storm_clock_us() + settings->deadline_us : UINT64_MAX;

	r.content = malloc(settings->blksize);
	if (!r.content)
		return -ENOMEM;
	prepare(&r);
	while (!storm_stop_wanted() && storm_clock_us() < end_us)
		storm_packet_poll(packet, 100000, receive, &r);
	free(r.content);
	return 0;
}
