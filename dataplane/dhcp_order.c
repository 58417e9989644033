// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Storm control of DHCP. Telling known machines from unknown ones is cheap beside an answer, so a
// flood of strangers costs little more than receiving it. Relies on lib/dhcp_queue.h and
// lib/dhcp_class.h; dhcp_glue.c answers.

#include "dhcp_order.h"

#include <string.h>

#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include "dhcp_class.h"
#include "dhcp_glue.h"
#include "worker.h"

#include "hot.h"

#define FETCHED_AHEAD 8u
#define FETCHED_BYTES 448u // of a kept message: its view, and options as most clients send them

void dhcp_order_init(struct dhcp_order *order) {
	dhcp_queue_init(&order->queue);
}

static void drop(struct dhcp_glue *glue, enum dhcp_class class) {
	stat_inc(&glue->worker->stats,
		class == DHCP_CLASS_KNOWN ? STAT_DHCP_KNOWN_OVERFLOW : STAT_DHCP_UNKNOWN_OVERFLOW);
}

// The message has been answered, or never will be.
static void settle(struct dhcp_glue *glue, uint64_t record) {
	if (glue->worker->capturing)
		worker_capture_answered(glue->worker, record);
}

// When it came is for the caller to note.
static void keep(struct dhcp_kept *kept, const struct dhcp_arrival *arrival) {
	kept->record = arrival->record;
	kept->view = arrival->view;
	kept->port = arrival->port;
	memcpy(kept->payload, arrival->view.payload, arrival->view.payload_len);
	kept->view.payload = kept->payload;
}

static void sort_one(struct dhcp_glue *glue, const struct dhcp_arrival *arrival,
	const struct dhcp_sender *sender) {
	struct dhcp_order *order = glue->order;
	enum dhcp_class class = dhcp_class_of(glue->server.policy, glue->server.leases, sender);
	uint16_t place;

	if (arrival->view.payload_len > DHCP_KEPT_MAX) {
		drop(glue, class);
		settle(glue, arrival->record);
		return;
	}
	switch (dhcp_queue_push(&order->queue, class, sender, &place)) {
	case DHCP_QUEUED_INSTEAD:
		stat_inc(&glue->worker->stats, STAT_DHCP_REPEATED);
		settle(glue, order->kept[place].record);
		keep(&order->kept[place], arrival);
		break;
	case DHCP_QUEUED_NEW:
		keep(&order->kept[place], arrival);
		order->kept[place].received_us = glue->worker->time.now.us;
		break;
	case DHCP_QUEUED_FULL:
		drop(glue, class);
		settle(glue, arrival->record);
		break;
	}
}

static void release(struct dhcp_order *order) {
	uint32_t i;

	for (i = 0; i < order->arrived; i++)
		rte_pktmbuf_free(order->arrival[i].mbuf);
	order->arrived = 0;
}

// All senders first: what their look-ups will read comes nearer meanwhile.
static void sort(struct dhcp_glue *glue) {
	struct dhcp_order *order = glue->order;
	struct dhcp_sender sender[DHCP_PASS_ARRIVED];
	uint32_t i;

	for (i = 0; i < order->arrived; i++) {
		const struct frame_view *view = &order->arrival[i].view;

		dhcp_class_sender(
			glue->server.leases, view->payload, view->payload_len, &sender[i]);
		lease_prefetch_slot(glue->server.leases, sender[i].hash);
	}
	for (i = 0; i < order->arrived; i++)
		lease_prefetch_record(glue->server.leases, sender[i].hash);
	for (i = 0; i < order->arrived; i++)
		sort_one(glue, &order->arrival[i], &sender[i]);
	release(order);
}

void dhcp_order_take(struct dhcp_glue *glue, uint16_t port, const struct frame_view *view,
	struct rte_mbuf *mbuf) {
	struct dhcp_order *order = glue->order;

	if (order->arrived == DHCP_PASS_ARRIVED)
		sort(glue);
	order->arrival[order->arrived++] = (struct dhcp_arrival){.view = *view,
		.mbuf = mbuf,
		.port = port,
		.record = worker_capture_record(glue->worker)};
	order->received++;
}

bool dhcp_order_wants_more(struct dhcp_order *order) {
	order->flooded = order->received >= DHCP_PASS_RECEIVED;
	return !order->flooded;
}

static void answer_as_they_came(struct dhcp_glue *glue) {
	struct dhcp_order *order = glue->order;
	uint64_t now_us = glue->worker->time.now.us; // they came in this pass
	uint32_t i;

	for (i = 0; i < order->arrived; i++) {
		dhcp_glue_handle(glue, order->arrival[i].port, &order->arrival[i].view, now_us,
			DHCP_CLASS_KNOWN);
		settle(glue, order->arrival[i].record);
	}
	release(order);
}

// What has waited for long is no longer in the processor's caches, neither it nor its lease.
static uint32_t fetch_ahead(struct dhcp_glue *glue, enum dhcp_class class, uint32_t max) {
	const struct dhcp_order *order = glue->order;
	const struct dhcp_waiting *waiting = order->queue.place;
	uint16_t place[FETCHED_AHEAD];
	uint32_t i, at, count;

	count = dhcp_queue_next(
		&order->queue, class, place, max < FETCHED_AHEAD ? max : FETCHED_AHEAD);
	for (i = 0; i < count; i++) {
		lease_prefetch_slot(glue->server.leases, waiting[place[i]].sender.hash);
		for (at = 0; at < FETCHED_BYTES; at += RTE_CACHE_LINE_SIZE)
			rte_prefetch0((const uint8_t *)&order->kept[place[i]] + at);
	}
	for (i = 0; i < count; i++)
		lease_prefetch_record(glue->server.leases, waiting[place[i]].sender.hash);
	return count;
}

static bool answer_next(struct dhcp_glue *glue, enum dhcp_class class) {
	struct dhcp_order *order = glue->order;
	const struct dhcp_kept *kept;
	uint16_t place;

	if (!dhcp_glue_can_answer(glue) || !dhcp_queue_pop(&order->queue, class, &place))
		return false;
	kept = &order->kept[place];
	dhcp_glue_handle(glue, kept->port, &kept->view, kept->received_us, class);
	settle(glue, kept->record);
	return true;
}

static uint32_t answer_class(struct dhcp_glue *glue, enum dhcp_class class, uint32_t budget) {
	uint32_t answered = 0, batch;

	while (dhcp_glue_can_answer(glue) && (batch = fetch_ahead(glue, class, budget - answered)))
		for (; batch; batch--, answered++)
			if (!answer_next(glue, class))
				return answered;
	return answered;
}

static void answer_in_order(struct dhcp_glue *glue) {
	bool flooded = glue->order->flooded, overflowed;
	uint32_t left = DHCP_PASS_ANSWERS;

	sort(glue);
	overflowed = dhcp_queue_overflowed(&glue->order->queue, DHCP_CLASS_UNKNOWN);
	left -= answer_class(glue, DHCP_CLASS_KNOWN, left);
	// As long as all find a place, nobody has to be looked for, however many come: a thousand
	// new machines that are switched on at once wait no longer than their answers take.
	if (flooded && overflowed && left > DHCP_PASS_UNKNOWN)
		left = DHCP_PASS_UNKNOWN;
	answer_class(glue, DHCP_CLASS_UNKNOWN, left);
}

uint32_t dhcp_order_serve(struct dhcp_glue *glue) {
	struct dhcp_order *order = glue->order;
	const struct dhcp_line *line = order->queue.line;

	settle(glue, 0); // what was counted until here is about no message
	if (dhcp_queue_is_empty(&order->queue) && order->arrived <= DHCP_PASS_ANSWERS &&
		!dhcp_glue_is_pressed(glue))
		answer_as_they_came(glue);
	else
		answer_in_order(glue);
	order->received = 0;
	order->flooded = false;
	return line[DHCP_CLASS_KNOWN].count + line[DHCP_CLASS_UNKNOWN].count;
}
