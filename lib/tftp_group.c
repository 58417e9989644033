// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "tftp_group.h"

#include "tftp.h"

static struct tftp_session *record_of(
	const struct tftp_group *group, struct tftp_session *sessions) {
	return &sessions[group->index];
}

static void unlink_member(
	struct tftp_group *group, struct tftp_session *sessions, uint32_t member) {
	const struct tftp_session *m = &sessions[member];

	if (m->member_prev == TFTP_GROUP_NONE)
		group->first = m->member_next;
	else
		sessions[m->member_prev].member_next = m->member_next;
	if (m->member_next == TFTP_GROUP_NONE)
		group->last = m->member_prev;
	else
		sessions[m->member_next].member_prev = m->member_prev;
	group->count--;
}

static void link_last(struct tftp_group *group, struct tftp_session *sessions, uint32_t member) {
	sessions[member].member_next = TFTP_GROUP_NONE;
	sessions[member].member_prev = group->last;
	if (group->last == TFTP_GROUP_NONE)
		group->first = member;
	else
		sessions[group->last].member_next = member;
	group->last = member;
	group->count++;
}

static void link_first(struct tftp_group *group, struct tftp_session *sessions, uint32_t member) {
	sessions[member].member_prev = TFTP_GROUP_NONE;
	sessions[member].member_next = group->first;
	if (group->first == TFTP_GROUP_NONE)
		group->last = member;
	else
		sessions[group->first].member_prev = member;
	group->first = member;
	group->count++;
}

void tftp_group_begin(
	struct tftp_group *group, struct tftp_session *sessions, uint32_t index, uint64_t now_us) {
	*group = (struct tftp_group){
		.index = index,
		.first = TFTP_GROUP_NONE,
		.last = TFTP_GROUP_NONE,
		.master = TFTP_GROUP_NONE,
		.asks = 1,
		.round_us = TFTP_GROUP_ROUND_US,
		.opened_us = now_us,
		.begins_us = now_us,
	};
	sessions[index].deadline_us = now_us + TFTP_GROUP_ROUND_US;
}

// Until its record says otherwise the OACK that is sent to a member now tells it to ask.
static void ask(struct tftp_session *member, uint64_t now_us) {
	if (!member->retries)
		member->deadline_us = now_us + TFTP_PATIENCE_US;
	if (member->retries < UINT8_MAX)
		member->retries++;
	member->role = ROLE_ASKED;
}

static void gather(struct tftp_group *group, uint64_t now_us) {
	uint64_t latest = group->opened_us + TFTP_GROUP_GATHER_MAX_US;

	group->begins_us = now_us + TFTP_GROUP_GATHER_US;
	if (group->begins_us > latest)
		group->begins_us = latest;
}

static uint8_t window_of(const struct tftp_group *group) {
	return group->count > 1 ? TFTP_STREAM_WINDOW : TFTP_STREAM_ALONE;
}

void tftp_group_join(
	struct tftp_group *group, struct tftp_session *sessions, uint32_t member, uint64_t now_us) {
	struct tftp_session *m = &sessions[member];

	link_last(group, sessions, member);
	m->last_seen_us = now_us;
	group->stream.window = window_of(group);
	// Who joins while one is being asked listens; when all have been asked in vain it is asked.
	if (group->count == 1 || (group->master == TFTP_GROUP_NONE && group->asks >= group->count))
		ask(m, now_us);
	if (!record_of(group, sessions)->highest)
		gather(group, now_us);
}

void tftp_group_rejoin(struct tftp_group *group, uint32_t member) {
	if (member == group->master)
		tftp_stream_probed(&group->stream);
}

// The next one is asked as soon as the timer runs.
static void look_for_master(
	struct tftp_group *group, struct tftp_session *sessions, uint64_t now_us) {
	struct tftp_session *record = record_of(group, sessions);

	group->master = TFTP_GROUP_NONE;
	group->asks = 1;
	group->round_us = TFTP_GROUP_ROUND_US;
	record->next = 0;
	record->deadline_us = now_us;
}

void tftp_group_leave(
	struct tftp_group *group, struct tftp_session *sessions, uint32_t member, uint64_t now_us) {
	unlink_member(group, sessions, member);
	if (member == group->master)
		look_for_master(group, sessions, now_us);
}

static void note_answer(struct tftp_session *member, uint64_t now_us) {
	member->proven = 1;
	member->last_seen_us = now_us;
	member->deadline_us = 0;
}

static void crown(struct tftp_group *group, struct tftp_session *sessions, uint32_t member,
	uint64_t block, uint64_t now_us) {
	struct tftp_session *m = &sessions[member], *record = record_of(group, sessions);
	uint8_t asked = m->retries;

	group->master = member;
	m->role = ROLE_MASTER;
	m->strays = 0;
	m->retries = 0;
	tftp_stream_begin(record, &group->stream, window_of(group), block, now_us);
	group->stream.stale = asked > 1 ? asked - 1u : 0; // it may answer the others, too
	if (!group->started && !record->highest)
		record->deadline_us = group->begins_us; // maybe passed, while none answered
}

// RFC 2090: "the server will respond with another OACK with the mc field containing a value of
// zero. If this client persists in sending erroneous ACKs, the server may send an error packet".
static enum tftp_group_ack stray(
	struct tftp_group *group, struct tftp_session *sessions, uint32_t member, uint64_t now_us) {
	struct tftp_session *m = &sessions[member];

	if (m->role == ROLE_ASKED) { // it is there, but another was faster
		unlink_member(group, sessions, member);
		link_first(group, sessions, member);
		m->strays = 0;
	} else if (now_us - m->sent_us < TFTP_GROUP_STRAY_US) {
		return TFTP_GROUP_HUSHED;
	}
	m->role = ROLE_LISTENER;
	m->retries = 0;
	m->sent_us = now_us;
	return ++m->strays > TFTP_GROUP_STRAYS ? TFTP_GROUP_PERSISTS : TFTP_GROUP_STRAY;
}

static enum tftp_group_ack master_ack(struct tftp_group *group, struct tftp_session *sessions,
	uint32_t member, uint16_t block, uint64_t now_us) {
	struct tftp_session *m = &sessions[member];

	switch (tftp_stream_ack(record_of(group, sessions), &group->stream, block, now_us)) {
	case TFTP_STREAM_MOVED:
		m->acked = block;
		return TFTP_GROUP_MOVED;
	case TFTP_STREAM_SAME:
		return TFTP_GROUP_SAME;
	case TFTP_STREAM_OLD:
		return TFTP_GROUP_OLD;
	case TFTP_STREAM_AHEAD:
		break;
	}
	return TFTP_GROUP_AHEAD;
}

enum tftp_group_ack tftp_group_ack(struct tftp_group *group, struct tftp_session *sessions,
	uint32_t member, uint16_t block, uint64_t now_us) {
	struct tftp_session *m = &sessions[member];

	if (block > record_of(group, sessions)->highest)
		return TFTP_GROUP_AHEAD;
	note_answer(m, now_us);
	if (block == m->blocks)
		return TFTP_GROUP_COMPLETE;
	if (member == group->master)
		return master_ack(group, sessions, member, block, now_us);
	m->acked = block;
	if (group->master != TFTP_GROUP_NONE)
		return stray(group, sessions, member, now_us);
	crown(group, sessions, member, block, now_us);
	return TFTP_GROUP_MASTER;
}

// The master is asked once more, behind all others: if it answers first, it is the master again.
static void depose(struct tftp_group *group, struct tftp_session *sessions, uint64_t now_us) {
	uint32_t member = group->master;

	unlink_member(group, sessions, member);
	link_last(group, sessions, member);
	ask(&sessions[member], now_us);
	look_for_master(group, sessions, now_us);
}

// Everybody is asked in the end; then all of them again, at longer intervals.
static void begin_round(struct tftp_group *group, struct tftp_session *sessions, uint64_t now_us) {
	group->left = group->asks < group->count ? group->asks : group->count;
	if (group->asks < group->count) {
		group->asks *= 2;
	} else if (group->round_us < TFTP_GROUP_ROUND_MAX_US) {
		group->round_us *= 2;
	}
	record_of(group, sessions)->deadline_us = now_us + group->round_us;
}

// Nothing has been sent that could be late.
static enum tftp_group_timer start_timer(
	struct tftp_group *group, struct tftp_session *record, uint64_t now_us) {
	bool is_time = now_us >= group->begins_us;
	bool first = is_time && !group->started;

	record->deadline_us = is_time ? now_us + TFTP_GROUP_ROUND_US : group->begins_us;
	group->started = is_time;
	return first ? TFTP_GROUP_START : TFTP_GROUP_SEND;
}

static enum tftp_group_timer master_timer(
	struct tftp_group *group, struct tftp_session *sessions, bool sending, uint64_t now_us) {
	struct tftp_session *record = record_of(group, sessions);

	if (!sending && group->stream.probes >= TFTP_GROUP_PROBES) {
		depose(group, sessions, now_us);
		return TFTP_GROUP_SILENT;
	}
	if (!record->highest)
		return start_timer(group, record, now_us);
	switch (tftp_stream_timer(record, &group->stream, sending, now_us)) {
	case TFTP_STREAM_WAIT:
		return TFTP_GROUP_WAIT;
	case TFTP_STREAM_SEND:
		return TFTP_GROUP_SEND;
	case TFTP_STREAM_PROBE:
		break;
	}
	return TFTP_GROUP_PROBE;
}

enum tftp_group_timer tftp_group_timer(
	struct tftp_group *group, struct tftp_session *sessions, bool sending, uint64_t now_us) {
	if (group->master != TFTP_GROUP_NONE)
		return master_timer(group, sessions, sending, now_us);
	begin_round(group, sessions, now_us);
	return TFTP_GROUP_ASK;
}

// A client that has shown nothing but a request may be somebody else's address.
static bool may_be_asked(const struct tftp_session *member) {
	return member->proven || member->retries < TFTP_GROUP_ASKS;
}

uint32_t tftp_group_next(struct tftp_group *group, struct tftp_session *sessions, uint64_t now_us) {
	while (group->left) {
		uint32_t member = group->first;

		group->left--;
		unlink_member(group, sessions, member);
		link_last(group, sessions, member);
		if (!may_be_asked(&sessions[member]))
			continue;
		ask(&sessions[member], now_us);
		return member;
	}
	return TFTP_GROUP_NONE;
}

uint32_t tftp_group_lost(
	const struct tftp_group *group, const struct tftp_session *sessions, uint64_t now_us) {
	uint32_t member = group->first;

	if (member == TFTP_GROUP_NONE || member == group->master)
		return TFTP_GROUP_NONE;
	return sessions[member].retries && now_us >= sessions[member].deadline_us ? member
										  : TFTP_GROUP_NONE;
}
