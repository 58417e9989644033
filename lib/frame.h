// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Ethernet, IPv4 and UDP around a payload. Parsing believes nothing; writing is always complete
// (both checksums), so that nothing depends on an offload.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADER_BYTES 42u // Ethernet 14 + IPv4 20 + UDP 8, no VLAN tag
#define FRAME_TAG_BYTES    4u

enum frame_error {
	FRAME_OK = 0,
	FRAME_SHORT,    // a length points beyond the frame
	FRAME_NOT_IPV4, // another ethertype: not ours (ARP is told apart by FRAME_ARP)
	FRAME_ARP,
	FRAME_ICMP, // a valid IPv4 header with protocol 1
	FRAME_NOT_UDP,
	FRAME_BAD_HEADER, // version, header length, lengths that contradict each other
	FRAME_FRAGMENT,   // we neither send nor take fragments
	FRAME_BAD_IP_CHECKSUM,
	FRAME_BAD_UDP_CHECKSUM, // neither 0, nor correct, nor the bare pseudo-header sum (veth)
	FRAME_BAD_SOURCE, // own, broadcast, multicast or loopback source, or source MAC a group
};

// Addresses in host byte order, MACs as on the wire. payload points into the frame.
struct frame_view {
	uint8_t src_mac[6];
	uint8_t dst_mac[6];
	uint32_t src;
	uint32_t dst;
	uint16_t src_port;
	uint16_t dst_port;
	uint16_t payload_len;
	uint16_t ip_offset; // of the IPv4 header in the frame
	const uint8_t *payload;
};

// The addresses of a datagram to be written.
struct frame_to {
	uint8_t src_mac[6];
	uint8_t dst_mac[6];
	uint32_t src;
	uint32_t dst;
	uint16_t src_port;
	uint16_t dst_port;
	uint16_t ip_id;
	uint8_t ttl; // 0: 64
};

// Parses a frame of len bytes. On FRAME_OK the whole view is set; on FRAME_ARP and FRAME_ICMP the
// caller may hand the frame to arp.h. IP options are skipped. Bytes after the IP datagram (padding)
// are not part of the payload. own is this port's address, which must not be the source.
enum frame_error frame_parse(
	const uint8_t *frame, size_t len, uint32_t own, struct frame_view *view);

// The VLAN by a frame's 802.1Q tag, whose priority bits do not matter. 0: there is no tag, or one
// that tells a priority alone, which belongs to the untagged network (IEEE 802.1Q, 6.9.1). *tagged:
// whether there is a tag, for frame_untag.
uint16_t frame_vlan(const uint8_t *frame, size_t len, bool *tagged);

// Takes the tag out: the frame then begins FRAME_TAG_BYTES later.
void frame_untag(uint8_t *frame);

// Puts one in, with priority 0: the frame then begins FRAME_TAG_BYTES earlier, where there must be
// room.
void frame_tag(uint8_t *frame, uint16_t vlan);

// Whether a datagram from this source can't be answered without harm: the source is our own (a
// loop), a group, broadcast, reserved or loopback address, or comes from a group MAC. 0.0.0.0 is
// good: DHCP.
bool frame_source_is_bad(uint32_t src, const uint8_t src_mac[6], uint32_t own);

// Writes the 42 bytes of headers in front of a payload of payload_len bytes that already stands at
// frame + FRAME_HEADER_BYTES. payload_sum is checksum_add(0, payload, payload_len), so that a
// cached sum can be used. payload_len is at most 65,507.
void frame_write_headers(
	uint8_t *frame, const struct frame_to *to, uint16_t payload_len, uint32_t payload_sum);
