// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "port_responder.h"

#include <rte_mbuf.h>

#include "arp.h"
#include "worker.h"

#include "hot.h"

void port_responder_answer(
	struct worker *w, uint16_t port_index, const uint8_t *frame, size_t len) {
	struct worker_port *port = &w->port[port_index];
	size_t reply;

	if (!port->pool || !worker_can_send(w)) {
		stat_inc(&w->stats, STAT_TX_NO_QUEUE);
		return;
	}
	reply = arp_answer(frame, len, port->address, port->mac,
		rte_pktmbuf_mtod(port->spare, uint8_t *), rte_pktmbuf_tailroom(port->spare));
	if (reply == 0) {
		stat_inc(&w->stats, STAT_RX_OTHER);
		return;
	}
	worker_send_frame(w, port_index, (uint16_t)reply);
	stat_inc(&w->stats, STAT_ARP_ANSWERED);
}
