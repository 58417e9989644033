// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the parts of the TFTP server share: tftp_core.c (what all do to a session), tftp_server.c
// (packets of sessions, timers, sending), tftp_request.c (requests), tftp_open.c (their sessions),
// tftp_wait.c (those that wait for their file), tftp_multicast.c (groups) and tftp_resume.c (after
// a restart). Nobody else includes this.

#pragma once

#include "pace_wheel.h"
#include "tftp_group.h"
#include "tftp_park.h"
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
	struct tftp_queue queue[ROUSE_MAX_PORTS];
	struct pace_wheel paced;
	struct timer_wheel wheel;
	struct tftp_refusal *refusals; // ring of refusal_mask + 1
	uint32_t refusal_mask;
	uint32_t refusal_head;
	uint32_t refusal_turn; // packets while there was an ERROR to send
	uint32_t refusal_tail;
	struct tftp_group group[TFTP_GROUPS];
	uint32_t listeners[TFTP_HALF_COUNT]; // members that have shown nothing but a request
	struct rouse_now now;                // of the last call to tftp_server_next
	uint16_t ip_id;
	bool renewed;          // names may lead elsewhere
	uint64_t look_us;      // of the next look at what is parked
	struct tftp_park park; // last: it is large
};

static inline void tftp_count(const struct tftp_server *server, enum rouse_stat stat) {
	stat_inc(server->setup.stats, stat);
}

// The list of a session whose peer has shown nothing but a request. Nothing of it comes before
// those who have shown that they are there, be it an OACK, DATA 1 or a repetition.
static inline enum tftp_class tftp_class_answer(const struct tftp_session *session) {
	return session->flags & SESSION_KNOWN ? TFTP_CLASS_ANSWER_KNOWN : TFTP_CLASS_ANSWER;
}

static inline enum tftp_class tftp_class_of_group(const struct tftp_session *record) {
	if (!record->next)
		return TFTP_CLASS_NONE;
	if (record->next <= record->highest)
		return TFTP_CLASS_REPEAT;
	return record->highest ? TFTP_CLASS_RUN : TFTP_CLASS_NEW;
}

// What the session has to send, by its blocks. OACKs are due only when somebody says so.
static inline enum tftp_class tftp_class_of(const struct tftp_session *session) {
	if (session->state > SESSION_SENDING)
		return session->state == SESSION_GROUP ? tftp_class_of_group(session)
						       : TFTP_CLASS_NONE;
	if (session->state == SESSION_OACK || !tftp_session_can_send(session))
		return TFTP_CLASS_NONE;
	if (tftp_session_half_open(session))
		return tftp_class_answer(session);
	if (session->next <= session->highest)
		return TFTP_CLASS_REPEAT;
	return session->highest ? TFTP_CLASS_RUN : TFTP_CLASS_NEW;
}

// The same when an OACK, or what the session has to send, is due now.
static inline enum tftp_class tftp_class_due(const struct tftp_session *session) {
	if (session->state == SESSION_MEMBER)
		return session->proven ? TFTP_CLASS_REPEAT : tftp_class_answer(session);
	return session->state == SESSION_OACK ? tftp_class_answer(session) : tftp_class_of(session);
}

// Puts the session into the list of its port where class belongs, or lets it wait for its tokens.
void tftp_core_schedule(
	struct tftp_server *server, uint32_t index, enum tftp_class class, uint64_t now_us);

// Takes it out of whatever it waits in.
void tftp_core_unschedule(struct tftp_server *server, uint32_t index);

// Queues an ERROR. Full: it is not sent, and counted.
void tftp_core_refuse(struct tftp_server *server, const struct frame_to *to, uint16_t port,
	uint16_t code, const char *text);
// An unproven peer that has got its share gets none.
void tftp_core_refuse_session(struct tftp_server *server, const struct tftp_session *session,
	uint16_t code, const char *text);

// Counts the end of a transfer, tells of it, and frees the session.
void tftp_core_end(struct tftp_server *server, uint32_t index, enum rouse_stat stat,
	enum event_kind kind, enum event_reason reason, struct rouse_now now);

// The client has sent an ERROR.
void tftp_core_peer_error(
	struct tftp_server *server, uint32_t index, uint16_t code, struct rouse_now now);

// Frees a session: its pin, its timer, its place in every list.
void tftp_core_close(struct tftp_server *server, uint32_t index, struct rouse_now now);

// No more than one block in flight to this session's machine, if there were more.
void tftp_core_stop_ahead(struct tftp_server *server, uint32_t index);

// Tells of a session; value is the image's slot.
void tftp_core_event(struct tftp_server *server, const struct tftp_session *session,
	enum event_kind kind, enum event_reason reason, struct rouse_now now);

void tftp_core_pin(const struct tftp_server *server, uint32_t slot);
void tftp_core_unpin(const struct tftp_server *server, uint32_t slot);
void tftp_core_hit(const struct tftp_server *server, const struct image_ref *image);
void tftp_core_touch(const struct tftp_server *server, uint32_t slot, struct rouse_now now);

// Whether the host (NULL: none) has a pending order.
bool tftp_core_has_order(const struct tftp_server *server, const struct policy_host *host);

// CRC of the constant part.
uint32_t tftp_core_crc(const struct tftp_session *session);

// Where packets to this session's peer go, but for ip_id.
struct frame_to tftp_core_to(const struct tftp_session *session);

// Parks a request and has control asked for its file. A full table drops it, counted.
void tftp_core_wait(struct tftp_server *server, struct tftp_parked *parked, struct rouse_now now);

// Answers a request that was parked: with a session, with an ERROR, or by parking it again.
void tftp_core_answer_parked(struct tftp_server *server, const struct policy *policy,
	const struct tftp_parked *parked, struct rouse_now now);
