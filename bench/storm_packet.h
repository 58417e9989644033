// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Raw frames to and from the server. Behind it stands an interface of the kernel
// (storm_interface.c) or a DPDK port (storm_dpdk.c); clients cannot tell which. One thread.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORM_FRAME_SIZE      2048u
#define STORM_PACKET_QUEUE    64u
#define STORM_PACKET_POLL_MAX 1024u
#define STORM_PACKET_WHY_SIZE 512u

// Where frames go: one of the two is set.
struct storm_place {
	const char *interface; // "eth1"
	const char *port;      // "vdev:net_memif0,role=client", "pci:0000:01:00.0"
};

struct storm_packet;

typedef void storm_packet_receive(void *arg, const uint8_t *frame, size_t len);

struct storm_packet_ops {
	// Sends the frames that are queued, or counts them as failed; sets frame[] for the next.
	void (*flush)(struct storm_packet *p);
	// Waits at most wait_us for a frame and gives what has come, at most POLL_MAX.
	void (*poll)(
		struct storm_packet *p, uint64_t wait_us, storm_packet_receive *receive, void *arg);
	uint64_t (*drops)(struct storm_packet *p);
	void (*close)(struct storm_packet *p);
};

struct storm_packet {
	const struct storm_packet_ops *ops;
	uint8_t mac[6]; // of the interface or port
	uint32_t queued;
	uint16_t len[STORM_PACKET_QUEUE];
	uint8_t *frame[STORM_PACKET_QUEUE]; // where queued and coming frames are written
	uint64_t sent;
	uint64_t send_failures;
};

// What is wrong with the place as options gave it, NULL if nothing.
const char *storm_place_wrong(const struct storm_place *place);
// For messages.
const char *storm_place_name(const struct storm_place *place);

// all_udp: every UDP datagram arrives, else those to port 68 may be all. ARP always does. NULL: why
// says what failed, in a sentence with its cause.
struct storm_packet *storm_packet_open(
	const struct storm_place *place, bool all_udp, char why[STORM_PACKET_WHY_SIZE]);
// NULL is fine.
void storm_packet_close(struct storm_packet *p);

// Room for a frame of STORM_FRAME_SIZE bytes; storm_packet_push queues it for sending.
uint8_t *storm_packet_room(struct storm_packet *p);
void storm_packet_push(struct storm_packet *p, size_t len);
void storm_packet_flush(struct storm_packet *p);

// Sends what is queued, waits at most wait_us for a frame and gives all that have come, at most
// STORM_PACKET_POLL_MAX.
void storm_packet_poll(
	struct storm_packet *p, uint64_t wait_us, storm_packet_receive *receive, void *arg);

// Frames that were lost on the way in because we were slow, since the last call.
uint64_t storm_packet_drops(struct storm_packet *p);
