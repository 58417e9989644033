// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The two calls into a port's driver, for the thread that polls. It tells when it is inside, so
// that net_memif does not unmap the memory of a peer that went under a burst (unmap_guard.h).

#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

extern _Atomic uint32_t storm_poll_turns; // odd: inside. Polling thread: rw, interrupt thread: ro

// Whoever waits looks well after the driver has marked the port: by then the store is seen, so no
// fence is needed here; only the compiler must keep the order.
static inline void storm_poll_enter(void) {
	uint32_t turns = atomic_load_explicit(&storm_poll_turns, memory_order_relaxed);

	atomic_store_explicit(&storm_poll_turns, turns + 1, memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst);
}

static inline void storm_poll_leave(void) {
	uint32_t turns = atomic_load_explicit(&storm_poll_turns, memory_order_relaxed);

	atomic_store_explicit(&storm_poll_turns, turns + 1, memory_order_release);
}

static inline uint16_t storm_poll_receive(
	uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t count) {
	uint16_t received;

	storm_poll_enter();
	received = rte_eth_rx_burst(port, queue, mbufs, count);
	storm_poll_leave();
	return received;
}

static inline uint16_t storm_poll_send(
	uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t count) {
	uint16_t sent;

	storm_poll_enter();
	sent = rte_eth_tx_burst(port, queue, mbufs, count);
	storm_poll_leave();
	return sent;
}

// Returns when the polling thread is outside, or has been since the call. For unmap_guard_set.
void storm_poll_wait_outside(void *unused);
