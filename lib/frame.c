// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Ethernet, IPv4 and UDP headers. Lengths are checked before anything is read; each step of the
// parser takes the frame one layer further or says why not.

#include "frame.h"

#include <stdbool.h>
#include <string.h>

#include "checksum.h"

#define ETHER_HEADER    14u
#define MACS            12u
#define ETHERTYPE_TAG   0x8100u
#define VLAN_MASK       0x0fffu
#define IPV4_HEADER_MIN 20u
#define UDP_HEADER      8u
#define IPV4_DONT_FRAG  0x4000u
#define IPV4_FRAG_BITS  0x3fffu // more fragments, offset
#define PROTOCOL_ICMP   1u
#define PROTOCOL_UDP    17u
#define DEFAULT_TTL     64u

static uint16_t get16(const uint8_t *p) {
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p) {
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void put16(uint8_t *p, uint32_t value) {
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void put32(uint8_t *p, uint32_t value) {
	put16(p, value >> 16);
	put16(p + 2, value);
}

// The pseudo header of RFC 768 in memory order: both addresses as they stand in the IPv4 header.
static uint32_t pseudo_sum(const uint8_t *ip, uint16_t udp_len) {
	uint8_t rest[4] = {0, PROTOCOL_UDP, (uint8_t)(udp_len >> 8), (uint8_t)udp_len};

	return checksum_header(checksum_header(0, ip + 12, 8), rest, sizeof(rest));
}

static enum frame_error parse_ethernet(const uint8_t *frame, size_t len, struct frame_view *view) {
	uint16_t ethertype;

	if (len < ETHER_HEADER)
		return FRAME_SHORT;
	memcpy(view->dst_mac, frame, 6);
	memcpy(view->src_mac, frame + 6, 6);
	view->ip_offset = ETHER_HEADER;
	ethertype = get16(frame + 12);
	if (ethertype == 0x0806)
		return FRAME_ARP;
	return ethertype == 0x0800 ? FRAME_OK : FRAME_NOT_IPV4;
}

uint16_t frame_vlan(const uint8_t *frame, size_t len, bool *tagged) {
	*tagged = len >= ETHER_HEADER + FRAME_TAG_BYTES && get16(frame + MACS) == ETHERTYPE_TAG;
	return *tagged ? get16(frame + MACS + 2) & VLAN_MASK : 0;
}

void frame_untag(uint8_t *frame) {
	memmove(frame + FRAME_TAG_BYTES, frame, MACS);
}

void frame_tag(uint8_t *frame, uint16_t vlan) {
	frame -= FRAME_TAG_BYTES;
	memmove(frame, frame + FRAME_TAG_BYTES, MACS);
	put16(frame + MACS, ETHERTYPE_TAG);
	put16(frame + MACS + 2, vlan);
}

// Checks the IPv4 header at ip with left bytes behind it. *header_len and *payload_len are set.
static enum frame_error parse_ipv4(
	const uint8_t *ip, size_t left, uint16_t *header_len, uint16_t *payload_len) {
	uint16_t total;

	if (left < IPV4_HEADER_MIN)
		return FRAME_SHORT;
	*header_len = (uint16_t)((ip[0] & 15) * 4);
	total = get16(ip + 2);
	if (ip[0] >> 4 != 4 || *header_len < IPV4_HEADER_MIN || total < *header_len)
		return FRAME_BAD_HEADER;
	if (total > left)
		return FRAME_SHORT;
	if (checksum_fold(checksum_header(0, ip, *header_len)) != 0xffff)
		return FRAME_BAD_IP_CHECKSUM;
	if (get16(ip + 6) & IPV4_FRAG_BITS)
		return FRAME_FRAGMENT;
	*payload_len = (uint16_t)(total - *header_len);
	return FRAME_OK;
}

bool frame_source_is_bad(uint32_t src, const uint8_t src_mac[6], uint32_t own) {
	if (src_mac[0] & 1)
		return true;
	// 224/4 is multicast, 240/4 reserved with the broadcast address, 127/8 loopback.
	return src >= 0xe0000000 || src >> 24 == 127 || (own && src == own);
}

// RFC 768: 0 means that the sender made none. veth hands over frames whose checksum the sending
// kernel left unfinished: the field then holds the folded pseudo-header sum.
static bool udp_checksum_good(const uint8_t *ip, const uint8_t *udp, uint16_t udp_len) {
	uint32_t pseudo = pseudo_sum(ip, udp_len);
	uint16_t stored;

	memcpy(&stored, udp + 6, sizeof(stored));
	if (stored == 0 || stored == checksum_fold(pseudo))
		return true;
	return checksum_fold(checksum_add(pseudo, udp, udp_len)) == 0xffff;
}

static enum frame_error parse_udp(
	const uint8_t *ip, const uint8_t *udp, uint16_t left, struct frame_view *view) {
	uint16_t udp_len;

	if (left < UDP_HEADER)
		return FRAME_BAD_HEADER;
	udp_len = get16(udp + 4);
	if (udp_len < UDP_HEADER || udp_len > left)
		return FRAME_BAD_HEADER;
	if (!udp_checksum_good(ip, udp, udp_len))
		return FRAME_BAD_UDP_CHECKSUM;
	view->src_port = get16(udp);
	view->dst_port = get16(udp + 2);
	view->payload = udp + UDP_HEADER;
	view->payload_len = (uint16_t)(udp_len - UDP_HEADER);
	return FRAME_OK;
}

enum frame_error frame_parse(
	const uint8_t *frame, size_t len, uint32_t own, struct frame_view *view) {
	uint16_t header_len = 0, payload_len = 0;
	enum frame_error error = parse_ethernet(frame, len, view);
	const uint8_t *ip = frame + ETHER_HEADER;

	if (error != FRAME_OK)
		return error;
	error = parse_ipv4(ip, len - ETHER_HEADER, &header_len, &payload_len);
	if (error != FRAME_OK)
		return error;
	view->src = get32(ip + 12);
	view->dst = get32(ip + 16);
	if (frame_source_is_bad(view->src, view->src_mac, own))
		return FRAME_BAD_SOURCE;
	if (ip[9] == PROTOCOL_ICMP)
		return FRAME_ICMP;
	if (ip[9] != PROTOCOL_UDP)
		return FRAME_NOT_UDP;
	return parse_udp(ip, ip + header_len, payload_len, view);
}

// What is written is summed by value, in host order (RFC 1071 §2 B), and not read back: a load that
// spans two stores waits for both.
static uint32_t words_of(uint32_t address) {
	return (address >> 16) + (address & 0xffff);
}

static uint32_t addresses_sum(const struct frame_to *to) {
	return words_of(to->src) + words_of(to->dst);
}

static void write_ipv4(uint8_t *ip, const struct frame_to *to, uint16_t total) {
	uint32_t ttl = to->ttl ? to->ttl : DEFAULT_TTL;
	uint32_t sum = 0x4500 + total + to->ip_id + IPV4_DONT_FRAG + (ttl << 8 | PROTOCOL_UDP) +
		       addresses_sum(to);

	put16(ip, 0x4500);
	put16(ip + 2, total);
	put16(ip + 4, to->ip_id);
	put16(ip + 6, IPV4_DONT_FRAG);
	ip[8] = (uint8_t)ttl;
	ip[9] = PROTOCOL_UDP;
	put16(ip + 10, (uint16_t)~checksum_fold(sum));
	put32(ip + 12, to->src);
	put32(ip + 16, to->dst);
}

static void write_udp(uint8_t *udp, const struct frame_to *to, uint16_t len, uint32_t payload_sum) {
	uint16_t payload_fold = checksum_fold(payload_sum); // in memory order
	uint32_t sum = addresses_sum(to) + PROTOCOL_UDP + len + to->src_port + to->dst_port + len +
		       get16((const uint8_t *)&payload_fold);

	sum = (uint16_t)~checksum_fold(sum);
	if (sum == 0) // RFC 768: a computed zero is sent as all ones
		sum = 0xffff;
	put16(udp, to->src_port);
	put16(udp + 2, to->dst_port);
	put16(udp + 4, len);
	put16(udp + 6, sum);
}

void frame_write_headers(
	uint8_t *frame, const struct frame_to *to, uint16_t payload_len, uint32_t payload_sum) {
	uint8_t *ip = frame + ETHER_HEADER;
	uint16_t udp_len = (uint16_t)(payload_len + UDP_HEADER);

	memcpy(frame, to->dst_mac, 6);
	memcpy(frame + 6, to->src_mac, 6);
	put16(frame + 12, 0x0800);
	write_ipv4(ip, to, (uint16_t)(udp_len + IPV4_HEADER_MIN));
	write_udp(ip + IPV4_HEADER_MIN, to, udp_len, payload_sum);
}
