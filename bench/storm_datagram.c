// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// User-space UDP over storm_packet. Relies on frame.h and arp.h of lib/.

#include "storm_datagram.h"

#include <errno.h>
#include <string.h>

#include "arp.h"
#include "bytes.h"
#include "checksum.h"
#include "storm_clock.h"

#define UDP_CHECKSUM_AT 40u
#define ARP_BYTES       42u
#define ARP_WAIT_US     200000u
#define ARP_TRIES       10
#define ARP_REQUEST     1u
#define ARP_REPLY       2u
#define ETHERTYPE_ARP   0x0806u

static uint8_t *write_frame(
	struct storm_packet *p, const struct frame_to *to, const uint8_t *payload, size_t len) {
	uint8_t *frame = storm_packet_room(p);
	uint32_t sum = checksum_copy(0, frame + FRAME_HEADER_BYTES, payload, len);

	frame_write_headers(frame, to, (uint16_t)len, sum);
	return frame;
}

void storm_datagram_send(
	struct storm_packet *p, const struct frame_to *to, const uint8_t *payload, size_t len) {
	if (len > STORM_FRAME_SIZE - FRAME_HEADER_BYTES)
		return;
	write_frame(p, to, payload, len);
	storm_packet_push(p, FRAME_HEADER_BYTES + len);
}

void storm_datagram_send_bare(
	struct storm_packet *p, const struct frame_to *to, const uint8_t *payload, size_t len) {
	if (len > STORM_FRAME_SIZE - FRAME_HEADER_BYTES)
		return;
	memset(write_frame(p, to, payload, len) + UDP_CHECKSUM_AT, 0, 2);
	storm_packet_push(p, FRAME_HEADER_BYTES + len);
}

void storm_datagram_mac(const uint8_t base[6], uint64_t number, uint8_t mac[6]) {
	for (int i = 0; i < 6; i++)
		number += (uint64_t)base[i] << (8 * (5 - i));
	for (int i = 5; i >= 0; i--, number >>= 8)
		mac[i] = (uint8_t)number;
}

struct arp_view {
	uint16_t operation;
	uint32_t sender;
	uint32_t target;
	const uint8_t *sender_mac;
};

static bool parse_arp(const uint8_t *frame, size_t len, struct arp_view *view) {
	struct reader r = reader_of(frame, len);
	bool arp;

	reader_take(&r, 12);
	arp = reader_u16(&r) == ETHERTYPE_ARP;
	reader_take(&r, 6);
	view->operation = reader_u16(&r);
	view->sender_mac = reader_take(&r, 6);
	view->sender = reader_u32(&r);
	reader_take(&r, 6);
	view->target = reader_u32(&r);
	return arp && !r.failed;
}

uint32_t storm_datagram_arp_target(const uint8_t *frame, size_t len) {
	struct arp_view view;

	return parse_arp(frame, len, &view) && view.operation == ARP_REQUEST ? view.target : 0;
}

void storm_datagram_arp_answer(struct storm_packet *p, const uint8_t *frame, size_t len,
	uint32_t target, const uint8_t mac[6]) {
	size_t size = arp_answer(frame, len, target, mac, storm_packet_room(p), STORM_FRAME_SIZE);

	if (size)
		storm_packet_push(p, size);
}

struct question {
	uint32_t target;
	bool answered;
	uint8_t mac[6];
};

static void take_answer(void *arg, const uint8_t *frame, size_t len) {
	struct question *q = arg;
	struct arp_view view;

	if (!parse_arp(frame, len, &view) || view.operation != ARP_REPLY ||
		view.sender != q->target)
		return;
	q->answered = true;
	memcpy(q->mac, view.sender_mac, 6);
}

static void ask(struct storm_packet *p, uint32_t own, const uint8_t mac[6], uint32_t target) {
	struct writer w = writer_of(storm_packet_room(p), STORM_FRAME_SIZE);

	writer_fill(&w, 0xff, 6);
	writer_bytes(&w, mac, 6);
	writer_u16(&w, ETHERTYPE_ARP);
	writer_bytes(&w, "\0\1\10\0\6\4", 6);
	writer_u16(&w, ARP_REQUEST);
	writer_bytes(&w, mac, 6);
	writer_u32(&w, own);
	writer_fill(&w, 0, 6);
	writer_u32(&w, target);
	storm_packet_push(p, ARP_BYTES);
}

int storm_datagram_resolve(struct storm_packet *p, uint32_t own, const uint8_t mac[6],
	uint32_t target, uint8_t target_mac[6]) {
	struct question q = {.target = target};

	for (int i = 0; i < ARP_TRIES && !q.answered; i++) {
		uint64_t end_us = storm_clock_us() + ARP_WAIT_US;

		ask(p, own, mac, target);
		while (!q.answered && storm_clock_us() < end_us)
			storm_packet_poll(p, ARP_WAIT_US / 10, take_answer, &q);
	}
	if (!q.answered)
		return -EHOSTUNREACH;
	memcpy(target_mac, q.mac, 6);
	return 0;
}
