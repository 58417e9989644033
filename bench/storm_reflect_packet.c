// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Frames in, frames out. A DHCP request is turned into its reply: the fixed part stays, the options
// are the fewest that a server sends, since each costs the client time to read. The
// contents of every file repeat those of one buffer.

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "checksum.h"
#include "frame.h"
#include "storm_clock.h"
#include "storm_datagram.h"
#include "storm_impair.h"
#include "storm_reflect.h"
#include "storm_reflect_session.h"
#include "storm_stop.h"
#include "tftp_parse.h"

#define FIXED_BYTES 240u // with the cookie
#define LEASE_S     3600u
#define SIADDR_AT   20u
#define GIADDR_AT   24u
#define FILE_AT     108u
#define FILE_SIZE   128u
#define PERIOD      16384u // of contents
#define SWEEP_US    50000u

enum {
	OPTION_MASK = 1,
	OPTION_LEASE = 51,
	OPTION_TYPE = 53,
	OPTION_SERVER_ID = 54,
	OPTION_CLIENT_ID = 61,
	OPTION_IPXE = 175,
	OPTION_END = 255,
};

struct reflector {
	const struct storm_reflect *settings;
	struct storm_packet *packet;
	struct storm_reflect_table *table;
	uint64_t now_us;
	uint64_t next_sweep_us;
	uint8_t content[PERIOD + STORM_REFLECT_BLKSIZE];
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

// Next server and file.
static void put_boot(const struct storm_reflect *s, uint8_t *message) {
	struct writer w = writer_of(message + SIADDR_AT, 4);

	writer_u32(&w, s->address);
	if (s->boot_file && strlen(s->boot_file) < FILE_SIZE)
		memcpy(message + FILE_AT, s->boot_file, strlen(s->boot_file) + 1);
}

static size_t write_reply(const struct storm_reflect *s, const struct frame_view *view,
	uint8_t type, uint8_t *message) {
	struct writer w = writer_of(message, STORM_FRAME_SIZE - FRAME_HEADER_BYTES);
	const uint8_t *client_id = find_option(view, OPTION_CLIENT_ID);

	writer_bytes(&w, view->payload, FIXED_BYTES);
	message[0] = 2;
	memcpy(message + 16,
		(uint8_t[]){10, view->payload[31], view->payload[32], view->payload[33]}, 4);
	put_boot(s, message);
	writer_bytes(&w, (uint8_t[]){OPTION_TYPE, 1, type, OPTION_SERVER_ID, 4}, 5);
	writer_u32(&w, s->address);
	writer_bytes(&w, (uint8_t[]){OPTION_LEASE, 4}, 2);
	writer_u32(&w, LEASE_S);
	writer_bytes(&w, (uint8_t[]){OPTION_MASK, 4, 255, 0, 0, 0}, 6);
	if (client_id)
		writer_bytes(&w, client_id, 2 + client_id[1]);
	// 176: iPXE shall not wait for ProxyDHCP.
	if (s->boot_file)
		writer_bytes(&w, (uint8_t[]){OPTION_IPXE, 3, 176, 1, 1}, 5);
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

static struct frame_to answer_to(struct reflector *r, const struct storm_reflect_session *s) {
	struct frame_to to = {.src = r->settings->address,
		.dst = s->address,
		.src_port = (uint16_t)(STORM_REFLECT_TID + (s - r->table->sessions)),
		.dst_port = s->port};

	memcpy(to.src_mac, r->packet->mac, 6);
	memcpy(to.dst_mac, s->mac, 6);
	return to;
}

static void send_block(struct reflector *r, const struct storm_reflect_session *s, uint64_t block) {
	const struct frame_to to = answer_to(r, s);
	uint8_t *frame = storm_packet_room(r->packet);
	uint8_t *payload = frame + FRAME_HEADER_BYTES;
	uint64_t at = (block - 1) * s->blksize;
	size_t len = s->size - at < s->blksize ? (size_t)(s->size - at) : s->blksize;
	uint32_t sum;

	memcpy(payload, (uint8_t[]){0, TFTP_DATA, (uint8_t)(block >> 8), (uint8_t)block}, 4);
	sum = checksum_copy(
		checksum_add(0, payload, 4), payload + 4, r->content + at % PERIOD, len);
	frame_write_headers(frame, &to, (uint16_t)(4 + len), sum);
	storm_packet_push(r->packet, FRAME_HEADER_BYTES + 4 + len);
}

static void send_blocks(
	struct reflector *r, const struct storm_reflect_session *s, uint32_t count) {
	for (uint32_t i = 1; i <= count; i++)
		send_block(r, s, s->acked + i);
}

static void refuse(struct reflector *r, const struct frame_view *view) {
	static const uint8_t NOT_FOUND[] = {0, TFTP_ERROR, 0, 1, 'n', 'o', 'n', 'e', 0};
	struct frame_to to = {.src = r->settings->address,
		.dst = view->src,
		.src_port = r->settings->port,
		.dst_port = view->src_port};

	memcpy(to.src_mac, r->packet->mac, 6);
	memcpy(to.dst_mac, view->src_mac, 6);
	storm_datagram_send(r->packet, &to, NOT_FOUND, sizeof(NOT_FOUND));
}

// Whether there is such a file, and its size.
static bool find_file(
	const struct storm_reflect *settings, const struct tftp_request *request, uint64_t *size) {
	const struct storm_catalog *files = settings->files;

	*size = settings->size;
	for (uint32_t i = 0; files && i < files->count; i++) {
		const struct storm_catalog_file *f = &files->files[i];

		*size = f->size;
		if (strlen(f->name) == request->name_len &&
			!memcmp(f->name, request->name, request->name_len))
			return f->seen;
	}
	return !files;
}

static void answer_request(struct reflector *r, const struct frame_view *view) {
	uint8_t oack[STORM_REFLECT_OACK_SIZE];
	struct storm_reflect_session *s;
	struct tftp_request request;
	struct frame_to to;
	size_t oack_len;
	uint64_t size;

	if (tftp_parse_opcode(view->payload, view->payload_len) != TFTP_RRQ ||
		tftp_parse_request(view->payload, view->payload_len, &request) < 0)
		return;
	if (!find_file(r->settings, &request, &size)) {
		refuse(r, view);
		return;
	}
	s = storm_reflect_begin(r->table, &request, size, r->now_us, oack, sizeof(oack), &oack_len);
	if (!s)
		return;
	s->address = view->src;
	s->port = view->src_port;
	memcpy(s->mac, view->src_mac, 6);
	to = answer_to(r, s);
	if (oack_len)
		storm_datagram_send(r->packet, &to, oack, oack_len);
	else
		send_blocks(r, s, 1);
}

static void answer_ack(struct reflector *r, const struct frame_view *view) {
	struct storm_reflect_session *s;

	if (view->dst_port < STORM_REFLECT_TID)
		return;
	s = &r->table->sessions[view->dst_port - STORM_REFLECT_TID];
	if (s->live && s->address == view->src && s->port == view->src_port)
		send_blocks(
			r, s, storm_reflect_heard(s, view->payload, view->payload_len, r->now_us));
}

static void sweep(struct reflector *r) {
	r->now_us = storm_clock_us();
	if (r->now_us < r->next_sweep_us)
		return;
	r->next_sweep_us = r->now_us + SWEEP_US;
	for (uint32_t i = 0; i < STORM_REFLECT_SESSIONS; i++) {
		struct storm_reflect_session *s = &r->table->sessions[i];

		if (s->live)
			send_blocks(r, s, storm_reflect_again(s, r->now_us));
	}
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
		answer_request(r, &view);
	else if (view.dst == r->settings->address)
		answer_ack(r, &view);
}

static void fill_content(struct reflector *r) {
	uint64_t random = 1;

	for (uint32_t i = 0; i < PERIOD; i++)
		r->content[i] = (uint8_t)(storm_random(&random) >> 32);
	memcpy(r->content + PERIOD, r->content, STORM_REFLECT_BLKSIZE);
}

int storm_reflect_packet(const struct storm_reflect *settings, struct storm_packet *packet) {
	uint64_t end_us =
		settings->deadline_us ? storm_clock_us() + settings->deadline_us : UINT64_MAX;
	struct reflector *r = calloc(1, sizeof(*r));
	int err = -ENOMEM;

	if (r)
		r->table = calloc(1, sizeof(*r->table));
	if (r && r->table) {
		r->settings = settings;
		r->packet = packet;
		r->table->blksize_max = settings->blksize;
		r->table->window_max = settings->window ? settings->window : UINT16_MAX;
		fill_content(r);
		while (!storm_stop_wanted() && storm_clock_us() < end_us) {
			sweep(r);
			storm_packet_poll(packet, SWEEP_US / 2, receive, r);
		}
		err = 0;
	}
	if (r)
		free(r->table);
	free(r);
	return err;
}
