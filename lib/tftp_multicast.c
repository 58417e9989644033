// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Groups within the server: which group a request belongs to, whose packet it is, and what is sent.
// Who is asked and which block is next are the group's business (tftp_group.c, tftp_stream.c).

#include "tftp_multicast.h"

#include <string.h>

#include "tftp_parse.h"

static struct tftp_session *session_at(struct tftp_server *server, uint32_t index) {
	return &server->setup.sessions[index];
}

static struct tftp_group *group_at(struct tftp_server *server, uint32_t index) {
	uint32_t i = 0;

	while (i < TFTP_GROUPS - 1 && server->group[i].index != index)
		i++;
	return &server->group[i];
}

static uint32_t group_index(const struct tftp_server *server, const struct tftp_session *member) {
	return (uint32_t)member->tid - server->setup.tid_first;
}

const struct tftp_session *tftp_multicast_group_of(
	const struct tftp_server *server, const struct tftp_session *session) {
	if (session->state != SESSION_MEMBER)
		return NULL;
	return &server->setup.sessions[group_index(server, session)];
}

static bool is_for(const struct tftp_session *record, const struct tftp_input *input,
	const struct image_ref *image, uint16_t blksize) {
	return record->slot == image->slot && record->generation == image->generation &&
	       record->blksize == blksize && record->port == input->port &&
	       record->own_address == input->own_address;
}

static uint32_t find(struct tftp_server *server, const struct tftp_input *input,
	const struct image_ref *image, uint16_t blksize) {
	for (uint32_t i = 0; i < TFTP_GROUPS; i++) {
		uint32_t index = server->group[i].index;

		if (index != TFTP_GROUP_NONE &&
			is_for(session_at(server, index), input, image, blksize))
			return index;
	}
	return TFTP_TABLE_NONE;
}

// Groups have different addresses where there are enough of them: a host takes what is sent to any
// group that one of its programs has joined.
static uint32_t group_address(const struct policy_snapshot *policy, uint32_t number) {
	uint32_t last = policy->multicast_prefix >= 32 ? 0 : UINT32_MAX >> policy->multicast_prefix;

	return policy->multicast_groups + ((number + 1) & last);
}

// RFC 1112 §6.4: 01-00-5e and the low 23 bits.
static void set_address(struct tftp_session *record, uint32_t address) {
	const uint8_t mac[6] = {0x01, 0x00, 0x5e, (uint8_t)(address >> 16 & 0x7f),
		(uint8_t)(address >> 8), (uint8_t)address};

	record->peer_address = address;
	memcpy(record->peer_mac, mac, sizeof(mac));
	memcpy(record->node_mac, mac, sizeof(mac));
}

static void set_image(
	struct tftp_session *record, const struct image_ref *image, uint16_t blksize) {
	record->size = image->size;
	record->generation = image->generation;
	record->slot = image->slot;
	record->map_first = image->map_first;
	record->map_count = image->map_count;
	record->first_offset = image->first_offset;
	record->blksize = blksize;
	record->blocks = image->size / blksize + 1;
}

static void fill_record(struct tftp_server *server, const struct policy_snapshot *policy,
	const struct tftp_input *input, uint32_t index, uint32_t number, struct rouse_now now) {
	struct tftp_session *record = session_at(server, index);

	set_address(record, group_address(policy, number));
	record->peer_port = policy->multicast_port;
	record->ttl = policy->multicast_ttl;
	record->own_address = input->own_address;
	memcpy(record->own_mac, input->port_mac, sizeof(record->own_mac));
	record->port = input->port;
	record->state = SESSION_GROUP;
	record->flags = SESSION_HAS_OPTIONS;
	record->requested = TFTP_OPTION_MULTICAST;
	record->windowsize = 1;
	record->burst = TFTP_BURST;
	record->burst_max = TFTP_BURST;
	record->block_ns = 1; // until somebody joins
	record->tid = (uint16_t)(server->setup.tid_first + index);
	record->worker = server->setup.worker;
	record->started_us = now.us;
	record->started_unix_ms = now.unix_s * 1000;
}

static uint32_t open_group(struct tftp_server *server, const struct policy *policy,
	const struct tftp_input *input, const struct image_ref *image, uint16_t blksize,
	uint32_t name, struct rouse_now now) {
	struct tftp_group *group = group_at(server, TFTP_GROUP_NONE);
	uint32_t index = tftp_table_draw(&server->table);
	struct tftp_session *record;

	if (group->index != TFTP_GROUP_NONE || index == TFTP_TABLE_NONE)
		return TFTP_TABLE_NONE;
	record = session_at(server, index);
	memset(record, 0, sizeof(*record));
	set_image(record, image, blksize);
	fill_record(server, policy->snapshot, input, index, (uint32_t)(group - server->group), now);
	record->name = name;
	record->crc = tftp_core_crc(record);
	tftp_core_pin(server, image->slot);
	tftp_table_insert(&server->table, index);
	tftp_group_begin(group, server->setup.sessions, index, now.us);
	timer_wheel_arm(&server->wheel, index);
	tftp_count(server, STAT_TFTP_GROUPS);
	return index;
}

// A client that listens says nothing, so whether it exists is not known until it is asked. Forged
// requests shall leave room for others, as in the table of sessions.
static bool may_listen(const struct tftp_server *server, bool known) {
	uint32_t share = server->setup.session_count / 4;

	return server->listeners[known] < (known ? share : share / 2);
}

uint32_t tftp_multicast_group(struct tftp_server *server, const struct policy *policy,
	const struct tftp_input *input, const struct image_ref *image, uint16_t blksize, bool known,
	uint32_t name, struct rouse_now now) {
	uint32_t index;

	if (!may_listen(server, known))
		return TFTP_TABLE_NONE;
	index = find(server, input, image, blksize);
	if (index != TFTP_TABLE_NONE)
		return index;
	return open_group(server, policy, input, image, blksize, name, now);
}

static void close_group(
	struct tftp_server *server, struct tftp_group *group, struct rouse_now now) {
	uint32_t index = group->index;

	group->index = TFTP_GROUP_NONE;
	tftp_core_close(server, index, now);
}

void tftp_multicast_release(struct tftp_server *server, uint32_t index, struct rouse_now now) {
	struct tftp_group *group = group_at(server, index);

	if (group->count == 0)
		close_group(server, group, now);
}

static bool is_known(const struct tftp_session *member) {
	return member->flags & SESSION_KNOWN;
}

// The group is as slow as its slowest member's cable.
static void set_pace(struct tftp_session *record, const struct tftp_session *member) {
	if (record->block_ns >= member->block_ns)
		return;
	record->block_ns = member->block_ns;
	record->crc = tftp_core_crc(record);
}

static void schedule_group(struct tftp_server *server, struct tftp_group *group, uint64_t now_us) {
	const struct tftp_session *record = session_at(server, group->index);

	timer_wheel_arm(&server->wheel, group->index);
	tftp_core_schedule(server, group->index,
		tftp_group_can_send(group, record) ? tftp_class_of(record) : TFTP_CLASS_NONE,
		now_us);
}

static void schedule_member(struct tftp_server *server, uint32_t member, uint64_t now_us) {
	tftp_core_schedule(server, member, tftp_class_due(session_at(server, member)), now_us);
}

void tftp_multicast_join(struct tftp_server *server, uint32_t index, uint32_t member,
	uint32_t request_bytes, struct rouse_now now) {
	struct tftp_session *record = session_at(server, index);
	struct tftp_session *session = session_at(server, member);

	session->state = SESSION_MEMBER;
	session->tid = record->tid;
	session->bytes_from_peer = request_bytes;
	session->crc = tftp_core_crc(session);
	set_pace(record, session);
	server->listeners[is_known(session)]++;
	tftp_group_join(group_at(server, index), server->setup.sessions, member, now.us);
	schedule_member(server, member, now.us);
	tftp_count(server, STAT_TFTP_GROUP_JOINED);
}

void tftp_multicast_rejoin(
	struct tftp_server *server, uint32_t member, uint32_t request_bytes, struct rouse_now now) {
	struct tftp_session *session = session_at(server, member);
	struct tftp_group *group = group_at(server, group_index(server, session));

	session->bytes_from_peer += request_bytes;
	tftp_group_rejoin(group, member);
	schedule_member(server, member, now.us);
}

void tftp_multicast_leave(struct tftp_server *server, uint32_t member, struct rouse_now now) {
	struct tftp_session *session = session_at(server, member);
	uint32_t index = group_index(server, session);
	struct tftp_group *group = group_at(server, index);

	server->listeners[is_known(session)] -= !session->proven;
	tftp_group_leave(group, server->setup.sessions, member, now.us);
	if (group->count == 0)
		close_group(server, group, now);
	else
		schedule_group(server, group, now.us);
}

void tftp_multicast_abandon(struct tftp_server *server, uint32_t index, struct rouse_now now) {
	struct tftp_group *group = group_at(server, index);

	for (uint32_t left = group->count; left; left--) {
		uint32_t member = group->first;

		tftp_core_refuse_session(server, session_at(server, member), TFTP_ERROR_UNDEFINED,
			"file has changed");
		tftp_core_end(server, member, STAT_TFTP_IMAGE_GONE, EVENT_TFTP_FAILED,
			EVENT_REASON_IMAGE_GONE, now);
	}
}

// What a member has to say for the first time.
static void prove(struct tftp_server *server, uint32_t member, struct rouse_now now) {
	const struct tftp_session *session = session_at(server, member);

	server->listeners[is_known(session)]--;
	if (tftp_session_acked(session) < session->blocks)
		tftp_core_event(server, session, EVENT_TFTP_OPEN, EVENT_REASON_NONE, now);
}

static void set_complete(struct tftp_session *session) {
	__atomic_store_n((uint64_t *)&session->acked, session->blocks, __ATOMIC_RELAXED);
}

static void tell_again(struct tftp_server *server, struct tftp_group *group, struct rouse_now now) {
	for (uint32_t member = group->first; member != TFTP_GROUP_NONE;
		member = tftp_group_after(server->setup.sessions, member)) {
		struct tftp_session *session = session_at(server, member);

		if (session->proven || session->told >= TFTP_GROUP_TELLS)
			continue;
		session->told++;
		schedule_member(server, member, now.us);
	}
	group->tells_us = now.us + TFTP_GROUP_TELL_US;
}

static void act_on_ack(struct tftp_server *server, struct tftp_group *group, uint32_t member,
	enum tftp_group_ack result, struct rouse_now now) {
	switch (result) {
	case TFTP_GROUP_MASTER:
		tftp_count(server, STAT_TFTP_GROUP_MASTERS);
		schedule_group(server, group, now.us);
		break;
	case TFTP_GROUP_SAME:
		tftp_count(server, STAT_TFTP_DROP_SAME_ACK);
		schedule_group(server, group, now.us);
		break;
	case TFTP_GROUP_MOVED:
		if (now.us >= group->tells_us)
			tell_again(server, group, now);
		schedule_group(server, group, now.us);
		break;
	case TFTP_GROUP_COMPLETE:
		set_complete(session_at(server, member));
		tftp_core_end(
			server, member, STAT_TFTP_DONE, EVENT_TFTP_DONE, EVENT_REASON_NONE, now);
		break;
	case TFTP_GROUP_STRAY:
		tftp_count(server, STAT_TFTP_GROUP_STRAYS);
		schedule_member(server, member, now.us);
		break;
	case TFTP_GROUP_HUSHED:
		tftp_count(server, STAT_TFTP_GROUP_STRAYS);
		break;
	case TFTP_GROUP_PERSISTS:
		tftp_core_refuse_session(server, session_at(server, member), TFTP_ERROR_UNDEFINED,
			"not the master client");
		tftp_core_end(server, member, STAT_TFTP_GROUP_EXPELLED, EVENT_TFTP_FAILED,
			EVENT_REASON_PEER_ERROR, now);
		break;
	case TFTP_GROUP_OLD:
		tftp_count(server, STAT_TFTP_DROP_OLD_ACK);
		break;
	case TFTP_GROUP_AHEAD:
		tftp_count(server, STAT_TFTP_DROP_ACK_AHEAD);
		break;
	}
}

static void handle_ack(struct tftp_server *server, struct tftp_group *group, uint32_t member,
	uint16_t block, struct rouse_now now) {
	struct tftp_session *session = session_at(server, member);
	bool was_proven = session->proven;
	enum tftp_group_ack result;

	tftp_count(server, STAT_TFTP_ACKS);
	result = tftp_group_ack(group, server->setup.sessions, member, block, now.us);
	if (session->proven && !was_proven)
		prove(server, member, now);
	act_on_ack(server, group, member, result, now);
}

static uint32_t member_of(const struct tftp_server *server, const struct tftp_session *record,
	const struct frame_view *frame) {
	uint32_t member = tftp_table_find(&server->table, frame->src, frame->src_port);
	const struct tftp_session *session;

	if (member == TFTP_TABLE_NONE)
		return TFTP_TABLE_NONE;
	session = &server->setup.sessions[member];
	if (session->state != SESSION_MEMBER || session->tid != record->tid ||
		session->own_address != frame->dst)
		return TFTP_TABLE_NONE;
	return member;
}

void tftp_multicast_packet(struct tftp_server *server, uint32_t index,
	const struct frame_view *frame, struct rouse_now now) {
	int opcode = tftp_parse_opcode(frame->payload, frame->payload_len);
	uint32_t member = member_of(server, session_at(server, index), frame);
	uint16_t number;

	if (member == TFTP_TABLE_NONE)
		tftp_count(server, STAT_TFTP_DROP_FOREIGN);
	else if (opcode == TFTP_ACK &&
		 tftp_parse_ack(frame->payload, frame->payload_len, &number) == 0)
		handle_ack(server, group_at(server, index), member, number, now);
	else if (opcode == TFTP_ERROR &&
		 tftp_parse_error(frame->payload, frame->payload_len, &number) == 0)
		tftp_core_peer_error(server, member, number, now);
	else if (opcode < 0 || opcode == TFTP_ACK || opcode == TFTP_ERROR)
		tftp_count(server, STAT_TFTP_DROP_MALFORMED);
	else
		tftp_count(server, STAT_TFTP_DROP_OPCODE);
}

// A client that has fallen silent: iPXE does when it has everything.
static void end_silent(struct tftp_server *server, uint32_t member, struct rouse_now now) {
	const struct tftp_session *session = session_at(server, member);
	const struct tftp_session *record = tftp_multicast_group_of(server, session);

	if (!session->proven && record->highest < record->blocks) {
		tftp_count(server, STAT_TFTP_NO_ANSWER);
		tftp_core_close(server, member, now);
	} else if (record->highest < record->blocks) {
		tftp_core_end(server, member, STAT_TFTP_GAVE_UP, EVENT_TFTP_FAILED,
			EVENT_REASON_TIMEOUT, now);
	} else {
		tftp_core_end(server, member, STAT_TFTP_NO_FINAL_ACK, EVENT_TFTP_DONE,
			EVENT_REASON_TIMEOUT, now);
	}
}

static void drop_lost(struct tftp_server *server, struct tftp_group *group, struct rouse_now now) {
	uint32_t member;

	while (group->index != TFTP_GROUP_NONE &&
		(member = tftp_group_lost(group, server->setup.sessions, now.us)) !=
			TFTP_GROUP_NONE)
		end_silent(server, member, now);
}

static void ask_others(struct tftp_server *server, struct tftp_group *group, struct rouse_now now) {
	uint32_t member;

	while ((member = tftp_group_next(group, server->setup.sessions, now.us)) !=
		TFTP_GROUP_NONE) {
		tftp_count(server, STAT_TFTP_GROUP_ASKED);
		schedule_member(server, member, now.us);
	}
}

static void act_on_timer(
	struct tftp_server *server, struct tftp_group *group, struct rouse_now now) {
	bool sending = session_at(server, group->index)->ready != TFTP_CLASS_NONE;
	uint32_t master = group->master;

	switch (tftp_group_timer(group, server->setup.sessions, sending, now.us)) {
	case TFTP_GROUP_WAIT:
	case TFTP_GROUP_SEND:
		break;
	case TFTP_GROUP_START:
		tell_again(server, group, now);
		break;
	case TFTP_GROUP_PROBE:
		tftp_count(server, STAT_TFTP_GROUP_PROBED);
		schedule_member(server, master, now.us);
		break;
	case TFTP_GROUP_SILENT:
		tftp_count(server, STAT_TFTP_GROUP_SILENT);
		schedule_member(server, master, now.us);
		break;
	case TFTP_GROUP_ASK:
		ask_others(server, group, now);
		break;
	}
	schedule_group(server, group, now.us);
}

void tftp_multicast_timer(struct tftp_server *server, uint32_t index, struct rouse_now now) {
	struct tftp_group *group = group_at(server, index);

	if (group->master == TFTP_GROUP_NONE)
		drop_lost(server, group, now);
	if (group->index != TFTP_GROUP_NONE)
		act_on_timer(server, group, now);
}

static void fill_data(struct tftp_server *server, struct tftp_session *record,
	struct tftp_packet *packet, struct rouse_now now) {
	struct tftp_group *group = group_at(server, (uint32_t)(record - server->setup.sessions));

	if (record->next <= record->highest) {
		tftp_count(server, STAT_TFTP_REPEATED);
		tftp_count(server, STAT_TFTP_GROUP_REPEATED);
	}
	packet->kind = TFTP_PACKET_DATA;
	packet->block = tftp_stream_take(record, &group->stream, now.us);
	tftp_count(server, STAT_TFTP_DATA);
	tftp_count(server, STAT_TFTP_GROUP_DATA);
}

void tftp_multicast_fill(struct tftp_server *server, struct tftp_session *session,
	struct tftp_packet *packet, struct rouse_now now) {
	packet->answers = false;
	packet->block = 0;
	if (session->state == SESSION_GROUP) {
		fill_data(server, session, packet, now);
		return;
	}
	packet->kind = TFTP_PACKET_OACK;
	packet->answers = session->bytes_to_peer == 0;
	session->bytes_to_peer += TFTP_OACK_MAX;
	tftp_count(server, STAT_TFTP_OACKS);
}
