// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the parts of the TFTP server share: tftp_server.c (packets of sessions, timers, sending),
// tftp_request.c (requests) and tftp_resume.c (after a restart). Nobody else includes this.

#pragma once

#include "tftp_queue.h"
#include "tftp_server.h"
#include "tftp_session.h"
#include "tftp_table.h"
#include "timer_wheel.h"

// An ERROR that waits to be sent; its session, if it had one, is gone.
struct tftp_refusal {
	struct frame_to to;
	uint16_t port;
	uint16_t code;
	const char *text;
};

struct tftp_server {
	struct tftp_server_setup setup;
	struct tftp_table table;
	struct tftp_queue queue;
	struct timer_wheel wheel;
	struct tftp_refusal *refusals; // ring of refusal_mask + 1
	uint32_t refusal_mask;
	uint32_t refusal_head;
	uint32_t refusal_tail;
	struct rouse_now now; // of the last call to tftp_server_next
	uint16_t ip_id;
};

static inline void tftp_count(const struct tftp_server *server, enum rouse_stat stat) {
	stat_inc(server->setup.stats, stat);
}

// The list in which the session belongs, having something to send or not. OACKs are put into theirs
// by those who know that one is due.
static inline enum tftp_class tftp_class_of(const struct tftp_session *session) {
	if (session->state == SESSION_OACK || !tftp_session_can_send(session))
		return TFTP_CLASS_NONE;
	if (session->next <= session->highest)
		return TFTP_CLASS_REPEAT;
	return session->highest ? TFTP_CLASS_RUN : TFTP_CLASS_NEW;
}

static inline enum tftp_class tftp_class_due(const struct tftp_session *session) {
	return session->state == SESSION_OACK ? TFTP_CLASS_OACK : tftp_class_of(session);
}

// Queues an ERROR. Full: it is not sent, and counted.
void tftp_core_refuse(struct tftp_server *server, const struct frame_to *to, uint16_t port,
	uint16_t code, const char *text);
// An unproven peer that has got its share gets none.
void tftp_core_refuse_session(struct tftp_server *server, const struct tftp_session *session,
	uint16_t code, const char *text);

// Frees a session: its pin, its timer, its place in every list.
void tftp_core_close(struct tftp_server *server, uint32_t index, struct rouse_now now);

// Tells of a session; value is the image's slot.
void tftp_core_event(struct tftp_server *server, const struct tftp_session *session,
	enum event_kind kind, enum event_reason reason, struct rouse_now now);

void tftp_core_pin(const struct tftp_server *server, uint32_t slot);
void tftp_core_unpin(const struct tftp_server *server, uint32_t slot);
void tftp_core_touch(const struct tftp_server *server, uint32_t slot, struct rouse_now now);

// CRC of the constant part.
uint32_t tftp_core_crc(const struct tftp_session *session);

// Where packets to this session's peer go, but for ip_id.
struct frame_to tftp_core_to(const struct tftp_session *session);
