// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// RFC 2131, 3.1: an ACK leaves only after its lease is in stable storage. The journal thread says
// how far it is; replies wait in the order of their records.

#include "dhcp_glue.h"

#include <string.h>

#include "checksum.h"
#include "journal_thread.h"
#include "lease_order.h"
#include "worker.h"

#include "hot.h"

#define PROBES_PER_PASS 256u
#define OUT_MAX         (WORKER_OUT / 4 * 3)       // DHCP's share of a port's frames in a pass
#define RECORDS_KNOWN   (JOURNAL_RING_RECORDS / 4) // room in the journal that is for known machines
_Static_assert(DHCP_PASS_ANSWERS <= OUT_MAX, "a pass's answers fit its ports");

// How much of a port's share is taken.
static uint16_t most_out(const struct worker *w) {
	uint16_t most = 0, i;

	for (i = 0; i < w->port_count; i++)
		if (w->port[i].out_count > most)
			most = w->port[i].out_count;
	return most;
}

bool dhcp_glue_can_answer(struct dhcp_glue *glue) {
	return most_out(glue->worker) < OUT_MAX && worker_can_send(glue->worker);
}

bool dhcp_glue_is_pressed(const struct dhcp_glue *glue) {
	return most_out(glue->worker) + DHCP_PASS_ANSWERS > OUT_MAX ||
	       journal_room(glue->journal) < RECORDS_KNOWN || parked_is_low(&glue->parked);
}

// Journal records that may be made for a machine of this class now.
static uint32_t room_for(const struct dhcp_glue *glue, enum dhcp_class class) {
	uint32_t room = journal_room(glue->journal);

	if (!parked_has_room(&glue->parked)) {
		stat_inc(&glue->worker->stats, STAT_DHCP_PARKED_FULL);
		return 0;
	}
	if (class == DHCP_CLASS_KNOWN)
		return room;
	return room > RECORDS_KNOWN && !parked_is_low(&glue->parked) ? room - RECORDS_KNOWN : 0;
}

static bool send_payload(struct dhcp_glue *glue, uint16_t port, const struct frame_to *to,
	const uint8_t *payload, uint16_t len) {
	struct worker *w = glue->worker;
	uint32_t sum;
	uint8_t *room;
	size_t size;

	if (!dhcp_glue_can_answer(glue))
		return false;
	room = worker_payload(w, port, &size);
	if (len > size) {
		stat_inc(&w->stats, STAT_TX_TOO_LONG);
		return true;
	}
	sum = checksum_copy(0, room, payload, len);
	worker_send_spare(w, port, to, len, sum);
	return true;
}

// While there is more to do than can be done, clients repeat what only waits.
static bool may_copy(struct dhcp_glue *glue) {
	if (parked_has_room(&glue->copies) && dhcp_queue_is_empty(&glue->order->queue) &&
		!dhcp_glue_is_pressed(glue))
		return true;
	stat_inc(&glue->worker->stats, STAT_DHCP_COPY_LEFT_OUT);
	return false;
}

static void take_back(struct dhcp_glue *glue, const struct journal_record *record) {
	if (journal_is_order(record))
		order_log_failed(glue->order_log, record);
	else
		dhcp_server_failed(&glue->server, record, glue->worker->time.now);
}

// The room for it was told before, so a refusal means that the numbers went out of step: the leases
// take back what they did.
static void park(struct dhcp_glue *glue, uint16_t port, uint64_t received_us) {
	struct dhcp_output *output = &glue->output;
	uint8_t i;

	if (!output->record_count ||
		journal_submit(glue->journal, output->record, output->record_count) == 0) {
		parked_push(&glue->parked, output, port, received_us, glue->worker->time.now.us);
		return;
	}
	stat_inc(&glue->worker->stats, STAT_DHCP_JOURNAL_REFUSED);
	for (i = 0; i < output->record_count; i++)
		take_back(glue, &output->record[i]);
}

static void answered(struct dhcp_glue *glue, uint16_t port, uint64_t received_us) {
	struct dhcp_output *output = &glue->output;

	worker_end_phase(glue->worker, output->phase, received_us);
	if (output->again && may_copy(glue))
		parked_push(&glue->copies, output, port, received_us, glue->worker->time.now.us);
}

void dhcp_glue_handle(struct dhcp_glue *glue, uint16_t port, const struct frame_view *view,
	uint64_t received_us, enum dhcp_class class) {
	struct worker *w = glue->worker;
	struct dhcp_input input = {
		.frame = view,
		.port = port,
		.journal_degraded = journal_degraded(glue->journal),
		.journal_room = room_for(glue, class),
	};

	memcpy(input.port_mac, w->port[port].mac, sizeof(input.port_mac));
	glue->output.record_count = 0;
	glue->output.len = 0;
	switch (dhcp_server_handle(&glue->server, &input, w->time.now, &glue->output)) {
	case DHCP_SILENT:
		break;
	case DHCP_REPLY:
		if (!send_payload(
			    glue, port, &glue->output.to, glue->output.payload, glue->output.len))
			stat_inc(&w->stats, STAT_DHCP_TX_BLOCKED);
		else
			answered(glue, port, received_us);
		break;
	case DHCP_RECORD_ONLY:
		glue->output.len = 0;
		glue->output.wait_lsn = glue->output.record[glue->output.record_count - 1].lsn;
		park(glue, port, received_us);
		break;
	case DHCP_REPLY_WHEN_DURABLE:
		park(glue, port, received_us);
		break;
	}
}

static void take_failed(struct dhcp_glue *glue) {
	struct journal_record record;

	while (journal_failed_pop(glue->journal, &record)) {
		take_back(glue, &record);
		failed_lsns_add(&glue->failed, record.lsn);
	}
}

static void settle_records(struct dhcp_glue *glue, const struct parked_reply *reply) {
	uint8_t i;

	for (i = 0; i < reply->record_count; i++)
		if (!failed_lsns_has(&glue->failed, reply->record[i].lsn))
			dhcp_server_durable(&glue->server, &reply->record[i]);
}

// False: it must wait, for the port or for the next portion.
static bool send_parked(struct dhcp_glue *glue, const struct parked_reply *reply) {
	struct worker *w = glue->worker;

	if (!parked_may_leave(&glue->parked, reply, w->time.now.us)) {
		glue->resume_us = parked_resume_us(&glue->parked);
		return false;
	}
	if (!send_payload(glue, reply->port, &reply->to, reply->payload, reply->len))
		return false;
	worker_end_phase(w, reply->phase, reply->received_us);
	if (reply->again && may_copy(glue))
		parked_copy(&glue->copies, reply, w->time.now.us);
	return true;
}

static void send_durable(struct dhcp_glue *glue) {
	uint64_t durable = journal_durable(glue->journal); // before the failed ones are taken
	struct worker *w = glue->worker;
	const struct parked_reply *reply;

	take_failed(glue);
	while ((reply = parked_first(&glue->parked)) && reply->wait_lsn <= durable) {
		if (failed_lsns_has(&glue->failed, reply->wait_lsn))
			stat_inc(&w->stats, STAT_DHCP_NOT_DURABLE);
		else if (parked_is_late(reply, w->time.now.us))
			stat_inc(&w->stats, STAT_DHCP_PARKED_TOO_LONG);
		else if (reply->len && !send_parked(glue, reply))
			return;
		settle_records(glue, reply);
		parked_pop(&glue->parked);
	}
}

static void send_copies(struct dhcp_glue *glue) {
	struct worker *w = glue->worker;
	const struct parked_reply *copy;

	while ((copy = parked_first(&glue->copies))) {
		uint64_t due_us = copy->since_us + DHCP_COPY_US;

		if (w->time.now.us < due_us) {
			if (due_us < glue->resume_us)
				glue->resume_us = due_us;
			return;
		}
		if (!send_payload(glue, copy->port, &copy->to, copy->payload, copy->len))
			return;
		stat_inc(&w->stats, STAT_DHCP_ANSWERED_TWICE);
		parked_pop(&glue->copies);
	}
}

void dhcp_glue_send(struct dhcp_glue *glue) {
	glue->resume_us = UINT64_MAX;
	send_durable(glue);
	send_copies(glue);
}

// A step of the wall clock: leases on disk are brought in line with it, as the journal has room.
static void restamp(struct dhcp_glue *glue, struct rouse_now now) {
	struct dhcp_output *output = &glue->output;

	output->len = 0;
	output->record_count = 1;
	while (journal_room(glue->journal) && parked_has_room(&glue->parked) &&
		dhcp_server_restamp(&glue->server, now, &output->record[0])) {
		output->wait_lsn = output->record[0].lsn;
		park(glue, 0, now.us);
	}
}

// Tells the lease table what the main thread found out about addresses. Once all is told, pools
// that a later policy brings count as free.
static void tell_probes(struct dhcp_glue *glue, struct rouse_now now) {
	struct probe_results *probes = glue->probes;
	uint64_t in_vain = stat_get(&glue->worker->stats, STAT_DHCP_POOL_EMPTY);
	bool complete = atomic_load_explicit(&probes->complete, memory_order_acquire);
	uint32_t count = atomic_load_explicit(&probes->count, memory_order_acquire);
	uint32_t end = glue->probes_told + PROBES_PER_PASS;

	for (; glue->probes_told < count && glue->probes_told < end; glue->probes_told++) {
		uint64_t result = probes->result[glue->probes_told];

		lease_probed(glue->server.leases, (uint32_t)result, result & PROBE_IN_USE, now);
	}
	if (in_vain != glue->in_vain) // clients wait for what has not been asked yet
		atomic_store_explicit(&probes->wanted, true, memory_order_relaxed);
	glue->in_vain = in_vain;
	if (complete && glue->probes_told == count) {
		lease_require_probes(glue->server.leases, false);
		glue->probes = NULL;
	}
}

// A region that was there before this process may hold orders for the one before it.
static void follow(struct dhcp_glue *glue, const struct control_region *control) {
	if (control && control != glue->ordering)
		glue->orders = lease_orders_begin(control);
	glue->ordering = control;
}

static void carry_out(
	struct dhcp_glue *glue, const struct lease_order *order, struct rouse_now now) {
	struct dhcp_output *output = &glue->output;
	bool recorded;

	if (!lease_order_end(glue->server.leases, order, now, &output->record[0], &recorded))
		return;
	stat_inc(&glue->worker->stats, STAT_DHCP_LEASE_ORDERED);
	if (!recorded)
		return;
	output->len = 0;
	output->record_count = 1;
	output->wait_lsn = output->record[0].lsn;
	park(glue, 0, now.us);
}

static void carry_out_orders(struct dhcp_glue *glue, struct rouse_now now) {
	struct lease_order order;

	follow(glue, glue->worker->outlook->control);
	if (!glue->ordering)
		return;
	while (journal_room(glue->journal) && parked_has_room(&glue->parked) &&
		lease_orders_pop(glue->ordering, &glue->orders, &order))
		carry_out(glue, &order, now);
	atomic_store_explicit(glue->orders_done, glue->orders, memory_order_release);
}

// Orders that some worker has marked as used. Other workers do not wake this one for it: it looks
// at least ten times a second.
static void record_orders(struct dhcp_glue *glue, struct rouse_now now) {
	struct dhcp_output *output = &glue->output;
	uint32_t slot;
	uint64_t id;

	if (journal_degraded(glue->journal))
		return;
	output->len = 0;
	output->record_count = 1;
	while (journal_room(glue->journal) && parked_has_room(&glue->parked) &&
		order_log_take(glue->order_log, &slot, &id)) {
		output->wait_lsn = lease_take_lsn(glue->server.leases);
		output->record[0] = journal_order_used(output->wait_lsn, slot, id, now.unix_s);
		park(glue, 0, now.us);
	}
}

void dhcp_glue_sweep(struct dhcp_glue *glue, struct rouse_now now) {
	if (glue->probes)
		tell_probes(glue, now);
	carry_out_orders(glue, now);
	if (order_log_pending(glue->order_log))
		record_orders(glue, now);
	if (now.us < glue->sweep_us)
		return;
	glue->sweep_us = now.us + WORKER_DHCP_SWEEP_US;
	dhcp_server_sweep(&glue->server, now, WORKER_DHCP_SWEEP);
	restamp(glue, now);
}

void dhcp_glue_reconfigure(struct dhcp_glue *glue, const struct outlook *next) {
	glue->server.policy = &next->policy;
	lease_set_policy(glue->server.leases, &next->policy);
	glue->probes_told = 0; // the table has forgotten them
}
