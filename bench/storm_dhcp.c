// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// `rouse-storm dhcp`: options, the run, the report.

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storm_args.h"
#include "storm_clock.h"
#include "storm_commands.h"
#include "storm_dhcp_run.h"
#include "storm_report.h"
#include "storm_stop.h"

struct dhcp_options {
	struct storm_place place;
	const char *exchange;
	const char *log;
	const char *from;
	uint32_t server;
	uint32_t clients;
	uint64_t total;
	uint64_t for_us;
	uint32_t arch;
	uint64_t seed;
	uint64_t give_up_us;
	uint64_t deadline_us;
	double rate;
	double loss, dup;
	struct storm_retry retry;
	uint8_t mac_base[6];
	bool at_once;
	bool broadcast;
	bool ipxe;
	bool listen_only;
	bool json;
};

#define AT(field) offsetof(struct dhcp_options, field)

static const struct storm_arg ARGS[] = {
	{"interface", "IF", STORM_ARG_TEXT, AT(place.interface),
		.help = "the interface to the server"},
	{"port", "DEVICE", STORM_ARG_TEXT, AT(place.port),
		.help = "or a DPDK port to the server: vdev:net_memif0,role=client,socket=/run/m, "
			"pci:0000:01:00.0"},
	{"server", "A", STORM_ARG_ADDRESS, AT(server),
		.help = "ignore the offers of every other server"},
	{"exchange", "KIND", STORM_ARG_TEXT, AT(exchange),
		.help = "discover, release, decline, inform, renew or reboot (discover)"},
	{"clients", "N", STORM_ARG_U32, AT(clients), 1, STORM_DHCP_CLIENTS_MAX,
		"exchanges at the same time; machines for renew, reboot (1)"},
	{"total", "M", STORM_ARG_U64, AT(total), 1,
		.help = "exchanges in all (as many as clients)"},
	{"for", "S", STORM_ARG_SECONDS, AT(for_us),
		.help = "instead of --total: as many as --rate starts in S seconds"},
	{"rate", "R", STORM_ARG_REAL, AT(rate), .help = "start R exchanges per second"},
	{"at-once", NULL, STORM_ARG_FLAG, AT(at_once),
		.help = "start as many as --clients allows (the default)"},
	{"mac-base", "MAC", STORM_ARG_MAC, AT(mac_base),
		.help = "of the first machine; each has the next (02:53:00:00:00:00)"},
	{"from", "LOG", STORM_ARG_TEXT, AT(from),
		.help = "renew, reboot: the machines and leases of this log"},
	{"log", "FILE", STORM_ARG_TEXT, AT(log),
		.help = "append a line for each ACK: time, MAC, address, lease, xid"},
	{"listen-only", NULL, STORM_ARG_FLAG, AT(listen_only),
		.help = "send nothing; log the ACKs that others get"},
	{"ipxe", NULL, STORM_ARG_FLAG, AT(ipxe),
		.help = "say that the client is iPXE (user class)"},
	{"arch", "N", STORM_ARG_U32, AT(arch), 0, 65534,
		"be PXE firmware of this architecture (option 93)"},
	{"broadcast", NULL, STORM_ARG_FLAG, AT(broadcast),
		.help = "ask for broadcast replies, as EDK2 does"},
	{"loss", "P%", STORM_ARG_PERCENT, AT(loss),
		.help = "lose this share of the packets, both ways"},
	{"dup", "P%", STORM_ARG_PERCENT, AT(dup), .help = "duplicate this share"},
	{"seed", "N", STORM_ARG_U64, AT(seed), .help = "of loss and dup (1)"},
	{"retry", "S,S…", STORM_ARG_RETRY, AT(retry), .help = "waits between tries (1,2,4,8)"},
	{"give-up", "S", STORM_ARG_SECONDS, AT(give_up_us),
		.help = "patience with each of the two steps (the sum of --retry)"},
	{"deadline", "S", STORM_ARG_SECONDS, AT(deadline_us),
		.help = "end the run; what is not done counts as unfinished (none)"},
	{"json", NULL, STORM_ARG_FLAG, AT(json), .help = "report as JSON"},
	{0},
};

static const char *const EXCHANGE_NAMES[STORM_EXCHANGES] = {
	[STORM_EXCHANGE_DISCOVER] = "discover",
	[STORM_EXCHANGE_RELEASE] = "release",
	[STORM_EXCHANGE_DECLINE] = "decline",
	[STORM_EXCHANGE_INFORM] = "inform",
	[STORM_EXCHANGE_RENEW] = "renew",
	[STORM_EXCHANGE_REBOOT] = "reboot",
};

static int find_exchange(const char *name, enum storm_dhcp_exchange *exchange) {
	for (unsigned i = 0; i < STORM_EXCHANGES; i++) {
		if (!strcmp(name, EXCHANGE_NAMES[i])) {
			*exchange = (enum storm_dhcp_exchange)i;
			return 0;
		}
	}
	return -EINVAL;
}

static const char *find_wrong(const struct dhcp_options *o, enum storm_dhcp_exchange exchange) {
	bool keeps = exchange == STORM_EXCHANGE_RENEW || exchange == STORM_EXCHANGE_REBOOT;

	if (storm_place_wrong(&o->place))
		return storm_place_wrong(&o->place);
	if (o->rate > 0 && o->at_once)
		return "--rate and --at-once contradict each other";
	if (o->for_us && (o->total || o->rate <= 0))
		return "--for needs --rate and replaces --total";
	if (o->from && (!keeps || o->listen_only))
		return "--from is for --exchange renew and reboot";
	return NULL;
}

// Reads the leases of a log; the last line of each machine counts, and one that was given back does
// not.
static int by_mac_and_time(const void *a, const void *b) {
	const struct storm_log_entry *x = a, *y = b;
	int order = memcmp(x->mac, y->mac, 6);

	if (order)
		return order;
	return x->unix_us < y->unix_us ? -1 : x->unix_us > y->unix_us;
}

static size_t keep_last_leases(struct storm_log_entry *entries, size_t count) {
	size_t kept = 0;

	qsort(entries, count, sizeof(*entries), by_mac_and_time);
	for (size_t i = 0; i < count; i++) {
		bool last = i + 1 == count || memcmp(entries[i].mac, entries[i + 1].mac, 6);

		if (last && entries[i].lease_s)
			entries[kept++] = entries[i];
	}
	return kept;
}

static int read_known(const struct storm_command *command, const char *path,
	struct storm_log_entry **known, uint32_t *count) {
	unsigned long line;
	size_t entries = 0;
	int err = storm_log_read(path, known, &entries, &line);

	if (err == -EBADMSG)
		storm_complain(command, "%s:%lu: not a line of a lease log", path, line);
	else if (err)
		storm_complain(command, "%s: %s", path, strerror(-err));
	if (err)
		return err;
	if (entries)
		entries = keep_last_leases(*known, entries);
	if (!entries || entries > STORM_DHCP_CLIENTS_MAX) {
		storm_complain(command, "%s: holds %zu leases, needs 1 to %u", path, entries,
			STORM_DHCP_CLIENTS_MAX);
		return -EINVAL;
	}
	*count = (uint32_t)entries;
	return 0;
}

static void report_totals(struct storm_report *r, const struct storm_dhcp_totals *t) {
	double seconds = (double)t->elapsed_us / 1e6;

	storm_report_u64(r, "started", t->started);
	storm_report_u64(r, "completed", t->completed);
	storm_report_u64(r, "failed", t->failed);
	storm_report_open(r, "failed_by");
	for (unsigned i = 1; i < STORM_DHCP_FAILURES; i++) {
		if (t->failed_by[i])
			storm_report_u64(r, storm_dhcp_failure_name((enum storm_dhcp_failure)i),
				t->failed_by[i]);
	}
	storm_report_close(r);
	storm_report_u64(r, "unfinished", t->unfinished);
	storm_report_real(r, "seconds", seconds);
	storm_report_real(
		r, "exchanges_per_second", seconds > 0 ? (double)t->completed / seconds : 0);
	storm_report_u64(r, "offers", t->offers);
	storm_report_u64(r, "acks", t->acks);
	storm_report_u64(r, "informed", t->informed);
	storm_report_u64(r, "retransmissions", t->retransmissions);
	storm_report_u64(r, "ignored", t->ignored);
	storm_report_hist(r, "discover_to_offer_us", &t->offer);
	storm_report_hist(r, "request_to_ack_us", &t->ack);
	storm_report_hist(r, "whole_us", &t->whole);
}

static void report(const struct dhcp_options *o, enum storm_dhcp_exchange exchange,
	const struct storm_dhcp_result *result) {
	struct storm_report r;

	storm_report_begin(&r, stdout, o->json, "dhcp");
	storm_report_text(&r, "exchange", o->listen_only ? "listen" : EXCHANGE_NAMES[exchange]);
	if (result->prepared.started) {
		storm_report_open(&r, "prepared");
		report_totals(&r, &result->prepared);
		storm_report_close(&r);
	}
	report_totals(&r, &result->run);
	storm_report_cpu(&r);
	storm_report_flag(&r, "deadline_passed", result->deadline_passed);
	storm_report_u64(&r, "acks_seen", result->seen);
	storm_report_u64(&r, "malformed", result->malformed);
	storm_report_u64(&r, "foreign", result->foreign);
	storm_report_u64(&r, "arp_answers", result->arp_answers);
	storm_report_u64(&r, "lost_here", result->lost);
	storm_report_u64(&r, "duplicated_here", result->doubled);
	storm_report_u64(&r, "send_failures", result->send_failures);
	storm_report_u64(&r, "receive_drops", result->receive_drops);
	storm_report_end(&r);
}

static int run_and_report(const struct storm_command *command, const struct dhcp_options *o,
	const struct storm_dhcp_run_settings *s) {
	struct storm_dhcp_result *result = calloc(1, sizeof(*result));
	char why[STORM_PACKET_WHY_SIZE] = "no memory";
	struct storm_packet *packet = NULL;
	bool fine;
	int err;

	if (result)
		packet = storm_packet_open(&o->place, false, why);
	if (!packet) {
		storm_complain(command, "%s", why);
		free(result);
		return STORM_EXIT_CANNOT;
	}
	err = storm_dhcp_run(s, packet, result);
	if (!err)
		report(o, s->exchange, result);
	fine = !err &&
	       (s->listen_only || (result->run.completed == s->total && !result->prepared.failed));
	storm_packet_close(packet);
	free(result);
	return fine ? STORM_EXIT_OK : STORM_EXIT_FAILED;
}

static void fill_settings(const struct dhcp_options *o, struct storm_dhcp_run_settings *s) {
	uint64_t total = o->for_us ? (uint64_t)(o->rate * (double)o->for_us / 1e6) : o->total;

	s->client = (struct storm_dhcp_settings){
		.server = o->server,
		.broadcast = o->broadcast,
		.ipxe = o->ipxe,
		.arch = (uint16_t)o->arch,
		.retry = o->retry,
		.nak_ends = true,
		.give_up_us = o->give_up_us ? o->give_up_us : storm_retry_sum(&o->retry),
	};
	s->total = total ? total : s->clients;
	s->rate = o->rate;
	s->listen_only = o->listen_only;
	s->loss = o->loss;
	s->dup = o->dup;
	s->seed = o->seed;
	s->deadline_us = o->deadline_us;
	s->show_progress = isatty(STDERR_FILENO);
	memcpy(s->mac_base, o->mac_base, 6);
}

static int run_with_log(const struct storm_command *command, const struct dhcp_options *o,
	struct storm_dhcp_run_settings *s) {
	int code;

	if (o->log) {
		s->log = storm_log_open(o->log);
		if (!s->log) {
			storm_complain(command, "%s: %s", o->log, strerror(errno));
			return STORM_EXIT_CANNOT;
		}
	}
	storm_stop_install();
	code = run_and_report(command, o, s);
	if (s->log && storm_log_close(s->log) < 0) {
		storm_complain(command, "%s: the log is not whole on disk", o->log);
		code = STORM_EXIT_FAILED;
	}
	return code;
}

static int run_dhcp(const struct storm_command *command, int argc, char **argv) {
	struct dhcp_options o = {
		.exchange = "discover",
		.clients = 1,
		.arch = STORM_DHCP_NO_ARCH,
		.seed = 1,
		.retry = {4, {1000000, 2000000, 4000000, 8000000}},
		.mac_base = {0x02, 0x53},
	};
	struct storm_dhcp_run_settings s = {0};
	struct storm_log_entry *known = NULL;
	int err = storm_args_parse(command, argc, argv, &o, NULL);
	const char *wrong;
	int code = STORM_EXIT_CANNOT;

	if (err)
		return err > 0 ? STORM_EXIT_OK : STORM_EXIT_USAGE;
	if (find_exchange(o.exchange, &s.exchange) < 0)
		wrong = "--exchange: discover, release, decline, inform, renew or reboot";
	else
		wrong = find_wrong(&o, s.exchange);
	if (wrong) {
		storm_complain(command, "%s", wrong);
		return STORM_EXIT_USAGE;
	}
	s.clients = o.clients;
	if (!o.from || read_known(command, o.from, &known, &s.clients) == 0) {
		s.known = known;
		fill_settings(&o, &s);
		code = run_with_log(command, &o, &s);
	}
	free(known);
	return code;
}

const struct storm_command STORM_DHCP = {
	.name = "dhcp",
	.usage = "--interface IF | --port DEVICE [options]",
	.summary = "Plays many DHCP clients, each with a MAC of its own, on an interface or a DPDK "
		   "port.",
	.notes = "Exit code: 0 every exchange completed, 1 some failed, 2 usage, 3 the run could "
		 "not begin.\n"
		 "release and decline give each address back; renew and reboot first obtain "
		 "--clients\n"
		 "leases, unless --from names a log of leases that must still be there.\n",
	.args = ARGS,
	.run = run_dhcp,
};
