// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// ARP replies and ICMP echo replies for ports that no kernel stands behind. Everything else about
// neighbours is not needed: replies go to the MAC that asked.

#include "arp.h"

#include <string.h>

#include "bytes.h"
#include "checksum.h"
#include "frame.h"

#define ETHER_HEADER   14u
#define ARP_BYTES      28u
#define ETHER_MIN      60u
#define ICMP_HEADER    8u
#define ICMP_ECHO      8u
#define ETHERTYPE_ARP  0x0806u
#define ETHERTYPE_IPV4 0x0800u

// Who asks, in an ARP request for own (RFC 826); false for anything else.
static bool parse_arp(
	struct reader *r, uint32_t own, const uint8_t **sender_mac, uint32_t *sender) {
	uint16_t hardware = reader_u16(r);
	uint16_t protocol = reader_u16(r);
	uint16_t lengths = reader_u16(r);
	uint16_t operation = reader_u16(r);
	uint32_t target;

	*sender_mac = reader_take(r, 6);
	*sender = reader_u32(r);
	reader_take(r, 6);
	target = reader_u32(r);
	if (r->failed || hardware != 1 || protocol != ETHERTYPE_IPV4 || lengths != 0x0604)
		return false;
	return operation == 1 && target == own && !frame_source_is_bad(*sender, *sender_mac, own);
}

static size_t answer_arp(const uint8_t *frame, size_t len, uint32_t own, const uint8_t own_mac[6],
	uint8_t *reply, size_t size) {
	struct reader r = reader_of(frame + ETHER_HEADER, len - ETHER_HEADER);
	struct writer w = writer_of(reply, size);
	const uint8_t *sender_mac;
	uint32_t sender;

	if (!parse_arp(&r, own, &sender_mac, &sender))
		return 0;
	writer_bytes(&w, sender_mac, 6);
	writer_bytes(&w, own_mac, 6);
	writer_u16(&w, ETHERTYPE_ARP);
	writer_u16(&w, 1);
	writer_u16(&w, ETHERTYPE_IPV4);
	writer_u16(&w, 0x0604);
	writer_u16(&w, 2);
	writer_bytes(&w, own_mac, 6);
	writer_u32(&w, own);
	writer_bytes(&w, sender_mac, 6);
	writer_u32(&w, sender);
	writer_fill(&w, 0, ETHER_MIN - ETHER_HEADER - ARP_BYTES);
	return w.failed ? 0 : w.at;
}

static void store_sum(uint8_t *at, const void *data, size_t len) {
	uint16_t sum;

	memset(at, 0, sizeof(sum));
	sum = (uint16_t)~checksum_fold(checksum_add(0, data, len));
	memcpy(at, &sum, sizeof(sum));
}

// The ICMP message of an echo request to own, its length in *icmp_len; NULL for anything else.
static const uint8_t *find_echo(const uint8_t *frame, size_t len, uint32_t own, size_t *icmp_len) {
	struct frame_view view;
	const uint8_t *ip = frame + ETHER_HEADER;
	size_t header_len, total;

	if (frame_parse(frame, len, own, &view) != FRAME_ICMP || view.dst != own || view.src == 0)
		return NULL;
	header_len = (size_t)(ip[0] & 15) * 4;
	total = (size_t)(ip[2] << 8 | ip[3]);
	*icmp_len = total - header_len;
	if (*icmp_len < ICMP_HEADER || ip[header_len] != ICMP_ECHO || ip[header_len + 1] != 0)
		return NULL;
	if (checksum_fold(checksum_add(0, ip + header_len, *icmp_len)) != 0xffff)
		return NULL;
	return ip + header_len;
}

// RFC 792: the same message with type 0. Built with a fresh 20-byte IPv4 header: options are
// dropped.
static size_t answer_echo(const uint8_t *frame, size_t len, uint32_t own, const uint8_t own_mac[6],
	uint8_t *reply, size_t size) {
	struct writer w = writer_of(reply, size);
	const uint8_t *ip = frame + ETHER_HEADER;
	size_t icmp_len;
	const uint8_t *icmp = find_echo(frame, len, own, &icmp_len);
	uint8_t *reply_ip, *reply_icmp;

	if (!icmp || memcmp(frame, own_mac, 6) != 0)
		return 0;
	writer_bytes(&w, frame + 6, 6);
	writer_bytes(&w, own_mac, 6);
	writer_u16(&w, ETHERTYPE_IPV4);
	reply_ip = w.data + w.at;
	writer_u16(&w, 0x4500);
	writer_u16(&w, (uint16_t)(20 + icmp_len));
	writer_bytes(&w, ip + 4, 4); // id, fragment field: parse has shown that it is no fragment
	writer_u16(&w, 64 << 8 | 1);
	writer_u16(&w, 0);
	writer_u32(&w, own);
	writer_bytes(&w, ip + 12, 4);
	reply_icmp = w.data + w.at;
	writer_bytes(&w, icmp, icmp_len);
	if (w.failed)
		return 0;
	store_sum(reply_ip + 10, reply_ip, 20);
	reply_icmp[0] = 0;
	store_sum(reply_icmp + 2, reply_icmp, icmp_len);
	return w.at;
}

size_t arp_answer(const uint8_t *frame, size_t len, uint32_t own, const uint8_t own_mac[6],
	uint8_t *reply, size_t size) {
	uint16_t ethertype;

	if (len < ETHER_HEADER)
		return 0;
	ethertype = (uint16_t)(frame[12] << 8 | frame[13]);
	if (ethertype == ETHERTYPE_ARP)
		return answer_arp(frame, len, own, own_mac, reply, size);
	if (ethertype == ETHERTYPE_IPV4)
		return answer_echo(frame, len, own, own_mac, reply, size);
	return 0;
}
