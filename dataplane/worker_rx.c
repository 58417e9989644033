// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Receiving: from a burst of frames to the module that answers each. Every frame that gets no
// answer is counted under its reason.

#include "worker.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "dhcp.h"
#include "dhcp_glue.h"
#include "port_responder.h"
#include "tftp_glue.h"
#include "tftp_options.h"

#include "hot.h"

static const enum rouse_stat parse_stat[] = {
	[FRAME_SHORT] = STAT_RX_SHORT,
	[FRAME_NOT_IPV4] = STAT_RX_OTHER,
	[FRAME_ARP] = STAT_RX_OTHER,
	[FRAME_ICMP] = STAT_RX_OTHER,
	[FRAME_NOT_UDP] = STAT_RX_OTHER,
	[FRAME_BAD_HEADER] = STAT_RX_BAD_HEADER,
	[FRAME_FRAGMENT] = STAT_RX_FRAGMENT,
	[FRAME_BAD_IP_CHECKSUM] = STAT_RX_BAD_IP_CHECKSUM,
	[FRAME_BAD_UDP_CHECKSUM] = STAT_RX_BAD_UDP_CHECKSUM,
	[FRAME_BAD_SOURCE] = STAT_RX_BAD_SOURCE,
};

// The worker whose slice of the TID range has this port.
static uint16_t owner_of(const struct worker *w, uint16_t tid) {
	uint16_t i;

	for (i = 0; i < w->worker_count; i++)
		if ((uint16_t)(tid - w->all[i].tid_first) < w->all[i].tid_count)
			return i;
	return UINT16_MAX;
}

// What handle does with a frame: whether the buffer is still the caller's.
enum fate {
	FATE_DONE,
	FATE_GIVEN,
};

static enum fate give(struct worker *w, uint16_t owner, struct rte_mbuf *mbuf) {
	struct worker *to = &w->all[owner];

	if (!handover_give(w->handover, w->index, owner, mbuf)) {
		stat_inc(&w->stats, STAT_HANDOVER_FULL);
		return FATE_DONE;
	}
	stat_inc(&w->stats, STAT_HANDOVER);
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&to->sleeping, memory_order_relaxed))
		wait_wake(wait_event_fd(&to->waiter));
	return FATE_GIVEN;
}

static enum fate handle_dhcp(
	struct worker *w, uint16_t port, const struct frame_view *view, struct rte_mbuf *mbuf) {
	if (!w->dhcp)
		return give(w, 0, mbuf);
	dhcp_order_take(w->dhcp, port, view, mbuf);
	return FATE_GIVEN;
}

static enum fate handle_tid(
	struct worker *w, uint16_t port, const struct frame_view *view, struct rte_mbuf *mbuf) {
	uint16_t owner = w->index;

	if ((uint16_t)(view->dst_port - w->tid_first) >= w->tid_count)
		owner = owner_of(w, view->dst_port);
	if (owner == UINT16_MAX) {
		stat_inc(&w->stats, STAT_RX_UNKNOWN_PORT);
		return FATE_DONE;
	}
	if (owner != w->index)
		return give(w, owner, mbuf);
	tftp_glue_packet(w, port, view);
	return FATE_DONE;
}

// Groups are worker 0's: all clients that ask for a file must find the same one.
static enum fate handle_request(
	struct worker *w, uint16_t port, const struct frame_view *view, struct rte_mbuf *mbuf) {
	if (w->index != 0 && w->outlook->policy.snapshot->multicast &&
		tftp_options_want_group(view->payload, view->payload_len))
		return give(w, 0, mbuf);
	tftp_glue_request(w, port, view);
	return FATE_DONE;
}

// What frame_parse cannot know: an answer would go to everybody. Without an address one may only
// ask for one.
static bool source_is_bad(const struct worker_port *port, const struct frame_view *view) {
	return view->src == port->broadcast ||
	       (view->src == 0 && view->dst_port != DHCP_SERVER_PORT);
}

static enum fate handle_udp(struct worker *w, uint16_t port_index, const struct frame_view *view,
	struct rte_mbuf *mbuf) {
	const struct worker_port *port = &w->port[port_index];
	bool ours = view->dst == port->address;

	if (!ours && view->dst != UINT32_MAX && view->dst != port->broadcast) {
		stat_inc(&w->stats, STAT_RX_OTHER);
		return FATE_DONE;
	}
	if (source_is_bad(port, view)) {
		stat_inc(&w->stats, STAT_RX_BAD_SOURCE);
		return FATE_DONE;
	}
	if (port->dhcp != POLICY_DHCP_OFF &&
		(view->dst_port == DHCP_SERVER_PORT || view->dst_port == DHCP_PXE_PORT))
		return handle_dhcp(w, port_index, view, mbuf);
	if (view->dst_port == TFTP_PORT)
		return handle_request(w, port_index, view, mbuf);
	if (!ours) {
		stat_inc(&w->stats, STAT_RX_BROADCAST);
		return FATE_DONE;
	}
	return handle_tid(w, port_index, view, mbuf);
}

static enum fate handle(struct worker *w, uint16_t port_index, struct rte_mbuf *mbuf) {
	const struct worker_port *port = &w->port[port_index];
	struct frame_view view;
	const uint8_t *frame;
	enum frame_error error;

	if (mbuf->nb_segs > 1 && rte_pktmbuf_linearize(mbuf) < 0) {
		stat_inc(&w->stats, STAT_RX_SCATTERED);
		return FATE_DONE;
	}
	frame = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	error = frame_parse(frame, mbuf->data_len, port->address, &view);
	if (error == FRAME_OK)
		return handle_udp(w, port_index, &view, mbuf);
	if ((error == FRAME_ARP || error == FRAME_ICMP) && !port->kernel)
		port_responder_answer(w, port_index, frame, mbuf->data_len);
	else
		stat_inc(&w->stats, parse_stat[error]);
	return FATE_DONE;
}

// Whether the frame is of the port's network; its tag comes off. What is handed over has passed
// here.
static bool enter_vlan(struct worker *w, const struct worker_port *port, struct rte_mbuf *mbuf) {
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	bool tagged;

	if (frame_vlan(frame, mbuf->data_len, &tagged) != port->vlan) {
		stat_inc(&w->stats, STAT_RX_OTHER_VLAN);
		return false;
	}
	if (tagged) {
		frame_untag(frame);
		rte_pktmbuf_adj(mbuf, FRAME_TAG_BYTES);
	}
	return true;
}

static inline void handle_frames(struct worker *w, struct rte_mbuf **mbufs, uint16_t count,
	const bool received, const bool captured) {
	uint16_t i;

	for (i = 0; i < count; i++) {
		uint16_t port = mbufs[i]->port;

		if (captured)
			worker_capture_in(w, port, mbufs[i], !received);
		if ((received && !enter_vlan(w, &w->port[port], mbufs[i])) ||
			handle(w, port, mbufs[i]) == FATE_DONE)
			rte_pktmbuf_free(mbufs[i]);
		if (captured)
			worker_capture_handled(w);
	}
}

// received: from a port's queue, not from another worker.
static void handle_burst(struct worker *w, struct rte_mbuf **mbufs, uint16_t count, bool received) {
	if (w->capturing) {
		worker_capture_begin(w);
		handle_frames(w, mbufs, count, received, true);
	} else {
		handle_frames(w, mbufs, count, received, false);
	}
}

static uint32_t recv_queue(struct worker *w, const struct worker_queue *queue) {
	struct rte_mbuf *mbufs[WORKER_BURST];
	uint64_t bytes = 0;
	uint16_t count, i;

	count = rte_eth_rx_burst(queue->ethdev, queue->queue, mbufs, WORKER_BURST);
	if (count == 0)
		return 0;
	w->port[queue->port].heard_us = w->time.now.us;
	for (i = 0; i < count; i++) {
		mbufs[i]->port = queue->port; // for a worker it may be handed to
		bytes += mbufs[i]->pkt_len;
	}
	handle_burst(w, mbufs, count, true);
	stat_add(&w->stats, STAT_RX_FRAMES, count);
	stat_add(&w->stats, STAT_RX_BYTES, bytes);
	return count;
}

static uint32_t recv_handover(struct worker *w) {
	struct rte_mbuf *mbufs[WORKER_BURST];
	uint16_t count, i;

	count = handover_take(w->handover, w->index, mbufs, WORKER_BURST);
	for (i = 0; i < count; i++)
		w->port[mbufs[i]->port].heard_us = w->time.now.us;
	handle_burst(w, mbufs, count, false);
	return count;
}

// A burst of everything. full: something may have more.
static uint32_t recv_round(struct worker *w, bool *full) {
	uint32_t count = 0, burst;
	uint16_t i;

	*full = false;
	for (i = 0; i <= w->queue_count; i++) {
		if (i < w->queue_count)
			burst = recv_queue(w, &w->queue[i]);
		else
			burst = w->worker_count > 1 ? recv_handover(w) : 0;
		*full |= burst == WORKER_BURST;
		count += burst;
	}
	return count;
}

uint32_t worker_recv(struct worker *w) {
	uint32_t count = 0, rounds = 0;
	bool full;

	do
		count += recv_round(w, &full);
	while (full && ++rounds < WORKER_ROUNDS &&
		(!w->dhcp || dhcp_order_wants_more(w->dhcp->order)));
	if (w->dhcp)
		count += dhcp_order_serve(w->dhcp);
	return count;
}
