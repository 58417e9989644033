// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Frames on an interface of the kernel through a packet socket: a receive ring in memory, sending
// in batches, the queueing discipline bypassed. The interface is made promiscuous, so that frames
// to the MACs of simulated machines arrive.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORM_FRAME_SIZE 2048u

struct storm_packet {
	int rx;
	int tx;
	int index;
	uint8_t mac[6]; // of the interface
	uint8_t *ring;
	uint32_t ring_next;
	uint32_t queued;
	uint16_t *queued_len;
	uint8_t *queue;
	uint64_t sent;
	uint64_t send_failures;
};

typedef void storm_packet_receive(void *arg, const uint8_t *frame, size_t len);

// all_udp: every UDP datagram arrives, else those to port 68 only. ARP always does. 0 or -errno.
int storm_packet_open(struct storm_packet *p, const char *interface, bool all_udp);
void storm_packet_close(struct storm_packet *p);

// Room for a frame of STORM_FRAME_SIZE bytes; storm_packet_push queues it for sending.
uint8_t *storm_packet_room(struct storm_packet *p);
void storm_packet_push(struct storm_packet *p, size_t len);
void storm_packet_flush(struct storm_packet *p);

// Sends what is queued, waits at most wait_us for a frame and gives all that have come, at most
// 1,024.
void storm_packet_poll(
	struct storm_packet *p, uint64_t wait_us, storm_packet_receive *receive, void *arg);

// Frames that the kernel dropped because the ring was full, since the last call.
uint64_t storm_packet_drops(struct storm_packet *p);
