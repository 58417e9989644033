// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// `rouse-storm load tftp` and `load flood`: options, phases, reports.

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "storm_args.h"
#include "storm_commands.h"
#include "storm_dpdk.h"
#include "storm_load_open.h"
#include "storm_load_tftp.h"

struct load_options {
	struct storm_load_place place;
	const char *file;
	const char *against;
	const char *sha256;
	const char *new_file;
	const char *new_against;
	uint32_t sessions;
	uint32_t new_sessions;
	uint32_t blksize;
	uint32_t windowsize;
	uint32_t check_one_in;
	uint64_t duration_us;
	uint64_t warm_up_us;
	uint64_t patience_us;
	double new_rate;
	double rate;
	struct storm_network from;
	bool json;
};

#define AT(field) offsetof(struct load_options, field)

// What both commands know.
#define LOAD_ARGS                                                                                  \
	{"port", "DEVICE", STORM_ARG_TEXT, AT(place.port),                                         \
		.help = "the DPDK port to the server: vdev:net_memif0,role=client,socket=/run/m, " \
			"pci:0000:01:00.0"},                                                       \
		{"server", "A", STORM_ARG_SERVER, AT(place.server), .help = "its address"},        \
		{"source", "CIDR", STORM_ARG_NETWORK, AT(place.source),                            \
			.help = "the clients' addresses; 1,024 clients share one"},                \
		{"mac-base", "MAC", STORM_ARG_MAC, AT(place.mac_base),                             \
			.help = "of the first address; each has the next (02:57:00:00:00:00)"},    \
		{"cpu", "N", STORM_ARG_U32, AT(place.cpu), 0, 1023, "stay on this CPU (any)"},     \
		{"file", "NAME", STORM_ARG_TEXT, AT(file), .help = "what is read"},                \
		{"against", "PATH", STORM_ARG_TEXT, AT(against),                                   \
			.help = "local file that it must equal, byte by byte"},                    \
		{"sha256", "HEX", STORM_ARG_TEXT, AT(sha256), .help = "what it must hash to"},     \
		{"check-one-in", "N", STORM_ARG_U32, AT(check_one_in), 0, 65536,                   \
			"check checksums and contents of one session in N; 0: of none (64)"},      \
		{"blksize", "B", STORM_ARG_U32, AT(blksize), 8, 1468,                              \
			"ask for this blksize (1468)"},                                            \
		{"patience", "S", STORM_ARG_SECONDS, AT(patience_us),                              \
			.help = "give a transfer up after so long without an answer (10)"},        \
		{"warm-up", "S", STORM_ARG_SECONDS, AT(warm_up_us),                                \
			.help = "run so long before it counts (1)"},                               \
	{                                                                                          \
		"json", NULL, STORM_ARG_FLAG, AT(json), .help = "report as JSON"                   \
	}

static const struct storm_arg TFTP_ARGS[] = {
	LOAD_ARGS,
	{"sessions", "N", STORM_ARG_U32, AT(sessions), 1, STORM_LOAD_SESSIONS_MAX,
		"transfers at the same time (64)"},
	{"windowsize", "W", STORM_ARG_U32, AT(windowsize), 1, 65535,
		"ask for this windowsize (64)"},
	{"seconds", "S", STORM_ARG_SECONDS, AT(duration_us), .help = "measure for so long (5)"},
	{0},
};

static const struct storm_arg FLOOD_ARGS[] = {
	LOAD_ARGS,
	{"sessions", "N", STORM_ARG_U32, AT(sessions), 0, STORM_LOAD_SESSIONS_MAX,
		"transfers that run all the time (500)"},
	{"windowsize", "W", STORM_ARG_U32, AT(windowsize), 1, 65535, "ask for this windowsize (4)"},
	{"seconds", "S", STORM_ARG_SECONDS, AT(duration_us),
		.help = "measure without the flood, then with it, for so long each (5)"},
	{"rate", "R", STORM_ARG_REAL, AT(rate), .help = "spoofed requests per second (100000)"},
	{"from", "CIDR", STORM_ARG_NETWORK, AT(from),
		.help = "their addresses, at random (198.18.0.0/15)"},
	{"new-rate", "R", STORM_ARG_REAL, AT(new_rate),
		.help = "honest transfers that begin anew, per second (100)"},
	{"new-sessions", "N", STORM_ARG_U32, AT(new_sessions), 1, STORM_LOAD_SESSIONS_MAX,
		"of them at the same time at most (4096)"},
	{"new-file", "NAME", STORM_ARG_TEXT, AT(new_file), .help = "what they read (--file)"},
	{"new-against", "PATH", STORM_ARG_TEXT, AT(new_against),
		.help = "local file that it must equal"},
	{0},
};

static const char *find_wrong(const struct load_options *o) {
	uint32_t first, count;

	if (!o->place.port || !o->place.server.address || !o->place.source.address || !o->file)
		return "--port, --server, --source and --file are needed";
	if (o->against && o->sha256)
		return "--sha256 and --against contradict each other";
	if (strlen(o->file) > 256 || (o->new_file && strlen(o->new_file) > 256))
		return "names have at most 256 bytes";
	if (o->place.server.port)
		return "--server takes no port here";
	storm_network_range(&o->place.source, &first, &count);
	if ((uint64_t)count * STORM_LOAD_LANES < o->sessions + o->new_sessions)
		return "--source has too few addresses: 1,024 clients share one";
	return NULL;
}

static void report_phase(struct storm_report *r, const struct storm_load_tftp_totals *t) {
	double seconds = storm_load_seconds(&t->span);

	storm_load_report(r, &t->span, "own_cycles_per_data", t->data);
	storm_report_u64(r, "data", t->data);
	storm_report_real(r, "data_per_second", seconds > 0 ? (double)t->data / seconds : 0);
	storm_report_real(r, "acks_per_second", seconds > 0 ? (double)t->acks / seconds : 0);
	storm_report_real(
		r, "gigabits_per_second", seconds > 0 ? (double)t->bytes * 8e-9 / seconds : 0);
	storm_report_u64(r, "transfers", t->transfers);
	storm_report_u64(r, "checked", t->checked);
	storm_report_u64(r, "wrong_content", t->wrong_content);
	storm_report_u64(r, "bad_checksums", t->bad_checksums);
	storm_report_u64(r, "gaps", t->gaps);
	storm_report_u64(r, "duplicates", t->duplicates);
	storm_report_u64(r, "repetitions", t->repetitions);
	storm_report_u64(r, "errors", t->errors);
	storm_report_u64(r, "gave_up", t->gave_up);
	storm_report_u64(r, "foreign", t->foreign);
	storm_report_u64(r, "no_buffer", t->no_buffer);
	storm_report_hist(r, "request_to_oack_ns", &t->request);
	storm_report_hist(r, "ack_to_data_ns", &t->ack);
	storm_report_hist(r, "transfer_us", &t->whole);
}

static void report_new(struct storm_report *r, const struct storm_load_tftp_totals *t) {
	uint64_t ended = t->new_done + t->new_failed + t->new_refused;

	storm_report_open(r, "new");
	storm_report_u64(r, "started", t->new_started);
	storm_report_u64(r, "done", t->new_done);
	storm_report_u64(r, "failed", t->new_failed);
	storm_report_u64(r, "all_busy", t->new_refused);
	storm_report_u64(r, "running", t->new_running);
	storm_report_real(
		r, "success_percent", ended ? 100.0 * (double)t->new_done / (double)ended : 0);
	storm_report_hist(r, "transfer_us", &t->new_whole);
	storm_report_close(r);
	storm_report_open(r, "spoofed");
	storm_report_u64(r, "requests", t->flood_sent);
	storm_report_u64(r, "answers", t->flood_answers);
	storm_report_real(r, "bytes_out_per_byte_in",
		t->flood_bytes ? (double)t->flood_answer_bytes / (double)t->flood_bytes : 0);
	storm_report_close(r);
}

static bool is_fine(const struct storm_load_tftp_totals *t) {
	return !t->wrong_content && !t->bad_checksums && !t->errors && !t->gave_up;
}

static bool run_tftp_phases(const struct load_options *o, struct storm_load_run *run,
	struct storm_load_tftp_totals *totals) {
	struct storm_report r;

	storm_load_tftp_run(run, o->warm_up_us, false, &totals[0]);
	storm_load_tftp_run(run, o->duration_us, false, &totals[1]);
	storm_report_begin(&r, stdout, o->json, "load tftp");
	storm_report_u64(&r, "sessions", o->sessions);
	storm_report_u64(&r, "windowsize", o->windowsize);
	report_phase(&r, &totals[1]);
	storm_report_end(&r);
	return is_fine(&totals[0]) && is_fine(&totals[1]) && totals[1].data;
}

static bool run_flood_phases(const struct load_options *o, struct storm_load_run *run,
	struct storm_load_tftp_totals *totals) {
	static const char *const NAMES[] = {"warm_up", "calm", "flood"};
	struct storm_report r;
	double calm, flooded;

	storm_load_tftp_run(run, o->warm_up_us, false, &totals[0]);
	storm_load_tftp_run(run, o->duration_us, false, &totals[1]);
	storm_load_tftp_run(run, o->duration_us, true, &totals[2]);
	calm = (double)totals[1].data / storm_load_seconds(&totals[1].span);
	flooded = (double)totals[2].data / storm_load_seconds(&totals[2].span);
	storm_report_begin(&r, stdout, o->json, "load flood");
	storm_report_u64(&r, "sessions", o->sessions);
	storm_report_real(&r, "rate_kept_percent", calm > 0 ? 100 * flooded / calm : 0);
	for (unsigned i = 1; i < 3; i++) {
		storm_report_open(&r, NAMES[i]);
		report_phase(&r, &totals[i]);
		report_new(&r, &totals[i]);
		storm_report_close(&r);
	}
	storm_report_end(&r);
	return !totals[1].wrong_content && !totals[2].wrong_content && totals[2].data;
}

typedef bool run_phases(const struct load_options *o, struct storm_load_run *run,
	struct storm_load_tftp_totals *totals);

static int set_content(const struct storm_command *command, const char *against, const char *sha256,
	struct storm_content *content) {
	int err = 0;

	if (against)
		err = storm_content_map(content, against);
	else if (sha256)
		err = storm_content_sha256(content, sha256);
	if (err)
		storm_complain(command, "%s: %s", against ? against : "--sha256",
			against ? strerror(-err) : "64 hexadecimal digits are needed");
	return err;
}

static void fill_settings(const struct load_options *o, struct storm_load_tftp *s) {
	s->server = o->place.server.address;
	storm_network_range(&o->place.source, &s->first, &s->stations);
	memcpy(s->mac_base, o->place.mac_base, 6);
	s->file = o->file;
	s->new_file = o->new_file ? o->new_file : o->file;
	s->blksize = (uint16_t)o->blksize;
	s->window = (uint16_t)o->windowsize;
	s->sessions = o->sessions;
	s->new_sessions = o->new_sessions;
	s->check_one_in = o->check_one_in;
	s->wait_us = STORM_SECOND_US;
	s->patience_us = o->patience_us;
	s->new_rate = o->new_rate;
	s->flood_rate = o->rate;
	s->flood_network = o->from.address;
	s->flood_count = o->rate > 0 ? (uint32_t)(1ull << (32 - o->from.prefix_len)) : 0;
}

static int run_load(const struct storm_command *command, const struct load_options *o,
	struct storm_load_tftp *s, run_phases *phases) {
	struct storm_load_tftp_totals *totals = calloc(3, sizeof(*totals));
	struct storm_packet *packet = storm_load_open(command, &o->place, s->server_mac);
	struct storm_load_run *run = NULL;
	bool fine = false;

	if (packet && totals)
		run = storm_load_tftp_start(s, storm_dpdk_port(packet));
	if (run) {
		fine = phases(o, run, totals);
		storm_load_tftp_end(run);
	} else if (packet) {
		storm_complain(command, "no memory");
	}
	storm_packet_close(packet);
	free(totals);
	return !run ? STORM_EXIT_CANNOT : fine ? STORM_EXIT_OK : STORM_EXIT_FAILED;
}

static int run_with(const struct storm_command *command, int argc, char **argv,
	struct load_options *o, run_phases *phases) {
	struct storm_load_tftp s = {0};
	int err = storm_args_parse(command, argc, argv, o, NULL);
	int code = STORM_EXIT_CANNOT;
	const char *wrong;

	if (err)
		return err > 0 ? STORM_EXIT_OK : STORM_EXIT_USAGE;
	wrong = find_wrong(o);
	if (wrong) {
		storm_complain(command, "%s", wrong);
		return STORM_EXIT_USAGE;
	}
	fill_settings(o, &s);
	// The new ones read another file, unless they are told to read the same.
	if (set_content(command, o->against, o->sha256, &s.content) == 0 &&
		set_content(command, o->new_file ? o->new_against : o->against,
			o->new_file ? NULL : o->sha256, &s.new_content) == 0)
		code = run_load(command, o, &s, phases);
	storm_content_close(&s.content);
	storm_content_close(&s.new_content);
	return code;
}

static struct load_options defaults(void) {
	return (struct load_options){
		.place = {.cpu = STORM_LOAD_ANY_CPU, .mac_base = {0x02, 0x57}},
		.sessions = 64,
		.blksize = 1468,
		.windowsize = 64,
		.check_one_in = 64,
		.duration_us = 5 * STORM_SECOND_US,
		.warm_up_us = STORM_SECOND_US,
		.patience_us = 10 * STORM_SECOND_US,
	};
}

static int run_tftp(const struct storm_command *command, int argc, char **argv) {
	struct load_options o = defaults();

	return run_with(command, argc, argv, &o, run_tftp_phases);
}

static int run_flood(const struct storm_command *command, int argc, char **argv) {
	struct load_options o = defaults();

	o.sessions = 500;
	o.windowsize = 4;
	o.new_sessions = 4096;
	o.new_rate = 100;
	o.rate = 100000;
	o.from = (struct storm_network){.address = 0xc6120000, .prefix_len = 15};
	return run_with(command, argc, argv, &o, run_flood_phases);
}

const struct storm_command STORM_LOAD_TFTP = {
	.name = "load tftp",
	.usage = "--port DEVICE --server A --source CIDR --file NAME [options]",
	.summary = "Reads a file again and again with many TFTP clients at the highest rate.",
	.notes = "Exit code: 0 all that was checked was right, 1 it was not, or a transfer failed, "
		 "2 usage, 3\n"
		 "the run could not begin. Without --sha256 and --against each transfer must equal "
		 "the first.\n"
		 "own_cycles_per_data is what the clients cost, without idle turns.\n",
	.args = TFTP_ARGS,
	.run = run_tftp,
};

const struct storm_command STORM_LOAD_FLOOD = {
	.name = "load flood",
	.usage = "--port DEVICE --server A --source CIDR --file NAME [options]",
	.summary = "Runs transfers and starts new ones, without and beside a flood of spoofed "
		   "requests.",
	.notes = "Exit code: 0 all contents were right, 1 they were not, 2 usage, 3 the run could "
		 "not begin.\n"
		 "New transfers and spoofed requests are due by the clock, whatever the server "
		 "does, and\n"
		 "times count from when they were due.\n",
	.args = FLOOD_ARGS,
	.run = run_flood,
};
