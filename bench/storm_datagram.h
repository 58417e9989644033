// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Datagrams of simulated machines in user space: frames around payloads, and the ARP that a server
// behind a kernel needs.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "storm_packet.h"

// Queues a datagram of at most STORM_FRAME_SIZE - FRAME_HEADER_BYTES bytes.
void storm_datagram_send(
	struct storm_packet *p, const struct frame_to *to, const uint8_t *payload, size_t len);

// The same with a UDP checksum of 0, which IPv4 allows.
void storm_datagram_send_bare(
	struct storm_packet *p, const struct frame_to *to, const uint8_t *payload, size_t len);

// Asks for the MAC of target as machine mac with address own: 10 requests in 2 seconds. 0,
// -EHOSTUNREACH.
int storm_datagram_resolve(struct storm_packet *p, uint32_t own, const uint8_t mac[6],
	uint32_t target, uint8_t target_mac[6]);

// The address that an ARP request asks for, 0 if the frame is no ARP request.
uint32_t storm_datagram_arp_target(const uint8_t *frame, size_t len);
// Answers it: target is at mac.
void storm_datagram_arp_answer(struct storm_packet *p, const uint8_t *frame, size_t len,
	uint32_t target, const uint8_t mac[6]);

// mac + number, over all 48 bits.
void storm_datagram_mac(const uint8_t base[6], uint64_t number, uint8_t mac[6]);
