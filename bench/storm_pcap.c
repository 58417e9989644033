// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng.

#include "storm_pcap.h"

#include <errno.h>

#define PCAP_HEADER    24u
#define BLOCK_MIN      12u // type, length, and the length again
#define ETHERNET       1u
#define BYTE_ORDER     0x1a2b3c4du
#define SECTION_HEADER 0x0a0d0d0au // reads the same in both orders

enum { BLOCK_INTERFACE = 1, BLOCK_SIMPLE_PACKET = 3, BLOCK_PACKET = 6 };

static uint32_t take_u32(struct storm_pcap *p, struct reader *r) {
	uint32_t value = reader_u32(r);

	return p->little ? __builtin_bswap32(value) : value;
}

static uint16_t take_u16(struct storm_pcap *p, struct reader *r) {
	uint16_t value = reader_u16(r);

	return p->little ? __builtin_bswap16(value) : value;
}

int storm_pcap_open(struct storm_pcap *p, const uint8_t *bytes, size_t len) {
	uint32_t magic;

	*p = (struct storm_pcap){.r = reader_of(bytes, len)};
	magic = reader_u32(&p->r);
	if (magic == SECTION_HEADER) {
		p->blocks = true;
		p->r = reader_of(bytes, len);
		return 0;
	}
	p->little = magic == 0xd4c3b2a1 || magic == 0x4d3cb2a1;
	if (!p->little && magic != 0xa1b2c3d4 && magic != 0xa1b23c4d)
		return -EBADMSG;
	reader_take(&p->r, PCAP_HEADER - 8);
	return take_u32(p, &p->r) == ETHERNET && !p->r.failed ? 0 : -EBADMSG;
}

static const uint8_t *next_record(struct storm_pcap *p, uint32_t *len) {
	reader_take(&p->r, 8); // the time
	*len = take_u32(p, &p->r);
	take_u32(p, &p->r);
	return reader_take(&p->r, *len);
}

// A section says in which order its numbers are, and begins its interfaces anew.
static void begin_section(struct storm_pcap *p) {
	struct reader r = p->r;

	reader_take(&r, 4); // its length, in an order that is not known yet
	p->little = reader_u32(&r) != BYTE_ORDER;
	p->interfaces = 0;
	p->ethernet = 0;
}

// False at the end.
static bool next_block(struct storm_pcap *p, uint32_t *type, struct reader *body) {
	uint32_t len;

	*type = take_u32(p, &p->r);
	if (*type == SECTION_HEADER)
		begin_section(p);
	len = take_u32(p, &p->r);
	if (p->r.failed || len < BLOCK_MIN || len % 4)
		return false;
	*body = reader_of(reader_take(&p->r, len - BLOCK_MIN), len - BLOCK_MIN);
	reader_take(&p->r, 4);
	return !p->r.failed;
}

static void add_interface(struct storm_pcap *p, struct reader *body) {
	uint32_t number = p->interfaces++;

	if (take_u16(p, body) == ETHERNET && number < STORM_PCAP_INTERFACES)
		p->ethernet |= 1u << number;
	take_u16(p, body);
	if (number == 0)
		p->snaplen = take_u32(p, body);
}

static bool is_ethernet(const struct storm_pcap *p, uint32_t interface) {
	return interface < STORM_PCAP_INTERFACES && p->ethernet >> interface & 1;
}

// NULL: not of Ethernet, or its length lies.
static const uint8_t *packet_of(struct storm_pcap *p, struct reader *body, uint32_t *len) {
	uint32_t interface = take_u32(p, body);
	const uint8_t *frame;

	reader_take(body, 8); // the time
	*len = take_u32(p, body);
	take_u32(p, body);
	frame = reader_take(body, *len);
	return is_ethernet(p, interface) ? frame : NULL;
}

// Without a length of its own: what fits into the block, and was captured of the first interface.
static const uint8_t *simple_packet_of(struct storm_pcap *p, struct reader *body, uint32_t *len) {
	uint32_t original = take_u32(p, body);
	size_t left = reader_left(body);

	*len = original < left ? original : (uint32_t)left;
	if (p->snaplen && *len > p->snaplen)
		*len = p->snaplen;
	return is_ethernet(p, 0) ? reader_take(body, *len) : NULL;
}

static const uint8_t *next_packet(struct storm_pcap *p, uint32_t *len) {
	const uint8_t *frame = NULL;
	struct reader body;
	uint32_t type;

	while (!frame && next_block(p, &type, &body)) {
		if (type == BLOCK_INTERFACE)
			add_interface(p, &body);
		else if (type == BLOCK_PACKET)
			frame = packet_of(p, &body, len);
		else if (type == BLOCK_SIMPLE_PACKET)
			frame = simple_packet_of(p, &body, len);
	}
	return frame;
}

const uint8_t *storm_pcap_next(struct storm_pcap *p, uint32_t *len) {
	return p->blocks ? next_packet(p, len) : next_record(p, len);
}
