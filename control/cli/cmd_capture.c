// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse capture: what the dataplane receives and sends, as a pcapng file. rouse-control is asked
// once a second to have frames copied; they are read from the workers' rings, which nothing waits
// for.

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "arena.h"
#include "cli/capture_file.h"
#include "cli/cli.h"
#include "cli/instance.h"
#include "cli/output.h"
#include "cli/rest_client.h"
#include "text.h"

#define NS_PER_S  1000000000ull
#define RENEW_NS  NS_PER_S
#define SETTLE_NS 100000000 // so long after a frame its reason may still come
#define PAUSE_NS  2000000
#define NICENESS  10
#define REST_S    2
#define PATIENCE  10    // seconds without rouse-control: it is started again within 2
#define BATCH     1024u // frames between two looks at the time

struct capture {
	struct instance instance;
	const char *path;
	uint64_t mac; // 0: of all machines
	uint64_t count;
	uint64_t end_ns;     // of --seconds, CLOCK_BOOTTIME
	uint64_t renew_ns;   // the same
	uint64_t asked_ns;   // the same, of the last answer
	uint64_t lost;       // with dataplanes that are gone
	uint8_t boot_id[16]; // of the dataplane whose ports the section has
	struct capture_source source;
	struct capture_file file;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number) {
	(void)number;
	stopped = 1;
}

static void catch_signals(void) {
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static int64_t unix_ns(void) {
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * (int64_t)NS_PER_S + now.tv_nsec;
}

static void pause_ns(long ns) {
	nanosleep(&(struct timespec){.tv_nsec = ns}, NULL);
}

// --- arguments

static int parse_number(const struct cli_args *args, const char *name, uint64_t *number) {
	const char *text = cli_value(args, name);
	char *end;

	*number = UINT64_MAX;
	if (!text)
		return CLI_OK;
	*number = strtoull(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && *number > 0 && *number < UINT32_MAX)
		return CLI_OK;
	cli_error("--%s: \"%s\" is not a number from 1 on", name, text);
	return CLI_USAGE;
}

static int parse(const struct cli_args *args, struct capture *c) {
	const char *text = cli_value(args, "mac");
	uint64_t seconds;
	uint8_t mac[6];
	int rc;

	c->path = cli_value(args, "write");
	if (!c->path) {
		cli_error("-w FILE is needed: where to write; - is standard output");
		return CLI_USAGE;
	}
	if (text && text_parse_mac(text, mac) < 0) {
		cli_error("--mac: \"%s\" is not a MAC address", text);
		return CLI_USAGE;
	}
	c->mac = text ? capture_mac(mac) : 0;
	rc = parse_number(args, "count", &c->count);
	if (rc == CLI_OK)
		rc = parse_number(args, "seconds", &seconds);
	if (rc == CLI_OK)
		c->end_ns = seconds == UINT64_MAX ? UINT64_MAX
						  : state_boottime_ns() + seconds * NS_PER_S;
	return rc;
}

// --- capturing

static int tell_unwritten(const struct capture *c, int rc) {
	cli_error("%s: %s", c->path, strerror(-rc));
	return CLI_FAILED;
}

// The dataplane's ports begin a section of the file.
static int begin(struct capture *c) {
	int rc = capture_file_begin(&c->file, &c->instance.state);

	if (!state_view_boot_id(&c->instance.state, c->boot_id))
		memset(c->boot_id, 0, sizeof(c->boot_id));
	return rc < 0 ? tell_unwritten(c, rc) : CLI_OK;
}

// The dataplane's rings from now on.
static int attach(struct capture *c) {
	capture_source_init(&c->source, c->instance.state.captures, c->instance.state.worker_count);
	return begin(c);
}

// A dataplane that was started with another layout has a file of its own.
static int follow(struct capture *c) {
	struct state_view next;
	char why[SHM_WHY_SIZE];

	if (!state_view_replaced(&c->instance.state, c->instance.runtime_dir) ||
		state_view_open(&next, c->instance.runtime_dir, why) < 0)
		return CLI_OK; // until it is there
	c->lost += capture_source_lost(&c->source);
	state_view_close(&c->instance.state);
	c->instance.state = next;
	return attach(c);
}

// One with the same layout goes on in the rings, but its ports, and what its counters mean, may be
// others.
static int follow_in_place(struct capture *c) {
	uint8_t boot_id[16];

	if (!state_view_boot_id(&c->instance.state, boot_id) ||
		memcmp(boot_id, c->boot_id, sizeof(boot_id)) == 0)
		return CLI_OK;
	return begin(c);
}

static int renew(struct capture *c) {
	char path[64], mac[TEXT_MAC_SIZE] = "";
	uint8_t bytes[6];
	json_t *answer;
	int rc;

	for (int i = 0; i < 6; i++)
		bytes[i] = (uint8_t)(c->mac >> (40 - 8 * i));
	if (c->mac)
		text_mac(bytes, mac);
	snprintf(path, sizeof(path), "/v1/capture%s%s", c->mac ? "/" : "", mac);
	rc = rest_client_post_within(c->instance.runtime_dir, path, REST_S, &answer);
	c->renew_ns = state_boottime_ns() + RENEW_NS;
	if (rc != CLI_OK)
		return rc;
	json_decref(answer);
	c->asked_ns = state_boottime_ns();
	return CLI_OK;
}

// rouse-control may be on its way back.
static int renew_patiently(struct capture *c) {
	int rc = renew(c);

	return state_boottime_ns() - c->asked_ns < PATIENCE * NS_PER_S ? CLI_OK : rc;
}

static bool is_wanted(const struct capture *c, const struct capture_record *record) {
	struct capture_note note = {
		.frame = record->frame, .len = record->len, .direction = record->direction};

	return capture_wants(c->mac, &note);
}

// Up to a batch of what is older than settled_ns. -errno: the file cannot be written.
static int drain(struct capture *c, int64_t settled_ns) {
	struct captured captured;
	int taken, rc;

	for (taken = 0; taken < (int)BATCH && c->file.frames < c->count; taken++) {
		if (!capture_source_next(&c->source, settled_ns, &captured))
			break;
		rc = is_wanted(c, captured.record) ? capture_file_add(&c->file, &captured) : 0;
		if (rc < 0)
			return rc;
	}
	if (taken)
		return taken;
	rc = capture_file_flush(&c->file);
	return rc < 0 ? rc : 0;
}

static int run_until_end(struct capture *c) {
	int taken, rc;

	while (!stopped && c->file.frames < c->count && state_boottime_ns() < c->end_ns) {
		rc = follow_in_place(c);
		if (rc != CLI_OK)
			return rc;
		taken = drain(c, unix_ns() - SETTLE_NS);
		if (taken < 0)
			return tell_unwritten(c, taken);
		if (taken < (int)BATCH)
			pause_ns(PAUSE_NS);
		if (state_boottime_ns() < c->renew_ns)
			continue;
		rc = renew_patiently(c);
		if (rc == CLI_OK)
			rc = follow(c);
		if (rc != CLI_OK)
			return rc;
	}
	return CLI_OK;
}

// What was captured until now gets the time that its reasons may take.
static int finish(struct capture *c, int rc) {
	int64_t end_ns = unix_ns();
	int taken = 1;

	if (c->file.frames < c->count)
		pause_ns(SETTLE_NS);
	while (taken > 0)
		taken = drain(c, end_ns);
	c->lost += capture_source_lost(&c->source);
	if (taken < 0 && rc == CLI_OK)
		rc = tell_unwritten(c, taken);
	return rc;
}

static void tell(const struct capture *c, bool json) {
	if (json && strcmp(c->path, "-") != 0) {
		output_json(json_pack("{s:s, s:I, s:I, s:I}", "file", c->path, "frames",
			(json_int_t)c->file.frames, "not_answered", (json_int_t)c->file.unanswered,
			"lost", (json_int_t)c->lost));
		return;
	}
	fprintf(stderr,
		"%s: %" PRIu64 " frames, %" PRIu64 " of them not answered for a reason; %" PRIu64
		" more were lost%s\n",
		c->path, c->file.frames, c->file.unanswered, c->lost,
		c->lost ? ", as they came faster than they were written: --mac takes one machine's"
			: "");
}

static int capture(struct capture *c, bool json) {
	int rc = renew(c);

	if (rc == CLI_OK) {
		rc = capture_file_open(&c->file, c->path);
		if (rc < 0)
			return tell_unwritten(c, rc);
		rc = attach(c);
	}
	if (rc != CLI_OK)
		return rc;
	rc = finish(c, run_until_end(c));
	tell(c, json);
	return rc;
}

static int run(const struct cli_args *args) {
	struct capture *c = mem_alloc(sizeof(*c));
	int rc, closed;

	memset(c, 0, sizeof(*c));
	rc = parse(args, c);
	if (rc == CLI_OK)
		rc = instance_find(args, &c->instance);
	if (rc == CLI_OK)
		rc = instance_need_state(&c->instance);
	if (rc == CLI_OK) {
		catch_signals();
		setpriority(PRIO_PROCESS, 0, NICENESS); // the server goes first
		rc = capture(c, cli_flag(args, "json"));
	}
	closed = c->file.out ? capture_file_close(&c->file) : 0;
	if (closed < 0 && rc == CLI_OK)
		rc = tell_unwritten(c, closed);
	instance_close(&c->instance);
	free(c);
	return rc;
}

static const struct cli_option options[] = {
	INSTANCE_OPTIONS,
	{"write", "FILE", "the pcapng file to write; - for standard output", 'w'},
	{"mac", "MAC", "only the frames of this machine, of others its DHCP by a relay"},
	{"count", "N", "end after so many frames"},
	{"seconds", "S", "end after so long"},
	CLI_OPTION_JSON,
	CLI_OPTION_END,
};

const struct cli_command cmd_capture = {
	.name = "capture",
	.operands = "",
	.help = "write what the dataplane receives and sends to a pcapng file",
	.detail = "Each port is an interface; a frame that gets no answer has the reason as its\n"
		  "comment, by the counter that rouse stats shows. Until Ctrl-C, or as long as\n"
		  "told. Of DATA packets the first 128 bytes are kept, of other frames 992. A\n"
		  "worker keeps its last 4,096 frames: those that are not read in time are lost,\n"
		  "and counted. Read the file with Wireshark, tshark, or rouse explain --pcap.",
	.options = options,
	.run = run,
};
