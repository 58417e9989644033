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

// The fields that are shown, copied once. A transfer may end meanwhile; then its line tells how it
// was.
struct shown {
	struct tftp_session session;
	uint64_t acked;
	uint64_t bytes; // acknowledged
	int64_t age_ms;
	char file[INSTANCE_NAME_SIZE];
	char host[256];
};

static int64_t unix_ms(void) {
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool read_session(
	const struct instance *instance, const struct tftp_session *session, struct shown *shown) {
	memcpy(&shown->session, session, sizeof(shown->session));
	if (shown->session.state == SESSION_FREE)
		return false;
	shown->acked = shown->session.acked;
	shown->bytes = shown->acked * shown->session.blksize;
	if (shown->bytes > shown->session.size)
		shown->bytes = shown->session.size;
	shown->age_ms = unix_ms() - shown->session.started_unix_ms;
	instance_file_name(instance, shown->session.slot, shown->session.generation, shown->file);
	instance_host_name(instance, shown->session.peer_mac, shown->host);
	return true;
}

static const char *state_name(uint8_t state) {
	return state == SESSION_OACK ? "options" : state == SESSION_SENDING ? "sending" : "?";
}

static json_t *session_json(const struct shown *shown) {
	const struct tftp_session *s = &shown->session;
	char ip[TEXT_IP_SIZE], mac[TEXT_MAC_SIZE];

	return json_pack(
		"{s:s, s:i, s:s, s:s, s:s, s:i, s:s, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:b}",
		"peer", text_ip(s->peer_address, ip), "peer_port", s->peer_port, "mac",
		text_mac(s->peer_mac, mac), "host", shown->host, "file", shown->file, "tid", s->tid,
		"state", state_name(s->state), "blksize", s->blksize, "windowsize", s->windowsize,
		"bytes", (json_int_t)s->size, "acknowledged_bytes", (json_int_t)shown->bytes,
		"retransmitted_blocks", (json_int_t)s->retransmitted, "rtt_us",
		(json_int_t)s->srtt_us, "started_unix_ms", (json_int_t)s->started_unix_ms,
		"resumed", (s->flags & SESSION_RESUMED) != 0);
}

static void add_row(struct table *table, const struct shown *shown) {
	const struct tftp_session *s = &shown->session;
	char ip[TEXT_IP_SIZE], size[HUMAN_SIZE], rate[HUMAN_SIZE + 4] = "";
	char part[8], options[24], again[24], per_second[HUMAN_SIZE];

	snprintf(part, sizeof(part), "%u %%",
		s->size ? (unsigned int)(shown->bytes * 100 / s->size) : 100);
	snprintf(options, sizeof(options), "%u x %u", s->windowsize, s->blksize);
	snprintf(again, sizeof(again), "%" PRIu32, s->retransmitted);
	if (shown->age_ms > 0)
		snprintf(rate, sizeof(rate), "%s/s",
			human_bytes(shown->bytes * 1000 / (uint64_t)shown->age_ms, per_second));
	table_row(table, (const char *const[]){text_ip(s->peer_address, ip), shown->host, part,
				 human_bytes(s->size, size), rate, options, again, shown->file});
}

static int run_with(const struct cli_args *args, const struct instance *instance) {
	const struct state_view *state = &instance->state;
	json_t *list = json_array();
	uint32_t count = 0;
	struct table table;
	struct shown shown;

	table_init(&table,
		(const char *const[]){
			"client", "host", ">done", ">of", ">rate", ">window", ">again", "file"},
		8);
	for (uint32_t i = 0; i < state->session_count; i++) {
		if (!read_session(instance, &state->sessions[i], &shown))
			continue;
		count++;
		json_array_append_new(list, session_json(&shown));
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
	.detail = "done counts what the client has acknowledged, again the blocks that were sent\n"
		  "more than once; window is the number of blocks in flight and their size.",
	.options = options,
	.run = run,
};
