// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Bursts on a DPDK port, for engines whose rate counts: buffers are taken and given back in bulk,
// frames are built in them. Inline, because a call for each frame would show. On a port with
// several queues a frame goes to the one that its two UDP ports name, as a NIC's RSS would have it.

#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_mbuf.h>

#include "port.h"
#include "storm_poll.h"

#define STORM_LANE_BURST  32u
#define STORM_LANE_OUT    512u // frames that wait for the peer, per queue
#define STORM_LANE_QUEUES 2u   // at most, of both kinds
#define STORM_LANE_PORTS  34u  // offset of the UDP ports in a frame

struct storm_lane {
	uint16_t id; // of the ethdev
	uint16_t queues;
	uint16_t next; // queue to receive from
	uint16_t spare_count;
	uint16_t out_count[STORM_LANE_QUEUES];
	struct rte_mempool *pool;
	uint64_t sent;
	uint64_t no_buffer; // frames that were not sent because the pool was dry
	struct rte_mbuf *spare[STORM_LANE_BURST];
	struct rte_mbuf *out[STORM_LANE_QUEUES][STORM_LANE_OUT];
};

static inline void storm_lane_init(struct storm_lane *lane, const struct port *port) {
	*lane = (struct storm_lane){.id = port->id, .queues = port->queues, .pool = port->pool[0]};
	if (lane->queues > STORM_LANE_QUEUES)
		lane->queues = STORM_LANE_QUEUES;
}

static inline uint16_t storm_lane_flush_queue(struct storm_lane *lane, uint16_t queue) {
	struct rte_mbuf **out = lane->out[queue];
	uint16_t sent;

	if (!lane->out_count[queue])
		return 0;
	sent = storm_poll_send(lane->id, queue, out, lane->out_count[queue]);
	lane->out_count[queue] = (uint16_t)(lane->out_count[queue] - sent);
	memmove(out, out + sent, lane->out_count[queue] * sizeof(out[0]));
	lane->sent += sent;
	return sent;
}

// Hands over what waits. The number of frames that the peer took.
static inline uint16_t storm_lane_flush(struct storm_lane *lane) {
	uint16_t sent = 0;

	for (uint16_t queue = 0; queue < lane->queues; queue++)
		sent = (uint16_t)(sent + storm_lane_flush_queue(lane, queue));
	return sent;
}

// How many frames can be queued now, to whatever queue they go.
static inline uint16_t storm_lane_room(const struct storm_lane *lane) {
	uint16_t most = lane->out_count[0];

	for (uint16_t queue = 1; queue < lane->queues; queue++)
		most = lane->out_count[queue] > most ? lane->out_count[queue] : most;
	return (uint16_t)(STORM_LANE_OUT - most);
}

// Where the next frame is written; NULL: no buffers. storm_lane_room is not 0.
static inline uint8_t *storm_lane_frame(struct storm_lane *lane) {
	if (!lane->spare_count) {
		if (rte_pktmbuf_alloc_bulk(lane->pool, lane->spare, STORM_LANE_BURST) < 0) {
			lane->no_buffer++;
			return NULL;
		}
		lane->spare_count = STORM_LANE_BURST;
	}
	return rte_pktmbuf_mtod(lane->spare[lane->spare_count - 1], uint8_t *);
}

// By the lowest bits of both ports.
static inline uint16_t storm_lane_queue_of(const struct storm_lane *lane, const uint8_t *frame) {
	if (lane->queues == 1)
		return 0;
	return (frame[STORM_LANE_PORTS + 1] ^ frame[STORM_LANE_PORTS + 3]) & 1;
}

static inline void storm_lane_push(struct storm_lane *lane, uint16_t len) {
	struct rte_mbuf *m = lane->spare[--lane->spare_count];
	uint16_t queue = storm_lane_queue_of(lane, rte_pktmbuf_mtod(m, const uint8_t *));

	m->data_len = len;
	m->pkt_len = len;
	lane->out[queue][lane->out_count[queue]++] = m;
}

// From one queue; the next call is the next one's turn.
static inline uint16_t storm_lane_receive(
	struct storm_lane *lane, struct rte_mbuf *mbufs[STORM_LANE_BURST]) {
	uint16_t queue = lane->next;

	lane->next = (uint16_t)(queue + 1 < lane->queues ? queue + 1 : 0);
	return storm_poll_receive(lane->id, queue, mbufs, STORM_LANE_BURST);
}

// What was received, frame by frame, with the time at which the burst was there. Only while there
// is room for as many answers as could follow. The number of frames.
static inline uint16_t storm_lane_take(struct storm_lane *lane, uint16_t room,
	void (*handle)(void *arg, const uint8_t *frame, uint16_t len, uint64_t now), void *arg) {
	struct rte_mbuf *mbufs[STORM_LANE_BURST];
	uint16_t count = storm_lane_room(lane) >= room ? storm_lane_receive(lane, mbufs) : 0;
	uint64_t now;

	if (!count)
		return 0;
	now = rte_rdtsc();
	for (uint16_t i = 0; i < count; i++)
		handle(arg, rte_pktmbuf_mtod(mbufs[i], const uint8_t *), mbufs[i]->data_len, now);
	rte_pktmbuf_free_bulk(mbufs, count);
	return count;
}

static inline void storm_lane_fini(struct storm_lane *lane) {
	for (uint16_t queue = 0; queue < lane->queues; queue++) {
		rte_pktmbuf_free_bulk(lane->out[queue], lane->out_count[queue]);
		lane->out_count[queue] = 0;
	}
	rte_pktmbuf_free_bulk(lane->spare, lane->spare_count);
	lane->spare_count = 0;
}
