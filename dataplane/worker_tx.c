// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Sending. Frames are built in buffers of the queue they leave by (on af_xdp that is the UMEM, so
// nothing is copied again), gathered per port, and handed over in one burst. What the port does not
// take is kept and nothing more is asked for, so a full port loses nothing.

#include "worker.h"

#include <string.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "dhcp_glue.h"
#include "pace.h"

#include "hot.h"

#define ETHERNET_MIN 60u

static uint16_t index_of(const struct worker *w, const struct worker_port *port) {
	return (uint16_t)(port - w->port);
}

static void drop_all(struct worker *w, struct worker_port *port, enum rouse_stat why) {
	if (w->capturing)
		worker_capture_unsent(w, index_of(w, port), port->out, port->out_count, why);
	stat_add(&w->stats, why, port->out_count);
	rte_pktmbuf_free_bulk(port->out, port->out_count);
	port->out_count = 0;
}

// DHCP waits for a port that is full, so one whose peer has stopped reading must not be waited for.
static void note_blocked(struct worker *w, struct worker_port *port, uint16_t sent) {
	uint64_t now = w->time.now.us;

	if (port->out_count == 0 || sent) {
		port->blocked_us = 0;
		return;
	}
	stat_inc(&w->stats, STAT_TX_BLOCKED);
	if (!port->blocked_us)
		port->blocked_us = now;
	else if (now - port->blocked_us > WORKER_STALLED_US)
		drop_all(w, port, STAT_TX_STALLED);
}

// Main looks at links every so often only. A frame that has just come in says sooner that one is
// up, and is answered: a peer that asks as soon as it is connected would lose its first try.
static bool has_carrier(const struct worker *w, const struct worker_port *port) {
	return atomic_load_explicit(port->link_up, memory_order_relaxed) ||
	       w->time.now.us - port->heard_us < WORKER_HEARD_US;
}

// A port without a carrier would keep what it is given and send it when it is long out of date.
static uint32_t flush_port(struct worker *w, struct worker_port *port) {
	uint64_t bytes = 0;
	uint16_t sent, i;

	if (port->out_count == 0)
		return 0;
	if (!has_carrier(w, port)) {
		drop_all(w, port, STAT_TX_LINK_DOWN);
		return 0;
	}
	for (i = 0; i < port->out_count; i++)
		bytes += port->out[i]->pkt_len;
	if (w->capturing)
		worker_capture_out(w, index_of(w, port), port->out, port->out_count);
	sent = rte_eth_tx_burst(port->ethdev, port->queue, port->out, port->out_count);
	if (w->capturing)
		worker_capture_sent(w, sent);
	port->out_count -= sent;
	for (i = 0; i < port->out_count; i++)
		bytes -= port->out[sent + i]->pkt_len;
	memmove(port->out, port->out + sent, port->out_count * sizeof(port->out[0]));
	stat_add(&w->stats, STAT_TX_FRAMES, sent);
	stat_add(&w->stats, STAT_TX_BYTES, bytes);
	note_blocked(w, port, sent);
	return sent;
}

static uint32_t flush(struct worker *w) {
	uint32_t sent = 0;
	uint16_t i;

	for (i = 0; i < w->port_count; i++)
		sent += flush_port(w, &w->port[i]);
	return sent;
}

bool worker_port_can_send(struct worker *w, struct worker_port *port) {
	if (port->out_count == WORKER_OUT)
		return false;
	if (!port->spare)
		port->spare = rte_pktmbuf_alloc(port->pool);
	if (!port->spare)
		stat_inc(&w->stats, STAT_TX_NO_BUFFER);
	return port->spare;
}

bool worker_can_send(struct worker *w) {
	uint16_t i;

	for (i = 0; i < w->port_count; i++)
		if (w->port[i].pool && !worker_port_can_send(w, &w->port[i]))
			return false;
	return true;
}

uint8_t *worker_payload(struct worker *w, uint16_t port, size_t *size) {
	struct rte_mbuf *mbuf = w->port[port].spare;

	*size = rte_pktmbuf_tailroom(mbuf) - FRAME_HEADER_BYTES;
	return rte_pktmbuf_mtod(mbuf, uint8_t *) + FRAME_HEADER_BYTES;
}

// What leaves takes of the port's rate, whatever it is; TFTP waits for it.
static void take_tokens(const struct worker *w, struct worker_port *port, uint16_t len) {
	uint64_t wire_bytes = len + (PACE_WIRE_OVERHEAD - FRAME_HEADER_BYTES);

	if (port->byte_ps)
		port->pace_ns = pace_take(
			port->pace_ns, wire_bytes * port->byte_ps / 1000, w->time.now.us * 1000);
}

static bool has_tokens(const struct worker *w, const struct worker_port *port) {
	return !port->byte_ps ||
	       pace_ready(port->pace_ns, WORKER_PORT_BURST_NS, w->time.now.us * 1000);
}

static void tag(struct rte_mbuf *mbuf, uint16_t vlan) {
	frame_tag(rte_pktmbuf_mtod(mbuf, uint8_t *), vlan);
	rte_pktmbuf_prepend(mbuf, FRAME_TAG_BYTES);
}

void worker_send_frame(struct worker *w, uint16_t port_index, uint16_t len) {
	struct worker_port *port = &w->port[port_index];
	struct rte_mbuf *mbuf = port->spare;

	if (len < ETHERNET_MIN) {
		memset(rte_pktmbuf_mtod(mbuf, uint8_t *) + len, 0, ETHERNET_MIN - len);
		len = ETHERNET_MIN;
	}
	mbuf->data_len = len;
	mbuf->pkt_len = len;
	if (port->vlan)
		tag(mbuf, port->vlan);
	take_tokens(w, port, mbuf->data_len);
	port->out[port->out_count++] = mbuf;
	port->spare = NULL;
}

void worker_send_spare(struct worker *w, uint16_t port, const struct frame_to *to,
	uint16_t payload_len, uint32_t payload_sum) {
	uint8_t *frame = rte_pktmbuf_mtod(w->port[port].spare, uint8_t *);

	frame_write_headers(frame, to, payload_len, payload_sum);
	worker_send_frame(w, port, (uint16_t)(FRAME_HEADER_BYTES + payload_len));
}

// A session's port is one that this worker can send on, because its request came in there, unless
// it was taken over from a process that had more queues.
static void send_nowhere(struct worker *w, uint16_t port) {
	struct tftp_packet packet;

	while (tftp_server_next(w->tftp, port, w->time.now, &packet))
		stat_inc(&w->stats, STAT_TX_NO_QUEUE);
}

// Until the port is full, or has sent what its rate allows, or nothing is ready.
static void gather_port(struct worker *w, uint16_t index) {
	struct worker_port *port = &w->port[index];
	struct tftp_packet packet;
	uint32_t sum;
	size_t size, len;
	uint8_t *payload;

	while (has_tokens(w, port) && worker_port_can_send(w, port) &&
		tftp_server_next(w->tftp, index, w->time.now, &packet)) {
		payload = worker_payload(w, index, &size);
		len = tftp_server_write(w->tftp, &packet, payload, size, &sum);
		if (!len)
			continue;
		worker_send_spare(w, index, &packet.to, (uint16_t)len, sum);
		if (packet.answers)
			worker_end_phase(w, PHASE_ANSWER, packet.session->started_us);
	}
}

static void gather_tftp(struct worker *w) {
	uint16_t i;

	for (i = 0; i < w->port_count; i++) {
		if (w->port[i].pool)
			gather_port(w, i);
		else
			send_nowhere(w, i);
	}
}

uint32_t worker_send(struct worker *w) {
	if (w->dhcp)
		dhcp_glue_send(w->dhcp);
	gather_tftp(w);
	return flush(w);
}

void worker_drop_out(struct worker *w) {
	uint16_t i;

	for (i = 0; i < w->port_count; i++) {
		drop_all(w, &w->port[i], STAT_TX_STOPPED);
		rte_pktmbuf_free(w->port[i].spare);
		w->port[i].spare = NULL;
	}
}
