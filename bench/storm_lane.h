// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Bursts on the first queue of a DPDK port, for engines whose rate counts: buffers are taken and
// given back in bulk, frames are built in them. Inline, because a call for each frame would show.

#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "port.h"

#define STORM_LANE_BURST 32u
#define STORM_LANE_OUT   512u // frames that wait for the peer

struct storm_lane {
	uint16_t id; // of the ethdev
	uint16_t spare_count;
	uint16_t out_count;
	struct rte_mempool *pool;
	uint64_t sent;
	uint64_t no_buffer; // frames that were not sent because the pool was dry
	struct rte_mbuf *spare[STORM_LANE_BURST];
	struct rte_mbuf *out[STORM_LANE_OUT];
};

static inline void storm_lane_init(struct storm_lane *lane, const struct port *port) {
	*lane = (struct storm_lane){.id = port->id, .pool = port->pool[0]};
}

// Hands over what waits. The number of frames that the peer took.
static inline uint16_t storm_lane_flush(struct storm_lane *lane) {
	uint16_t sent;

	if (!lane->out_count)
		return 0;
	sent = rte_eth_tx_burst(lane->id, 0, lane->out, lane->out_count);
	lane->out_count = (uint16_t)(lane->out_count - sent);
	memmove(lane->out, lane->out + sent, lane->out_count * sizeof(lane->out[0]));
	lane->sent += sent;
	return sent;
}

// How many frames can be queued now.
static inline uint16_t storm_lane_room(const struct storm_lane *lane) {
	return (uint16_t)(STORM_LANE_OUT - lane->out_count);
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

static inline void storm_lane_push(struct storm_lane *lane, uint16_t len) {
	struct rte_mbuf *m = lane->spare[--lane->spare_count];

	m->data_len = len;
	m->pkt_len = len;
	lane->out[lane->out_count++] = m;
}

static inline uint16_t storm_lane_receive(
	struct storm_lane *lane, struct rte_mbuf *mbufs[STORM_LANE_BURST]) {
	return rte_eth_rx_burst(lane->id, 0, mbufs, STORM_LANE_BURST);
}

static inline void storm_lane_fini(struct storm_lane *lane) {
	rte_pktmbuf_free_bulk(lane->out, lane->out_count);
	rte_pktmbuf_free_bulk(lane->spare, lane->spare_count);
	lane->out_count = lane->spare_count = 0;
}
