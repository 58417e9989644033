// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The TFTP server of one worker: packets of running sessions, timers, and what is sent next.
// Requests are in tftp_request.c, multicast groups in tftp_multicast.c, taking over after a restart
// in tftp_resume.c. The transfer rules are the engine's (tftp_session.c).

#include "tftp_core.h"

#include <string.h>

#include "tftp_multicast.h"
#include "tftp_packet.h"
#include "tftp_parse.h"

#define TIMERS_PER_CALL 256u // so that a call stays short; the rest is due at once

static uint32_t refusals_for(uint32_t session_count) {
	uint32_t count = 256;

	while (count < session_count)
		count *= 2;
	return count;
}

static size_t align(size_t size) {
	return (size + ROUSE_CACHE_LINE - 1) & ~(size_t)(ROUSE_CACHE_LINE - 1);
}

size_t tftp_server_size(uint32_t session_count) {
	return align(sizeof(struct tftp_server)) +
	       align(refusals_for(session_count) * sizeof(struct tftp_refusal)) +
	       align(tftp_table_size(session_count));
}

struct tftp_server *tftp_server_init(void *memory, const struct tftp_server_setup *setup) {
	struct tftp_server *server = memory;
	uint32_t refusals = refusals_for(setup->session_count);
	uint8_t *at = (uint8_t *)memory + align(sizeof(*server));

	memset(server, 0, offsetof(struct tftp_server, park));
	server->park.count = server->park.strangers = 0;
	server->setup = *setup;
	server->refusals = (struct tftp_refusal *)at;
	server->refusal_mask = refusals - 1;
	at += align(refusals * sizeof(struct tftp_refusal));
	tftp_table_init(&server->table, at, setup->sessions, setup->session_count, setup->seed);
	for (int port = 0; port < ROUSE_MAX_PORTS; port++)
		tftp_queue_init(&server->queue[port], setup->sessions);
	pace_wheel_init(&server->paced, setup->sessions, 0);
	timer_wheel_init(&server->wheel, setup->sessions, 0);
	for (uint32_t i = 0; i < TFTP_GROUPS; i++)
		server->group[i].index = TFTP_GROUP_NONE;
	for (uint32_t slot = 0; slot < setup->images->slot_count; slot++)
		atomic_store_explicit(&setup->pins[slot], 0, memory_order_relaxed);
	return server;
}

uint32_t tftp_server_active(const struct tftp_server *server) {
	return server->table.count - server->table.free_count;
}

// An ACK that moved the transfer on.
static void go_on(
	struct tftp_server *server, uint32_t index, bool was_half_open, struct rouse_now now) {
	if (was_half_open) {
		tftp_table_clear_half_open(&server->table, index);
		tftp_core_event(server, &server->setup.sessions[index], EVENT_TFTP_OPEN,
			EVENT_REASON_NONE, now);
	}
	timer_wheel_arm(&server->wheel, index); // the deadline may be nearer now
	tftp_core_schedule(server, index, tftp_class_of(&server->setup.sessions[index]), now.us);
}

// Karn: of an OACK sent twice nobody knows which one was acknowledged.
static void note_started(const struct tftp_server *server, const struct tftp_session *session,
	struct rouse_now now) {
	if (session->sent_us)
		phase_add(server->setup.phases, PHASE_FIRST_ACK, session->sent_us, now.us);
}

static void note_done(const struct tftp_server *server, const struct tftp_session *session,
	struct rouse_now now) {
	if (!(session->flags & SESSION_RESUMED))
		phase_add(server->setup.phases, PHASE_TRANSFER,
			session->started_us + session->data_delay_us, now.us);
}

static void handle_ack(
	struct tftp_server *server, uint32_t index, uint16_t block, struct rouse_now now) {
	struct tftp_session *session = &server->setup.sessions[index];
	bool was_half_open = tftp_session_half_open(session);

	tftp_count(server, STAT_TFTP_ACKS);
	switch (tftp_session_ack(session, block, now.us)) {
	case TFTP_ACK_STARTED:
		note_started(server, session, now);
		go_on(server, index, was_half_open, now);
		break;
	case TFTP_ACK_PROGRESS:
		go_on(server, index, was_half_open, now);
		break;
	case TFTP_ACK_GAP:
		tftp_count(server, STAT_TFTP_GAPS);
		go_on(server, index, was_half_open, now);
		break;
	case TFTP_ACK_DONE:
		note_done(server, session, now);
		tftp_core_end(
			server, index, STAT_TFTP_DONE, EVENT_TFTP_DONE, EVENT_REASON_NONE, now);
		break;
	case TFTP_ACK_SAME:
		tftp_count(server, STAT_TFTP_DROP_SAME_ACK);
		timer_wheel_arm(&server->wheel, index);
		break;
	case TFTP_ACK_OLD:
		tftp_count(server, STAT_TFTP_DROP_OLD_ACK);
		break;
	case TFTP_ACK_AHEAD:
		tftp_count(server, STAT_TFTP_DROP_ACK_AHEAD);
		tftp_core_stop_ahead(server, index);
		break;
	}
}

static bool is_peer(const struct tftp_session *session, const struct frame_view *frame) {
	return session->peer_address == frame->src && session->peer_port == frame->src_port &&
	       session->own_address == frame->dst;
}

static void dispatch(struct tftp_server *server, uint32_t index, const struct frame_view *frame,
	struct rouse_now now) {
	int opcode = tftp_parse_opcode(frame->payload, frame->payload_len);
	uint16_t number;

	if (opcode == TFTP_ACK && tftp_parse_ack(frame->payload, frame->payload_len, &number) == 0)
		handle_ack(server, index, number, now);
	else if (opcode == TFTP_ERROR &&
		 tftp_parse_error(frame->payload, frame->payload_len, &number) == 0)
		tftp_core_peer_error(server, index, number, now);
	else if (opcode < 0 || opcode == TFTP_ACK || opcode == TFTP_ERROR)
		tftp_count(server, STAT_TFTP_DROP_MALFORMED);
	else
		tftp_count(server, STAT_TFTP_DROP_OPCODE);
}

// The port of a member of a group is not used: it hears and is heard by the group's.
static bool has_tid(const struct tftp_session *session) {
	return session->state != SESSION_FREE && session->state != SESSION_MEMBER;
}

void tftp_server_packet(
	struct tftp_server *server, const struct tftp_input *input, struct rouse_now now) {
	uint32_t index = (uint32_t)input->frame->dst_port - server->setup.tid_first;

	if (index >= server->setup.session_count || !has_tid(&server->setup.sessions[index]))
		tftp_count(server, STAT_TFTP_DROP_UNKNOWN_TID);
	else if (server->setup.sessions[index].state == SESSION_GROUP)
		tftp_multicast_packet(server, index, input->frame, now);
	else if (!is_peer(&server->setup.sessions[index], input->frame))
		tftp_count(server, STAT_TFTP_DROP_FOREIGN);
	else
		dispatch(server, index, input->frame, now);
}

// ERRORs leave in their order: one for another port makes those behind it wait, and some are
// dropped then. They answer requests, so they come last, but have a share beside whatever else
// there is.
static bool takes_refusal(struct tftp_server *server, uint16_t port) {
	if (server->refusal_head == server->refusal_tail ||
		server->refusals[server->refusal_tail & server->refusal_mask].port != port)
		return false;
	return tftp_queue_is_empty(&server->queue[port]) ||
	       ++server->refusal_turn % TFTP_QUEUE_TURN == 0;
}

static void fill_refusal(struct tftp_server *server, struct tftp_packet *packet) {
	const struct tftp_refusal *refusal =
		&server->refusals[server->refusal_tail++ & server->refusal_mask];

	packet->to = refusal->to;
	packet->port = refusal->port;
	packet->kind = TFTP_PACKET_ERROR;
	packet->answers = false;
	packet->session = NULL;
	packet->block = 0;
	packet->error_code = refusal->code;
	packet->error_text = refusal->text;
	tftp_count(server, STAT_TFTP_ERRORS);
}

// DATA 1 leaves for the first time.
static void begin_data(
	struct tftp_session *session, struct tftp_packet *packet, struct rouse_now now) {
	uint64_t delay_us = now.us - session->started_us;

	session->data_delay_us = delay_us < UINT32_MAX ? (uint32_t)delay_us : UINT32_MAX;
	packet->answers = !(session->flags & SESSION_HAS_OPTIONS);
}

static void fill_from_session(struct tftp_server *server, struct tftp_session *session,
	struct tftp_packet *packet, struct rouse_now now) {
	packet->to = tftp_core_to(session);
	packet->port = session->port;
	packet->session = session;
	if (session->state > SESSION_SENDING) {
		tftp_multicast_fill(server, session, packet, now);
		return;
	}
	if (session->state == SESSION_OACK) {
		packet->kind = TFTP_PACKET_OACK;
		packet->answers = session->bytes_to_peer == 0;
		packet->block = 0;
		tftp_session_take_oack(session, tftp_packet_oack_len(session), now.us);
		tftp_count(server, STAT_TFTP_OACKS);
		return;
	}
	packet->kind = TFTP_PACKET_DATA;
	packet->answers = false;
	if (session->highest == 0)
		begin_data(session, packet, now);
	if (session->next <= session->highest)
		tftp_count(server, STAT_TFTP_REPEATED);
	packet->block = tftp_session_take_block(session, now.us);
	tftp_count(server, STAT_TFTP_DATA);
}

static void fill_from_queue(struct tftp_server *server, uint32_t index, struct tftp_packet *packet,
	struct rouse_now now) {
	struct tftp_session *session = &server->setup.sessions[index];
	enum tftp_class class;

	fill_from_session(server, session, packet, now);
	if (session->state != SESSION_MEMBER)
		timer_wheel_arm(&server->wheel, index);
	class = tftp_class_of(session);
	if (class == TFTP_CLASS_NONE || tftp_session_has_token(session, now.us))
		tftp_queue_sent(&server->queue[session->port], index, class, now.us);
	else
		tftp_core_schedule(server, index, class, now.us);
}

static uint32_t pressed_classes(const struct tftp_table *table) {
	return (uint32_t)tftp_table_is_pressed(table) << TFTP_CLASS_ANSWER |
	       (uint32_t)tftp_table_known_press(table) << TFTP_CLASS_ANSWER_KNOWN;
}

bool tftp_server_next(struct tftp_server *server, uint16_t port, struct rouse_now now,
	struct tftp_packet *packet) {
	server->now = now;
	if (takes_refusal(server, port)) {
		fill_refusal(server, packet);
	} else {
		uint32_t index = tftp_queue_pick(
			&server->queue[port], now.us, pressed_classes(&server->table));

		if (index == TFTP_QUEUE_NONE)
			return false;
		fill_from_queue(server, index, packet, now);
	}
	packet->to.ip_id = server->ip_id++;
	return true;
}

static uint32_t index_of(const struct tftp_server *server, const struct tftp_session *session) {
	return (uint32_t)(session - server->setup.sessions);
}

static size_t write_data(struct tftp_server *server, const struct tftp_packet *packet,
	uint8_t *payload, size_t size, uint32_t *sum) {
	size_t len = tftp_packet_data(
		server->setup.images, packet->session, packet->block, payload, size, sum);

	if (len == 0 && packet->session->state == SESSION_GROUP) {
		tftp_multicast_abandon(server, index_of(server, packet->session), server->now);
		return 0;
	}
	if (len == 0) {
		tftp_core_refuse_session(
			server, packet->session, TFTP_ERROR_UNDEFINED, "file has changed");
		tftp_core_end(server, index_of(server, packet->session), STAT_TFTP_IMAGE_GONE,
			EVENT_TFTP_FAILED, EVENT_REASON_IMAGE_GONE, server->now);
		return 0;
	}
	stat_add(server->setup.stats, STAT_TFTP_DATA_BYTES, len - TFTP_HEADER_BYTES);
	return len;
}

void tftp_server_abandon(struct tftp_server *server, struct rouse_now now) {
	for (uint32_t i = 0; i < server->setup.session_count; i++) {
		struct tftp_session *session = &server->setup.sessions[i];

		if (session->state == SESSION_FREE)
			continue;
		if (session->state == SESSION_GROUP) {
			tftp_multicast_abandon(server, i, now);
			continue;
		}
		tftp_core_refuse_session(server, session, TFTP_ERROR_UNDEFINED, "file has changed");
		tftp_core_end(server, i, STAT_TFTP_IMAGE_GONE, EVENT_TFTP_FAILED,
			EVENT_REASON_IMAGE_GONE, now);
	}
}

size_t tftp_server_write(struct tftp_server *server, const struct tftp_packet *packet,
	uint8_t *payload, size_t size, uint32_t *sum) {
	switch ((enum tftp_packet_kind)packet->kind) {
	case TFTP_PACKET_ERROR:
		return tftp_packet_error(
			packet->error_code, packet->error_text, payload, size, sum);
	case TFTP_PACKET_OACK:
		return tftp_packet_oack(packet->session,
			tftp_multicast_group_of(server, packet->session), payload, size, sum);
	case TFTP_PACKET_DATA:
		return write_data(server, packet, payload, size, sum);
	}
	return 0;
}

static void handle_timer(struct tftp_server *server, uint32_t index, struct rouse_now now) {
	struct tftp_session *session = &server->setup.sessions[index];

	if (session->state == SESSION_GROUP) {
		tftp_multicast_timer(server, index, now);
		return;
	}
	switch (tftp_session_timer(session, session->ready != TFTP_CLASS_NONE, now.us)) {
	case TFTP_TIMER_RESEND:
		tftp_count(server, STAT_TFTP_TIMEOUTS);
		if (session->retries >= TFTP_AHEAD_TIMEOUTS)
			tftp_core_stop_ahead(server, index);
		tftp_core_schedule(server, index, tftp_class_due(session), now.us);
		timer_wheel_arm(&server->wheel, index);
		break;
	case TFTP_TIMER_WAIT:
		timer_wheel_arm(&server->wheel, index);
		break;
	case TFTP_TIMER_NO_ANSWER:
		tftp_count(server, STAT_TFTP_NO_ANSWER);
		tftp_core_close(server, index, now);
		break;
	case TFTP_TIMER_GAVE_UP:
		tftp_core_stop_ahead(server, index);
		tftp_core_end(server, index, STAT_TFTP_GAVE_UP, EVENT_TFTP_FAILED,
			EVENT_REASON_TIMEOUT, now);
		break;
	case TFTP_TIMER_NO_FINAL_ACK:
		tftp_core_end(server, index, STAT_TFTP_NO_FINAL_ACK, EVENT_TFTP_DONE,
			EVENT_REASON_TIMEOUT, now);
		break;
	}
}

static bool has_packet(const struct tftp_server *server) {
	if (server->refusal_head != server->refusal_tail)
		return true;
	for (uint16_t port = 0; port < server->setup.port_count; port++)
		if (!tftp_queue_is_empty(&server->queue[port]))
			return true;
	return false;
}

// Those whose token bucket has filled up are in their lists again.
static void release_paced(struct tftp_server *server, struct rouse_now now) {
	uint32_t index;

	while ((index = pace_wheel_expired(&server->paced, now.us)) != PACE_WHEEL_NONE) {
		struct tftp_session *session = &server->setup.sessions[index];

		session->ready = TFTP_CLASS_NONE;
		tftp_core_schedule(server, index, tftp_class_of(session), now.us);
	}
}

static uint64_t earlier(uint64_t a, uint64_t b) {
	return a < b ? a : b;
}

uint64_t tftp_server_expire(struct tftp_server *server, struct rouse_now now) {
	uint32_t budget = TIMERS_PER_CALL;
	uint32_t index;

	release_paced(server, now);
	while ((index = timer_wheel_expired(&server->wheel, now.us, &budget)) != TIMER_WHEEL_NONE)
		handle_timer(server, index, now);
	if (budget == 0 || has_packet(server))
		return now.us;
	return earlier(timer_wheel_due(&server->wheel), pace_wheel_due(&server->paced));
}
