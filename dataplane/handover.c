// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "handover.h"

#include <errno.h>
#include <stdio.h>

#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

int handover_init(struct handover *handover, uint16_t workers) {
	uint16_t from, to;
	char name[32];

	*handover = (struct handover){.workers = workers};
	for (from = 0; from < workers; from++) {
		for (to = 0; to < workers; to++) {
			if (from == to)
				continue;
			snprintf(name, sizeof(name), "handover-%u-%u", from, to);
			handover->ring[from][to] = rte_ring_create(
				name, HANDOVER_RING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
			if (!handover->ring[from][to]) {
				handover_fini(handover);
				return -rte_errno;
			}
		}
	}
	return 0;
}

void handover_fini(struct handover *handover) {
	struct rte_mbuf *mbuf;
	uint16_t from, to;

	for (from = 0; from < handover->workers; from++) {
		for (to = 0; to < handover->workers; to++) {
			struct rte_ring *ring = handover->ring[from][to];

			while (ring && rte_ring_dequeue(ring, (void **)&mbuf) == 0)
				rte_pktmbuf_free(mbuf);
			rte_ring_free(ring);
		}
	}
	*handover = (struct handover){0};
}

bool handover_give(struct handover *handover, uint16_t from, uint16_t to, struct rte_mbuf *mbuf) {
	return rte_ring_sp_enqueue(handover->ring[from][to], mbuf) == 0;
}

uint16_t handover_take(
	struct handover *handover, uint16_t worker, struct rte_mbuf **mbufs, uint16_t max) {
	uint16_t from, count = 0;

	for (from = 0; from < handover->workers && count < max; from++)
		if (from != worker)
			count += (uint16_t)rte_ring_sc_dequeue_burst(handover->ring[from][worker],
				(void **)&mbufs[count], max - count, NULL);
	return count;
}

bool handover_pending(const struct handover *handover, uint16_t worker) {
	uint16_t from;

	for (from = 0; from < handover->workers; from++)
		if (from != worker && !rte_ring_empty(handover->ring[from][worker]))
			return true;
	return false;
}
