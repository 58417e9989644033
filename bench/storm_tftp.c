// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// `rouse-storm tftp`: options, the run, the report.

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storm_args.h"
#include "storm_clock.h"
#include "storm_commands.h"
#include "storm_raw.h"
#include "storm_report.h"
#include "storm_stop.h"
#include "storm_tftp_run.h"
#include "storm_udp.h"

struct tftp_options {
	struct storm_server server;
	const char *file;
	const char *sha256;
	const char *against;
	uint32_t clients;
	uint64_t total;
	uint32_t blksize;
	uint32_t windowsize;
	uint32_t timeout_s;
	uint32_t double_acks;
	bool tsize;
	bool multicast;
	bool at_once;
	bool json;
	double rate;
	uint64_t rate_limit;
	double loss, dup, reorder;
	uint64_t seed;
	uint64_t give_up_us;
	uint64_t linger_us;
	uint64_t deadline_us;
	struct storm_retry retry;
	struct storm_network source;
	struct storm_place place;
	uint8_t mac_base[6];
};

// A frame of 1,514 bytes; user space takes no fragments.
#define RAW_BLKSIZE_MAX 1468u

#define GROUP_BATCH 16u // blocks that are read at once

#define AT(field) offsetof(struct tftp_options, field)

static const struct storm_arg ARGS[] = {
	{"server", "A[:PORT]", STORM_ARG_SERVER, AT(server), .help = "the server, port 69"},
	{"file", "NAME[,NAME…]", STORM_ARG_TEXT, AT(file),
		.help = "what is read; clients take turns over several"},
	{"clients", "N", STORM_ARG_U32, AT(clients), 1, 100000, "transfers at the same time (1)"},
	{"total", "M", STORM_ARG_U64, AT(total), 1,
		.help = "transfers in all (as many as clients)"},
	{"blksize", "B", STORM_ARG_U32, AT(blksize), 8, 65464, "ask for this blksize (do not ask)"},
	{"windowsize", "W", STORM_ARG_U32, AT(windowsize), 1, 65535,
		"ask for this windowsize (do not ask)"},
	{"timeout", "S", STORM_ARG_U32, AT(timeout_s), 1, 255, "ask for this timeout (do not ask)"},
	{"tsize", NULL, STORM_ARG_FLAG, AT(tsize),
		.help = "ask for tsize and hold the server to it"},
	{"multicast", NULL, STORM_ARG_FLAG, AT(multicast),
		.help = "ask to share the transfer with the others as a group (RFC 2090); each "
			"loses its "
			"own share of what is sent to all; needs --against and kernel sockets"},
	{"sha256", "HEX[,HEX…]", STORM_ARG_TEXT, AT(sha256), .help = "what each file must hash to"},
	{"against", "PATH[,PATH…]", STORM_ARG_TEXT, AT(against),
		.help = "local files that each must equal, byte by byte"},
	{"rate", "R", STORM_ARG_REAL, AT(rate), .help = "start R clients per second"},
	{"at-once", NULL, STORM_ARG_FLAG, AT(at_once), .help = "start all at once (the default)"},
	{"rate-limit", "BITS", STORM_ARG_U64, AT(rate_limit), 1, 1000000000000,
		"hold requests and ACKs back, so that all clients together ask for so many bits of "
		"file per second (no limit)"},
	{"loss", "P%", STORM_ARG_PERCENT, AT(loss),
		.help = "lose this share of the packets, both ways"},
	{"dup", "P%", STORM_ARG_PERCENT, AT(dup), .help = "duplicate this share"},
	{"reorder", "P%", STORM_ARG_PERCENT, AT(reorder), .help = "deliver this share 1 ms late"},
	{"seed", "N", STORM_ARG_U64, AT(seed), .help = "of loss, dup and reorder (1)"},
	{"source", "CIDR", STORM_ARG_NETWORK, AT(source),
		.help = "bind clients to the local addresses of this network in turn"},
	{"interface", "IF", STORM_ARG_TEXT, AT(place.interface),
		.help = "be stations of --source on this interface, in user space; the kernel must "
			"not have their addresses"},
	{"port", "DEVICE", STORM_ARG_TEXT, AT(place.port),
		.help = "the same on a DPDK port: vdev:net_memif0,role=client,socket=/run/m, "
			"pci:0000:01:00.0"},
	{"mac-base", "MAC", STORM_ARG_MAC, AT(mac_base),
		.help = "with --interface and --port: of the first station (02:54:00:00:00:00)"},
	{"double-acks", "N", STORM_ARG_U32, AT(double_acks), 0, 32,
		"send each ACK N times more (0)"},
	{"retry", "S,S…", STORM_ARG_RETRY, AT(retry),
		.help = "waits between tries (0.25,0.5,1,2,4,8: iPXE)"},
	{"give-up", "S", STORM_ARG_SECONDS, AT(give_up_us),
		.help = "patience without progress (the sum of --retry)"},
	{"linger", "S", STORM_ARG_SECONDS, AT(linger_us),
		.help = "answer a repeated last block for so long (0.5)"},
	{"deadline", "S", STORM_ARG_SECONDS, AT(deadline_us),
		.help = "end the run; what is not done has failed (none)"},
	{"json", NULL, STORM_ARG_FLAG, AT(json), .help = "report as JSON"},
	{0},
};

// The nth of a list with commas, as a string of its own; NULL if there are fewer.
static char *nth_of(const char *list, uint32_t n) {
	for (; n; n--) {
		list = strchr(list, ',');
		if (!list)
			return NULL;
		list++;
	}
	return strndup(list, strcspn(list, ","));
}

static bool in_user_space(const struct tftp_options *o) {
	return o->place.interface || o->place.port;
}

static int check_options(const struct storm_command *command, const struct tftp_options *o) {
	const char *wrong = NULL;

	if (!o->server.address)
		wrong = "--server is needed";
	else if (!o->file)
		wrong = "--file is needed";
	else if (o->rate > 0 && o->at_once)
		wrong = "--rate and --at-once contradict each other";
	else if (o->sha256 && o->against)
		wrong = "--sha256 and --against contradict each other";
	else if (in_user_space(o) && storm_place_wrong(&o->place))
		wrong = storm_place_wrong(&o->place);
	else if (in_user_space(o) && (!o->source.address || o->blksize > RAW_BLKSIZE_MAX))
		wrong = "--interface and --port need --source, and a --blksize of at most 1468";
	else if (o->multicast && (in_user_space(o) || !o->against || o->windowsize))
		wrong = "--multicast needs --against, and neither --interface, --port nor "
			"--windowsize";
	if (wrong)
		storm_complain(command, "%s", wrong);
	return wrong ? -EINVAL : 0;
}

static int set_content(const struct storm_command *command, const struct tftp_options *o,
	uint32_t n, struct storm_content *content) {
	char *text = o->sha256 ? nth_of(o->sha256, n) : o->against ? nth_of(o->against, n) : NULL;
	int err = 0;

	if (!o->sha256 && !o->against)
		return 0;
	if (!text) {
		storm_complain(command, "file %u has no --sha256 or --against of its own", n + 1);
		return -EINVAL;
	}
	err = o->sha256 ? storm_content_sha256(content, text) : storm_content_map(content, text);
	if (err)
		storm_complain(command, "%s: %s", text,
			o->sha256 ? "needs 64 hexadecimal digits" : strerror(-err));
	free(text);
	return err;
}

static int set_file(const struct storm_command *command, const struct tftp_options *o, uint32_t n,
	char *name, struct storm_tftp_run_settings *s) {
	if (strlen(name) > 400 || !*name) {
		storm_complain(command, "a file name has 1 to 400 bytes");
		return -EINVAL;
	}
	s->file[n] = (struct storm_tftp_settings){
		.name = name,
		.blksize = (uint16_t)o->blksize,
		.windowsize = (uint16_t)o->windowsize,
		.timeout_s = (uint8_t)o->timeout_s,
		.tsize = o->tsize,
		.multicast = o->multicast,
		.extra_acks = (uint8_t)o->double_acks,
		.server = o->server.address,
		.port = o->server.port ? o->server.port : 69,
		.retry = o->retry,
		.give_up_us = o->give_up_us ? o->give_up_us : storm_retry_sum(&o->retry),
		.linger_us = o->linger_us,
	};
	return set_content(command, o, n, &s->content[n]);
}

static int set_files(const struct storm_command *command, const struct tftp_options *o,
	struct storm_tftp_run_settings *s) {
	char *name;

	while ((name = nth_of(o->file, s->files))) {
		int err = -E2BIG;

		if (s->files < STORM_TFTP_FILES_MAX)
			err = set_file(command, o, s->files, name, s);
		else
			storm_complain(
				command, "--file takes at most %u names", STORM_TFTP_FILES_MAX);
		if (err) {
			free(name);
			return err;
		}
		s->files++;
	}
	return 0;
}

static void free_files(struct storm_tftp_run_settings *s) {
	for (uint32_t i = 0; i < s->files; i++) {
		free((char *)s->file[i].name);
		storm_content_close(&s->content[i]);
	}
}

static struct storm_net *open_sockets(
	const struct tftp_options *o, char why[STORM_PACKET_WHY_SIZE]) {
	struct storm_udp_settings udp = {
		.clients = 2 * o->clients,
		.blksize = o->blksize ? (uint16_t)o->blksize : 512,
		.window = o->multicast    ? GROUP_BATCH
			  : o->windowsize ? (uint16_t)o->windowsize
					  : 1,
	};

	struct storm_net *net;

	storm_network_range(&o->source, &udp.source, &udp.source_count);
	net = storm_udp_create(&udp);
	if (!net)
		snprintf(why, STORM_PACKET_WHY_SIZE, "no sockets or memory for %u clients: %s",
			o->clients, strerror(errno));
	return net;
}

static struct storm_net *open_stations(
	const struct tftp_options *o, char why[STORM_PACKET_WHY_SIZE]) {
	struct storm_raw_settings raw = {
		.place = o->place, .clients = 2 * o->clients, .server = o->server.address};

	storm_network_range(&o->source, &raw.first, &raw.count);
	memcpy(raw.mac_base, o->mac_base, 6);
	return storm_raw_create(&raw, why);
}

static void report_counts(struct storm_report *r, const struct storm_tftp_totals *t) {
	storm_report_open(r, "packets");
	storm_report_u64(r, "data", t->data);
	storm_report_u64(r, "group_data", t->group_data);
	storm_report_u64(r, "duplicates", t->duplicates);
	storm_report_u64(r, "ahead_of_a_gap", t->ahead);
	storm_report_u64(r, "acks", t->acks);
	storm_report_u64(r, "extra_acks", t->extra_acks);
	storm_report_real(r, "extra_data_per_extra_ack",
		t->extra_acks ? (double)t->duplicates / (double)t->extra_acks : 0);
	storm_report_u64(r, "retransmissions", t->retransmissions);
	storm_report_u64(r, "malformed", t->malformed);
	storm_report_u64(r, "foreign", t->foreign);
	storm_report_u64(r, "send_failures", t->send_failures);
	storm_report_u64(r, "lost_here", t->lost);
	storm_report_u64(r, "duplicated_here", t->doubled);
	storm_report_u64(r, "delayed_here", t->delayed);
	storm_report_close(r);
}

static void report_failures(struct storm_report *r, const struct storm_tftp_totals *t) {
	storm_report_open(r, "failed_by");
	for (unsigned i = 1; i < STORM_TFTP_RUN_FAILURES; i++) {
		if (t->failed_by[i])
			storm_report_u64(r, storm_tftp_run_failure_name(i), t->failed_by[i]);
	}
	storm_report_close(r);
	if (t->first_error[0])
		storm_report_text(r, "first_error", t->first_error);
}

static void report(const struct tftp_options *o, const struct storm_tftp_totals *t) {
	double seconds = (double)t->elapsed_us / 1e6;
	struct storm_report r;

	storm_report_begin(&r, stdout, o->json, "tftp");
	storm_report_u64(&r, "clients", o->clients);
	storm_report_u64(&r, "started", t->started);
	storm_report_u64(&r, "completed", t->completed);
	storm_report_u64(&r, "failed", t->failed);
	report_failures(&r, t);
	storm_report_flag(&r, "deadline_passed", t->deadline_passed);
	storm_report_text(&r, "checked",
		o->sha256    ? "sha256"
		: o->against ? "against"
			     : "agreement");
	storm_report_real(&r, "seconds", seconds);
	storm_report_cpu(&r);
	storm_report_u64(&r, "bytes", t->bytes);
	storm_report_real(
		&r, "gigabits_per_second", seconds > 0 ? (double)t->bytes * 8e-9 / seconds : 0);
	storm_report_real(&r, "data_per_second", seconds > 0 ? (double)t->data / seconds : 0);
	report_counts(&r, t);
	storm_report_hist(&r, "request_to_answer_us", &t->answer);
	storm_report_hist(&r, "first_to_last_block_us", &t->transfer);
	storm_report_hist(&r, "request_to_last_block_us", &t->whole);
	storm_report_end(&r);
}

static int run_and_report(const struct storm_command *command, const struct tftp_options *o,
	struct storm_tftp_run_settings *s) {
	struct storm_tftp_totals *totals = calloc(1, sizeof(*totals));
	char why[STORM_PACKET_WHY_SIZE];
	struct storm_net *net = in_user_space(o) ? open_stations(o, why) : open_sockets(o, why);
	int code = STORM_EXIT_CANNOT;

	if (!net) {
		storm_complain(command, "%s", why);
	} else if (!totals || storm_tftp_run(s, net, totals) < 0) {
		storm_complain(command, "no memory for %u clients", o->clients);
	} else {
		report(o, totals);
		code = totals->completed == s->total ? STORM_EXIT_OK : STORM_EXIT_FAILED;
	}
	if (net)
		net->ops->destroy(net);
	free(totals);
	return code;
}

static int run_tftp(const struct storm_command *command, int argc, char **argv) {
	struct tftp_options o = {
		.clients = 1,
		.seed = 1,
		.linger_us = 500000,
		.retry = {6, {250000, 500000, 1000000, 2000000, 4000000, 8000000}},
		.mac_base = {0x02, 0x54},
	};
	struct storm_tftp_run_settings *s;
	int err = storm_args_parse(command, argc, argv, &o, NULL);
	int code = STORM_EXIT_USAGE;

	if (err > 0)
		return STORM_EXIT_OK;
	if (err < 0 || check_options(command, &o) < 0)
		return STORM_EXIT_USAGE;
	s = calloc(1, sizeof(*s));
	if (!s)
		return STORM_EXIT_CANNOT;
	s->clients = o.clients;
	s->total = o.total ? o.total : o.clients;
	s->rate = o.rate;
	s->rate_limit = o.rate_limit;
	s->loss = o.loss;
	s->dup = o.dup;
	s->reorder = o.reorder;
	s->seed = o.seed;
	s->deadline_us = o.deadline_us;
	s->show_progress = isatty(STDERR_FILENO);
	storm_stop_install();
	if (set_files(command, &o, s) == 0)
		code = run_and_report(command, &o, s);
	free_files(s);
	free(s);
	return code;
}

const struct storm_command STORM_TFTP = {
	.name = "tftp",
	.usage = "--server A[:PORT] --file NAME[,NAME…] [options]",
	.summary = "Reads files with many TFTP clients at once and checks what arrives.",
	.notes = "Exit code: 0 every transfer completed, 1 some failed, 2 usage, 3 the run could "
		 "not begin.\n"
		 "Without --sha256 and --against each transfer must equal the first one.\n",
	.args = ARGS,
	.run = run_tftp,
};
