// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse sessions: the TFTP transfers under way.

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/instance.h"
#include "cli/output.h"
#include "human.h"
#include "text.h"

#define ROLE_SIZE 40

// The fields that are shown, copied once. A transfer may end meanwhile; then its line tells how it
// was.
struct shown {
	struct tftp_session session;
	uint64_t acked;
	uint64_t bytes;            // acknowledged, or sent to its group
	uint32_t members;          // of a group
	uint32_t master;           // index of its master + 1, 0: none
	struct tftp_session group; // of a member
	int64_t age_ms;
	char file[INSTANCE_NAME_SIZE];
	char host[256];
};

static int64_t unix_ms(void) {
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void read_group(const struct state_view *state, uint16_t tid, struct shown *shown) {
	for (uint32_t i = 0; i < state->session_count; i++) {
		const struct tftp_session *s = &state->sessions[i];

		if (s->state != SESSION_MEMBER || s->tid != tid)
			continue;
		shown->members++;
		if (s->role == ROLE_MASTER)
			shown->master = i + 1;
	}
}

static bool read_session(
	const struct instance *instance, const struct tftp_session *session, struct shown *shown) {
	const struct tftp_session *group = state_group_of(&instance->state, session);

	*shown = (struct shown){0};
	memcpy(&shown->session, session, sizeof(shown->session));
	if (shown->session.state == SESSION_FREE)
		return false;
	shown->acked = shown->session.acked;
	shown->bytes = state_session_bytes(&instance->state, session);
	if (group)
		memcpy(&shown->group, group, sizeof(shown->group));
	if (shown->session.state == SESSION_GROUP)
		read_group(&instance->state, shown->session.tid, shown);
	shown->age_ms = unix_ms() - shown->session.started_unix_ms;
	instance_file_name(instance, shown->session.slot, shown->session.generation, shown->file);
	instance_host_name(instance, shown->session.node_mac, shown->host);
	return true;
}

static const char *state_name(const struct tftp_session *session) {
	switch (session->state) {
	case SESSION_OACK:
		return "options";
	case SESSION_SENDING:
		return "sending";
	case SESSION_GROUP:
		return "group";
	case SESSION_MEMBER:
		return session->role == ROLE_MASTER  ? "master"
		       : session->role == ROLE_ASKED ? "asked"
						     : "listening";
	}
	return "?";
}

// The first block that a member is known to lack of those that were sent; 0: it is not known to
// lack any.
static uint64_t first_hole(const struct shown *shown) {
	if (shown->session.state != SESSION_MEMBER || shown->acked >= shown->group.highest)
		return 0;
	return shown->session.role == ROLE_MASTER || shown->acked ? shown->acked + 1 : 0;
}

static json_t *group_json(const struct state_view *state, const struct shown *shown) {
	const struct tftp_session *s = &shown->session;
	json_t *group = json_pack("{s:i, s:I, s:I, s:I}", "members", (int)shown->members, "blocks",
		(json_int_t)s->blocks, "sent_blocks", (json_int_t)s->highest, "filled_holes",
		(json_int_t)s->retransmitted);
	char ip[TEXT_IP_SIZE];

	if (shown->master)
		json_object_set_new(group, "master",
			json_string(text_ip(state->sessions[shown->master - 1].peer_address, ip)));
	return group;
}

static json_t *member_json(const struct shown *shown) {
	char ip[TEXT_IP_SIZE];

	return json_pack("{s:s, s:i, s:I}", "group", text_ip(shown->group.peer_address, ip),
		"group_port", shown->group.peer_port, "first_hole", (json_int_t)first_hole(shown));
}

static json_t *session_json(const struct state_view *state, const struct shown *shown) {
	const struct tftp_session *s = &shown->session;
	char ip[TEXT_IP_SIZE], mac[TEXT_MAC_SIZE];
	json_t *json = json_pack(
		"{s:s, s:i, s:s, s:s, s:s, s:i, s:s, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:b}",
		"peer", text_ip(s->peer_address, ip), "peer_port", s->peer_port, "mac",
		text_mac(s->node_mac, mac), "host", shown->host, "file", shown->file, "tid", s->tid,
		"state", state_name(s), "blksize", s->blksize, "windowsize", s->windowsize, "bytes",
		(json_int_t)s->size, "acknowledged_bytes", (json_int_t)shown->bytes,
		"retransmitted_blocks", (json_int_t)s->retransmitted, "rtt_us",
		(json_int_t)s->srtt_us, "started_unix_ms", (json_int_t)s->started_unix_ms,
		"resumed", (s->flags & SESSION_RESUMED) != 0);

	if (s->state == SESSION_GROUP)
		json_object_set_new(json, "multicast", group_json(state, shown));
	if (s->state == SESSION_MEMBER)
		json_object_set_new(json, "multicast", member_json(shown));
	return json;
}

static const char *role_text(const struct shown *shown, char out[ROLE_SIZE]) {
	uint64_t hole = first_hole(shown);

	out[0] = '\0';
	if (shown->session.state == SESSION_GROUP)
		snprintf(out, ROLE_SIZE, "group of %" PRIu32, shown->members);
	else if (shown->session.state == SESSION_MEMBER && hole)
		snprintf(out, ROLE_SIZE, "%s, lacks %" PRIu64, state_name(&shown->session), hole);
	else if (shown->session.state == SESSION_MEMBER)
		snprintf(out, ROLE_SIZE, "%s", state_name(&shown->session));
	return out;
}

static void add_row(struct table *table, const struct shown *shown) {
	const struct tftp_session *s = &shown->session;
	char ip[TEXT_IP_SIZE], size[HUMAN_SIZE], rate[HUMAN_SIZE + 4] = "";
	char part[8], options[24], again[24], per_second[HUMAN_SIZE], role[ROLE_SIZE];

	snprintf(part, sizeof(part), "%u %%",
		s->size ? (unsigned int)(shown->bytes * 100 / s->size) : 100);
	snprintf(options, sizeof(options), "%u x %u", s->windowsize, s->blksize);
	snprintf(again, sizeof(again), "%" PRIu32, s->retransmitted);
	if (shown->age_ms > 0)
		snprintf(rate, sizeof(rate), "%s/s",
			human_bytes(shown->bytes * 1000 / (uint64_t)shown->age_ms, per_second));
	table_row(table, (const char *const[]){text_ip(s->peer_address, ip), shown->host,
				 role_text(shown, role), part, human_bytes(s->size, size), rate,
				 options, again, shown->file});
}

static int run_with(const struct cli_args *args, const struct instance *instance) {
	const struct state_view *state = &instance->state;
	json_t *list = json_array();
	uint32_t count = 0;
	struct table table;
	struct shown shown;

	table_init(&table,
		(const char *const[]){"client", "host", "role", ">done", ">of", ">rate", ">window",
			">again", "file"},
		9);
	for (uint32_t i = 0; i < state->session_count; i++) {
		if (!read_session(instance, &state->sessions[i], &shown))
			continue;
		count++;
		json_array_append_new(list, session_json(state, &shown));
		add_row(&table, &shown);
	}
	if (cli_flag(args, "json")) {
		output_json(json_pack("{s:o, s:I}", "sessions", list, "table_size",
			(json_int_t)state->session_count));
	} else {
		table_print(&table, stdout, output_width());
		printf("\n%u transfers, room for %u\n", count, state->session_count);
		json_decref(list);
	}
	table_free(&table);
	return CLI_OK;
}

static int run(const struct cli_args *args) {
	struct instance instance;
	int rc = instance_find(args, &instance);

	if (rc == CLI_OK)
		rc = instance_need_state(&instance);
	if (rc == CLI_OK) {
		instance_try_policy(&instance);
		rc = run_with(args, &instance);
	}
	instance_close(&instance);
	return rc;
}

static const struct cli_option options[] = {INSTANCE_OPTIONS, CLI_OPTION_JSON, CLI_OPTION_END};

const struct cli_command cmd_sessions = {
	.name = "sessions",
	.operands = "",
	.help = "the TFTP transfers under way",
	.detail =
		"done counts what the client has acknowledged, again the blocks that were sent\n"
		"more than once; window is the number of blocks in flight and their size.\n"
		"A multicast group has a line of its own, whose again counts the holes that were\n"
		"filled. Its members are listening, or one is its master, which asks for blocks:\n"
		"lacks is the first that it has said it is without. Done is for them what the\n"
		"group was sent.",
	.options = options,
	.run = run,
};
