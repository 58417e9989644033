// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Groups after a restart. Who was the master, and where, is not believed: the members are asked,
// and each says itself what it lacks.

#include "tftp_multicast.h"

static struct tftp_group *slot_of(struct tftp_server *server, uint32_t index) {
	for (uint32_t i = 0; i < TFTP_GROUPS; i++)
		if (server->group[i].index == index)
			return &server->group[i];
	return NULL;
}

bool tftp_multicast_resume_group(struct tftp_server *server, uint32_t index, struct rouse_now now) {
	struct tftp_session *record = &server->setup.sessions[index];
	struct tftp_group *group = slot_of(server, TFTP_GROUP_NONE);

	if (!group) {
		tftp_core_unpin(server, record->slot);
		return false;
	}
	record->next = 0;
	record->acked = 0;
	record->timed_block = 0;
	record->srtt_us = 0;
	record->rto_us = 0;
	record->retries = 0;
	record->burst = TFTP_BURST;
	record->pace_ns = 0;
	tftp_group_begin(group, server->setup.sessions, index, now.us);
	return true;
}

void tftp_multicast_resume_member(
	struct tftp_server *server, uint32_t index, struct rouse_now now) {
	struct tftp_session *member = &server->setup.sessions[index];

	member->acked = 0;
	member->sent_us = 0;
	member->deadline_us = 0;
	member->retries = 0;
	member->strays = 0;
	member->role = ROLE_LISTENER;
	member->proven = 0;
	member->told = 0;
	member->retransmitted = 0;
	server->listeners[(member->flags & SESSION_KNOWN) != 0]++;
	tftp_group_join(slot_of(server, (uint32_t)member->tid - server->setup.tid_first),
		server->setup.sessions, index, now.us);
}

uint32_t tftp_multicast_drop_empty(struct tftp_server *server) {
	uint32_t dropped = 0;

	for (uint32_t i = 0; i < TFTP_GROUPS; i++) {
		struct tftp_group *group = &server->group[i];
		struct tftp_session *record;

		if (group->index == TFTP_GROUP_NONE || group->count > 0)
			continue;
		record = &server->setup.sessions[group->index];
		record->state = SESSION_FREE;
		tftp_core_unpin(server, record->slot);
		group->index = TFTP_GROUP_NONE;
		dropped++;
	}
	return dropped;
}
