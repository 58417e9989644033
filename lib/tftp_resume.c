// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// After a restart: the transfers of the dead process go on where their records can be believed.
// Memory that another process wrote may hold anything, so each field is checked as if it came from
// the wire.

#include "tftp_core.h"

#include "tftp_multicast.h"
#include "tftp_options.h"
#include "tftp_packet.h"

static bool options_are_good(const struct tftp_session *session) {
	uint32_t seen = 0;

	for (uint32_t rest = session->requested; rest; rest >>= TFTP_ORDER_BITS) {
		uint32_t id = rest & ((1u << TFTP_ORDER_BITS) - 1);

		if (id == TFTP_OPTION_NONE || id >= TFTP_OPTION_COUNT || seen & 1u << id)
			return false;
		seen |= 1u << id;
	}
	return (session->requested != 0) == ((session->flags & SESSION_HAS_OPTIONS) != 0) &&
	       session->blksize >= TFTP_BLKSIZE_MIN && session->blksize <= TFTP_BLKSIZE_MAX &&
	       session->windowsize > 0 && session->timeout_us <= 255000000u &&
	       session->block_ns > 0;
}

static bool progress_is_good(const struct tftp_session *session) {
	uint64_t acked = tftp_session_acked(session);

	if (acked >= session->blocks)
		return false;
	if (session->state == SESSION_OACK)
		return acked == 0 && session->flags & SESSION_HAS_OPTIONS;
	return session->state == SESSION_SENDING;
}

static bool is_group(const struct tftp_session *session) {
	return session->requested == TFTP_OPTION_MULTICAST && session->ttl > 0 &&
	       session->peer_address >> 28 == 14 && session->highest <= session->blocks &&
	       session->blocks <= TFTP_MULTICAST_BLOCKS;
}

// Groups have been taken over before their members.
static bool is_member(const struct tftp_server *server, const struct tftp_session *session) {
	uint32_t index = (uint32_t)session->tid - server->setup.tid_first;
	const struct tftp_session *group;

	if (index >= server->setup.session_count)
		return false;
	group = &server->setup.sessions[index];
	return group->state == SESSION_GROUP && group->slot == session->slot &&
	       group->generation == session->generation && group->blksize == session->blksize &&
	       group->port == session->port;
}

static bool is_in_place(const struct tftp_server *server, uint32_t index) {
	const struct tftp_session *session = &server->setup.sessions[index];
	bool tid_is_own = session->tid == (uint16_t)(server->setup.tid_first + index);

	switch ((enum session_state)session->state) {
	case SESSION_GROUP:
		return tid_is_own && is_group(session);
	case SESSION_MEMBER:
		return is_member(server, session);
	case SESSION_OACK:
	case SESSION_SENDING:
		return tid_is_own && session->peer_address >> 28 != 14 && progress_is_good(session);
	case SESSION_FREE:
		break;
	}
	return false;
}

// Whether the record was written by a worker like this one, for this very place.
static bool record_is_good(const struct tftp_server *server, uint32_t index, struct rouse_now now) {
	const struct tftp_session *session = &server->setup.sessions[index];

	return session->crc == tftp_core_crc(session) && session->worker == server->setup.worker &&
	       session->peer_port != 0 && session->peer_port != TFTP_PORT &&
	       session->started_us <= now.us && options_are_good(session) &&
	       session->blocks == session->size / session->blksize + 1 &&
	       is_in_place(server, index);
}

static bool port_is_there(const struct policy *policy, const struct tftp_session *session) {
	return session->port < policy->count[POLICY_PORTS] &&
	       policy->ports[session->port].address == session->own_address;
}

static bool same_image(const struct image_ref *a, const struct image_ref *b) {
	return a->slot == b->slot && a->generation == b->generation && a->size == b->size &&
	       a->map_first == b->map_first && a->map_count == b->map_count &&
	       a->first_offset == b->first_offset;
}

static bool take_image(struct tftp_server *server, const struct tftp_session *session) {
	struct image_ref had = tftp_packet_image(session);
	struct image_ref image;

	if (session->slot >= server->setup.images->slot_count)
		return false;
	tftp_core_pin(server, session->slot);
	if (images_ref(server->setup.images, session->slot, session->generation, &image) == 0 &&
		same_image(&had, &image))
		return true;
	tftp_core_unpin(server, session->slot);
	return false;
}

// The bytes that an unproven peer has sent and got are not under the CRC: counts that cannot be
// right leave it without a further OACK until it asks again.
static void check_account(struct tftp_session *session) {
	if (session->bytes_from_peer <= TFTP_UNPROVEN_MAX &&
		session->bytes_to_peer <= TFTP_UNPROVEN_FACTOR * session->bytes_from_peer)
		return;
	session->bytes_from_peer = 0;
	session->bytes_to_peer = 0;
}

static bool resume_one(struct tftp_server *server, const struct policy *policy, uint32_t index,
	struct rouse_now now) {
	struct tftp_session *session = &server->setup.sessions[index];

	if (!record_is_good(server, index, now))
		return false;
	if (!port_is_there(policy, session))
		return false;
	if (!take_image(server, session)) {
		if (session->state != SESSION_GROUP)
			tftp_core_refuse_session(
				server, session, TFTP_ERROR_UNDEFINED, "file has changed");
		return false;
	}
	check_account(session);
	session->flags = (session->flags & (SESSION_HAS_OPTIONS | SESSION_KNOWN)) | SESSION_RESUMED;
	session->crc = tftp_core_crc(session);
	if (session->state == SESSION_GROUP)
		return tftp_multicast_resume_group(server, index, now);
	if (session->state == SESSION_MEMBER)
		tftp_multicast_resume_member(server, index, now);
	else
		tftp_session_resume(session, now.us);
	return true;
}

// Links of the dead process are cut in all.
static void cut_links(struct tftp_server *server) {
	for (uint32_t i = 0; i < server->setup.session_count; i++) {
		server->setup.sessions[i].timer_tick = 0;
		server->setup.sessions[i].ready = TFTP_CLASS_NONE;
	}
}

// Which records stay, of groups or of others.
static uint32_t choose(struct tftp_server *server, const struct policy *policy, bool groups,
	struct rouse_now now) {
	uint32_t taken = 0;

	for (uint32_t i = 0; i < server->setup.session_count; i++) {
		struct tftp_session *session = &server->setup.sessions[i];

		if (session->state == SESSION_FREE || (session->state == SESSION_GROUP) != groups)
			continue;
		if (resume_one(server, policy, i, now)) {
			tftp_count(server, STAT_TFTP_RESUMED);
			taken++;
			continue;
		}
		tftp_count(server, STAT_TFTP_NOT_RESUMED);
		session->state = SESSION_FREE;
	}
	return taken;
}

uint32_t tftp_server_resume(
	struct tftp_server *server, const struct policy *policy, struct rouse_now now) {
	uint32_t taken;

	cut_links(server);
	taken = choose(server, policy, true, now);
	taken += choose(server, policy, false, now);
	taken -= tftp_multicast_drop_empty(server);
	// Nothing is armed yet; a wheel that began at 0 would go through all the time since then.
	timer_wheel_init(&server->wheel, server->setup.sessions, now.us);
	tftp_table_adopt(&server->table);
	for (uint32_t i = 0; i < server->setup.session_count; i++) {
		struct tftp_session *session = &server->setup.sessions[i];

		if (session->state == SESSION_FREE || session->state == SESSION_MEMBER)
			continue;
		if (tftp_session_half_open(session))
			tftp_table_set_half_open(&server->table, i);
		else
			tftp_core_schedule(server, i, tftp_class_due(session), now.us);
		timer_wheel_arm(&server->wheel, i);
	}
	return taken;
}
