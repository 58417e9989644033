// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Frames are written into memory of our own and copied into mbufs when they go, so that a pool that
// runs dry is a lost frame and nothing worse. The load engine (storm_load.h) is for rates.

#include "storm_dpdk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_pause.h>

#include "storm_clock.h"
#include "storm_poll.h"
#include "storm_port.h"

#define SEND_PATIENCE_US 200u // a peer that takes nothing for so long loses the frame
#define SPIN_US          200u // after the last frame; then naps
#define NAP_NS           20000
#define RECONNECT_US     100000u

struct dpdk {
	struct storm_packet packet; // first
	struct port port;
	uint64_t heard_us; // last frame in
	uint64_t asked_us; // last look at the link
	uint64_t missed;   // already told by drops
	uint8_t queue[STORM_PACKET_QUEUE][STORM_FRAME_SIZE];
};

static void fill(struct rte_mbuf *m, const uint8_t *frame, uint16_t len) {
	memcpy(rte_pktmbuf_mtod(m, void *), frame, len);
	m->data_len = len;
	m->pkt_len = len;
}

// Until the peer has room or patience ends.
static uint16_t send_all(struct dpdk *d, struct rte_mbuf **mbufs, uint16_t count) {
	uint64_t begin_us = storm_clock_us();
	uint16_t sent = 0;

	do {
		sent += storm_poll_send(d->port.id, 0, mbufs + sent, (uint16_t)(count - sent));
	} while (sent < count && storm_clock_us() - begin_us < SEND_PATIENCE_US);
	return sent;
}

static void dpdk_flush(struct storm_packet *packet) {
	struct dpdk *d = (struct dpdk *)packet;
	struct rte_mbuf *mbufs[STORM_PACKET_QUEUE];
	uint16_t count = (uint16_t)packet->queued;
	uint16_t sent;

	if (rte_pktmbuf_alloc_bulk(d->port.pool[0], mbufs, count) < 0) {
		packet->send_failures += count;
		return;
	}
	for (uint16_t i = 0; i < count; i++)
		fill(mbufs[i], packet->frame[i], packet->len[i]);
	sent = send_all(d, mbufs, count);
	rte_pktmbuf_free_bulk(mbufs + sent, (uint16_t)(count - sent));
	packet->sent += sent;
	packet->send_failures += (uint16_t)(count - sent);
}

static uint32_t give_from(
	struct dpdk *d, uint16_t queue, storm_packet_receive *receive, void *arg) {
	struct rte_mbuf *mbufs[PORT_BURST];
	uint32_t given = 0;
	uint16_t count;

	do {
		count = storm_poll_receive(d->port.id, queue, mbufs, PORT_BURST);
		for (uint16_t i = 0; i < count; i++)
			receive(arg, rte_pktmbuf_mtod(mbufs[i], const uint8_t *),
				mbufs[i]->data_len);
		rte_pktmbuf_free_bulk(mbufs, count);
		given += count;
	} while (count && given < STORM_PACKET_POLL_MAX);
	return given;
}

// All is sent by the first queue; the server may answer by any.
static uint32_t give(struct dpdk *d, storm_packet_receive *receive, void *arg) {
	uint32_t given = 0;

	for (uint16_t queue = 0; queue < d->port.queues; queue++)
		given += give_from(d, queue, receive, arg);
	return given;
}

static void rest(struct dpdk *d, uint64_t now_us) {
	struct timespec nap = {.tv_nsec = NAP_NS};

	if (now_us - d->heard_us < SPIN_US) {
		rte_pause();
		return;
	}
	nanosleep(&nap, NULL);
	if (now_us - d->heard_us < RECONNECT_US || now_us - d->asked_us < RECONNECT_US)
		return;
	d->asked_us = now_us;
	storm_port_reconnect(&d->port);
}

static void dpdk_poll(
	struct storm_packet *packet, uint64_t wait_us, storm_packet_receive *receive, void *arg) {
	struct dpdk *d = (struct dpdk *)packet;
	uint64_t now_us = storm_clock_us();
	uint64_t end_us = now_us + wait_us;

	while (!give(d, receive, arg)) {
		now_us = storm_clock_us();
		if (now_us >= end_us)
			return;
		rest(d, now_us);
	}
	d->heard_us = now_us;
}

static uint64_t dpdk_drops(struct storm_packet *packet) {
	struct dpdk *d = (struct dpdk *)packet;
	uint64_t before = d->missed;

	d->missed = port_missed(&d->port);
	return d->missed - before;
}

static void dpdk_close(struct storm_packet *packet) {
	struct dpdk *d = (struct dpdk *)packet;

	storm_port_close(&d->port);
	free(d);
}

static const struct storm_packet_ops DPDK_OPS = {
	.flush = dpdk_flush,
	.poll = dpdk_poll,
	.drops = dpdk_drops,
	.close = dpdk_close,
};

struct storm_packet *storm_dpdk_open(const char *device, char why[STORM_PACKET_WHY_SIZE]) {
	struct dpdk *d = calloc(1, sizeof(*d));

	if (!d) {
		strcpy(why, "no memory");
		return NULL;
	}
	d->packet.ops = &DPDK_OPS;
	for (uint32_t i = 0; i < STORM_PACKET_QUEUE; i++)
		d->packet.frame[i] = d->queue[i];
	if (storm_port_open(&d->port, device, why, STORM_PACKET_WHY_SIZE) < 0) {
		free(d);
		return NULL;
	}
	memcpy(d->packet.mac, d->port.mac, 6);
	prctl(PR_SET_TIMERSLACK, 1000);
	return &d->packet;
}

const struct port *storm_dpdk_port(const struct storm_packet *packet) {
	return &((const struct dpdk *)packet)->port;
}
