// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What every part of the TFTP server does to a session: its file's pin, its place among those that
// wait to send, its events, the ERRORs that are sent for it, and its end.

#include "tftp_core.h"

#include <string.h>

#include "crc32c.h"
#include "lease.h"
#include "seen.h"
#include "tftp_multicast.h"
#include "tftp_packet.h"

// One writer per row; control learns of a pin by the worker's next pass (worker_block.loops).
void tftp_core_pin(const struct tftp_server *server, uint32_t slot) {
	_Atomic uint32_t *pin = &server->setup.pins[slot];

	atomic_store_explicit(
		pin, atomic_load_explicit(pin, memory_order_relaxed) + 1, memory_order_release);
}

void tftp_core_unpin(const struct tftp_server *server, uint32_t slot) {
	_Atomic uint32_t *pin = &server->setup.pins[slot];

	atomic_store_explicit(
		pin, atomic_load_explicit(pin, memory_order_relaxed) - 1, memory_order_release);
}

void tftp_core_hit(const struct tftp_server *server, const struct image_ref *image) {
	_Atomic uint64_t *hits = &server->setup.hits[image->slot];
	uint64_t word = atomic_load_explicit(hits, memory_order_relaxed);

	if (word >> 32 != (uint32_t)image->generation)
		word = HITS_WORD(image->generation, 0);
	atomic_store_explicit(hits, HITS_WORD(image->generation, word + 1), memory_order_relaxed);
}

void tftp_core_touch(const struct tftp_server *server, uint32_t slot, struct rouse_now now) {
	atomic_store_explicit(
		&server->setup.last_use[slot], (uint64_t)now.unix_s * 1000, memory_order_relaxed);
}

uint32_t tftp_core_crc(const struct tftp_session *session) {
	size_t from = offsetof(struct tftp_session, peer_address);

	return crc32c(
		0, (const uint8_t *)session + from, offsetof(struct tftp_session, crc) - from);
}

struct frame_to tftp_core_to(const struct tftp_session *session) {
	struct frame_to to = {
		.src = session->own_address,
		.dst = session->peer_address,
		.src_port = session->tid,
		.dst_port = session->peer_port,
		.ttl = session->ttl,
	};

	memcpy(to.src_mac, session->own_mac, sizeof(to.src_mac));
	memcpy(to.dst_mac, session->peer_mac, sizeof(to.dst_mac));
	return to;
}

void tftp_core_refuse(struct tftp_server *server, const struct frame_to *to, uint16_t port,
	uint16_t code, const char *text) {
	if (server->refusal_head - server->refusal_tail > server->refusal_mask) {
		tftp_count(server, STAT_TFTP_DROP_ERRORS_FULL);
		return;
	}
	server->refusals[server->refusal_head++ & server->refusal_mask] = (struct tftp_refusal){
		.to = *to,
		.port = port,
		.code = code,
		.text = text,
	};
}

void tftp_core_refuse_session(struct tftp_server *server, const struct tftp_session *session,
	uint16_t code, const char *text) {
	struct frame_to to = tftp_core_to(session);
	uint64_t bytes = session->bytes_to_peer + TFTP_HEADER_BYTES + strlen(text) + 1;

	if (tftp_session_half_open(session) &&
		bytes > (uint64_t)TFTP_UNPROVEN_FACTOR * session->bytes_from_peer)
		return;
	tftp_core_refuse(server, &to, session->port, code, text);
}

void tftp_core_unschedule(struct tftp_server *server, uint32_t index) {
	struct tftp_session *session = &server->setup.sessions[index];

	if (session->ready == TFTP_CLASS_PACED) {
		pace_wheel_remove(&server->paced, index);
		session->ready = TFTP_CLASS_NONE;
	} else {
		tftp_queue_move(&server->queue[session->port], index, TFTP_CLASS_NONE, 0);
	}
}

// An OACK takes no token: it is small, and it comes once.
void tftp_core_schedule(
	struct tftp_server *server, uint32_t index, enum tftp_class class, uint64_t now_us) {
	struct tftp_session *session = &server->setup.sessions[index];

	if (class == TFTP_CLASS_NONE || session->state == SESSION_OACK ||
		session->state == SESSION_MEMBER || tftp_session_has_token(session, now_us)) {
		if (session->ready == TFTP_CLASS_PACED)
			tftp_core_unschedule(server, index);
		tftp_queue_move(&server->queue[session->port], index, class, now_us);
	} else if (session->ready != TFTP_CLASS_PACED) {
		tftp_queue_move(&server->queue[session->port], index, TFTP_CLASS_NONE, now_us);
		tftp_count(server, STAT_TFTP_PACED);
		session->ready = TFTP_CLASS_PACED;
		pace_wheel_add(&server->paced, index, tftp_session_token_us(session), now_us);
	}
}

void tftp_core_close(struct tftp_server *server, uint32_t index, struct rouse_now now) {
	struct tftp_session *session = &server->setup.sessions[index];

	if (session->state == SESSION_MEMBER)
		tftp_multicast_leave(server, index, now);
	else
		timer_wheel_cancel(&server->wheel, index);
	tftp_core_unschedule(server, index);
	tftp_core_touch(server, session->slot, now);
	tftp_core_unpin(server, session->slot);
	tftp_table_remove(&server->table, index);
}

void tftp_core_event(struct tftp_server *server, const struct tftp_session *session,
	enum event_kind kind, enum event_reason reason, struct rouse_now now) {
	struct event_record event = {
		.unix_ns = rouse_unix_ns(now),
		.kind = (uint16_t)kind,
		.reason = (uint16_t)reason,
		.address = session->peer_address,
		.port = session->peer_port,
		.value = session->slot,
		.bytes = tftp_session_bytes(session),
		.duration_ms = (uint32_t)((now.us - session->started_us) / 1000),
		.retransmitted = session->retransmitted < UINT16_MAX
					 ? (uint16_t)session->retransmitted
					 : UINT16_MAX,
	};

	memcpy(event.mac, session->node_mac, sizeof(event.mac));
	events_push(server->setup.events, &event, NULL, 0);
}

bool tftp_core_has_order(const struct tftp_server *server, const struct policy_host *host) {
	return server->setup.orders && policy_order_pending(host, server->setup.orders->used);
}

static void tell_order(const struct tftp_server *server, const struct tftp_session *session,
	uint64_t id, struct rouse_now now) {
	struct event_record event = {
		.unix_ns = rouse_unix_ns(now),
		.kind = EVENT_ORDER_USED,
		.address = session->peer_address,
		.port = session->peer_port,
		.value = id,
	};

	memcpy(event.mac, session->node_mac, sizeof(event.mac));
	events_push(server->setup.events, &event, NULL, 0);
}

// The last block of an order has been acknowledged. Which order it was, the session has known since
// its request: if the machine has another one by now, or none, there is nothing to mark.
static void use_order(const struct tftp_server *server, const struct tftp_session *session,
	struct rouse_now now) {
	const struct policy_host *host;

	if (!server->setup.orders) // a record of a former process, which had some
		return;
	host = policy_host_by_mac(server->setup.policy, session->node_mac);
	if (!tftp_core_has_order(server, host) ||
		policy_order_tag(host->order_id) != session->order ||
		!order_log_use(server->setup.orders, host->order_slot, host->order_id))
		return;
	tftp_count(server, STAT_TFTP_ORDERS_USED);
	tell_order(server, session, host->order_id, now);
}

void tftp_core_end(struct tftp_server *server, uint32_t index, enum rouse_stat stat,
	enum event_kind kind, enum event_reason reason, struct rouse_now now) {
	const struct tftp_session *session = &server->setup.sessions[index];

	tftp_count(server, stat);
	tftp_core_event(server, session, kind, reason, now);
	if (session->order && kind == EVENT_TFTP_DONE && reason == EVENT_REASON_NONE)
		use_order(server, session, now);
	tftp_core_close(server, index, now);
}

// The machine does not bear more than one block in flight, or so it seems: it gets one at a time
// from now on, in later transfers too.
void tftp_core_stop_ahead(struct tftp_server *server, uint32_t index) {
	struct tftp_session *session = &server->setup.sessions[index];
	struct lease_machine machine;

	if (session->state == SESSION_MEMBER || !session->ahead)
		return;
	session->ahead = 0;
	tftp_count(server, STAT_TFTP_AHEAD_STOPPED);
	if (lease_machine_at(server->setup.leases, session->peer_address, &machine) &&
		!memcmp(machine.mac, session->peer_mac, sizeof(machine.mac)))
		lease_machine_stop_ahead(server->setup.leases, machine.record);
	else if (server->setup.seen)
		seen_stop_ahead(server->setup.seen, session->peer_mac);
}

// ERROR 8 or 0 before any block is acknowledged is how EDK2 and others ask for a file's size.
static bool is_probe(const struct tftp_session *session, uint16_t code) {
	return tftp_session_acked(session) == 0 &&
	       (code == TFTP_ERROR_UNDEFINED || code == TFTP_ERROR_OPTION);
}

void tftp_core_peer_error(
	struct tftp_server *server, uint32_t index, uint16_t code, struct rouse_now now) {
	const struct tftp_session *session = &server->setup.sessions[index];

	if (is_probe(session, code)) {
		tftp_core_end(
			server, index, STAT_TFTP_PROBES, EVENT_TFTP_PROBE, EVENT_REASON_NONE, now);
	} else {
		tftp_core_stop_ahead(server, index);
		tftp_core_end(server, index, STAT_TFTP_STOPPED, EVENT_TFTP_FAILED,
			EVENT_REASON_PEER_ERROR, now);
	}
}
