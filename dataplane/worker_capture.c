// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "worker_capture.h"

#include <rte_mbuf.h>

#include "worker.h"

#include "hot.h"

_Static_assert(WORKER_OUT == WORKER_CAPTURE_OUT, "a port's frames fit a captured burst");
_Static_assert(STAT_COUNT <= UINT8_MAX, "counters fit their list");

// What is not for us is no drop, but whoever captures asks why it got no answer.
static bool is_reason(enum rouse_stat stat) {
	return stat_info[stat].kind == STAT_KIND_DROP || stat == STAT_RX_OTHER ||
	       stat == STAT_RX_OTHER_VLAN;
}

void worker_capture_init(struct worker *w, struct capture_ring *ring) {
	struct worker_capture *c = &w->capture;
	uint16_t i;

	c->ring = ring;
	for (i = 0; i < STAT_COUNT; i++)
		if (is_reason((enum rouse_stat)i))
			c->reason[c->reason_count++] = (uint8_t)i;
}

static void start(struct worker *w) {
	w->capture.drafted = 0;
	w->capture.unix_less_us = timekeeper_unix_less_us();
}

bool worker_capture_wanted(struct worker *w) {
	const struct control_region *control = w->outlook->control;
	bool wanted = control && atomic_load_explicit(&control->capture.until_us,
					 memory_order_relaxed) > w->time.now.us;

	if (!wanted)
		return false;
	w->capture.mac = atomic_load_explicit(&control->capture.mac, memory_order_relaxed);
	if (!w->capturing)
		start(w);
	return true;
}

// Why the frame that was handled last got no answer; 0: it may have got one. Called once for each
// captured frame, and not for others: it costs about 900 instructions.
static uint32_t look_for_reason(struct worker *w) {
	struct worker_capture *c = &w->capture;
	uint32_t found = 0;
	uint16_t i;

	for (i = 0; i < c->reason_count; i++) {
		uint8_t stat = c->reason[i];
		uint64_t value = stat_get(&w->stats, (enum rouse_stat)stat);

		if (value == c->seen[stat])
			continue;
		c->seen[stat] = value;
		if (!found)
			found = stat + 1u;
	}
	c->behind = false;
	return found;
}

static void tell_time(struct worker *w) {
	struct worker_capture *c = &w->capture;
	uint64_t now_us = timekeeper_us(&w->time, rte_rdtsc());

	c->unix_ns = ((int64_t)now_us + c->unix_less_us) * 1000;
}

void worker_capture_begin(struct worker *w) {
	tell_time(w);
	w->capture.behind = true;
}

static struct capture_note note_of(
	const struct worker *w, uint16_t port, const struct rte_mbuf *mbuf) {
	return (struct capture_note){
		.frame = rte_pktmbuf_mtod(mbuf, const uint8_t *),
		.len = mbuf->data_len,
		.wire_len = mbuf->pkt_len,
		.port = (uint8_t)port,
		.unix_ns = w->capture.unix_ns,
	};
}

void worker_capture_in(
	struct worker *w, uint16_t port, const struct rte_mbuf *mbuf, bool handed_on) {
	struct capture_note note = note_of(w, port, mbuf);
	struct worker_capture *c = &w->capture;

	note.direction = CAPTURE_IN;
	note.vlan = handed_on ? w->port[port].vlan : 0;
	c->handed_over = stat_get(&w->stats, STAT_HANDOVER);
	c->drafted = 0;
	if (!capture_wants(c->mac, &note))
		return;
	if (c->behind)
		look_for_reason(w);
	capture_draft(c->ring, 0, &note);
	c->drafted = atomic_load_explicit(&c->ring->head, memory_order_relaxed) + 1;
}

// A frame that was handed over is captured by the worker that handles it.
void worker_capture_handled(struct worker *w) {
	struct worker_capture *c = &w->capture;
	uint32_t reason;

	if (!c->drafted || stat_get(&w->stats, STAT_HANDOVER) != c->handed_over) {
		c->behind = true;
		return;
	}
	reason = look_for_reason(w);
	capture_publish(c->ring, 1);
	capture_set_reason(c->ring, c->drafted - 1, reason);
	stat_inc(&w->stats, STAT_CAPTURED);
}

uint64_t worker_capture_record(const struct worker *w) {
	return w->capturing ? w->capture.drafted : 0;
}

void worker_capture_answered(struct worker *w, uint64_t record) {
	uint32_t reason = look_for_reason(w);

	if (record && reason)
		capture_set_reason(w->capture.ring, record - 1, reason);
}

void worker_capture_out(
	struct worker *w, uint16_t port, struct rte_mbuf *const *mbufs, uint16_t count) {
	struct worker_capture *c = &w->capture;
	uint16_t i;

	tell_time(w);
	c->wanted[0] = 0;
	for (i = 0; i < count; i++) {
		struct capture_note note = note_of(w, port, mbufs[i]);

		note.direction = CAPTURE_OUT;
		c->wanted[i + 1] = c->wanted[i];
		if (capture_wants(c->mac, &note))
			capture_draft(c->ring, c->wanted[i + 1]++, &note);
	}
}

void worker_capture_sent(struct worker *w, uint16_t sent) {
	struct worker_capture *c = &w->capture;

	capture_publish(c->ring, c->wanted[sent]);
	stat_add(&w->stats, STAT_CAPTURED, c->wanted[sent]);
}

void worker_capture_unsent(struct worker *w, uint16_t port, struct rte_mbuf *const *mbufs,
	uint16_t count, enum rouse_stat why) {
	struct worker_capture *c = &w->capture;
	uint64_t first = atomic_load_explicit(&c->ring->head, memory_order_relaxed);
	uint16_t i;

	worker_capture_out(w, port, mbufs, count);
	worker_capture_sent(w, count);
	for (i = 0; i < c->wanted[count]; i++)
		capture_set_reason(c->ring, first + i, why + 1u);
}
