// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// `rouse-storm boot`: options, the run, the report.

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storm_args.h"
#include "storm_boot_run.h"
#include "storm_commands.h"
#include "storm_log.h"
#include "storm_report.h"
#include "storm_stop.h"

struct boot_options {
	struct storm_place place;
	const char *file;
	const char *sha256;
	const char *against;
	const char *log;
	uint32_t machines;
	uint64_t total;
	uint32_t arch;
	uint32_t blksize;
	uint32_t windowsize;
	uint64_t seed;
	uint64_t deadline_us;
	double rate;
	double loss, dup;
	struct storm_retry dhcp_retry;
	struct storm_retry tftp_retry;
	uint8_t mac_base[6];
	bool at_once;
	bool broadcast;
	bool ipxe;
	bool json;
};

#define AT(field) offsetof(struct boot_options, field)

static const struct storm_arg ARGS[] = {
	{"interface", "IF", STORM_ARG_TEXT, AT(place.interface),
		.help = "the interface to the server"},
	{"port", "DEVICE", STORM_ARG_TEXT, AT(place.port),
		.help = "or a DPDK port to the server: vdev:net_memif0,role=client,socket=/run/m, "
			"pci:0000:01:00.0"},
	{"clients", "N", STORM_ARG_U32, AT(machines), 1, STORM_BOOT_MACHINES_MAX,
		"machines at the same time (1)"},
	{"total", "M", STORM_ARG_U64, AT(total), 1,
		.help = "machines in all, each with its own MAC (as many as clients)"},
	{"rate", "R", STORM_ARG_REAL, AT(rate), .help = "power on R machines per second"},
	{"at-once", NULL, STORM_ARG_FLAG, AT(at_once),
		.help = "power on all at once (the default)"},
	{"mac-base", "MAC", STORM_ARG_MAC, AT(mac_base),
		.help = "of the first machine; each has the next (02:55:00:00:00:00)"},
	{"ipxe", NULL, STORM_ARG_FLAG, AT(ipxe),
		.help = "say that the machines run iPXE (user class)"},
	{"arch", "N", STORM_ARG_U32, AT(arch), 0, 65534,
		"be PXE firmware of this architecture (0)"},
	{"broadcast", NULL, STORM_ARG_FLAG, AT(broadcast),
		.help = "ask for broadcast replies, as EDK2 does"},
	{"file", "NAME", STORM_ARG_TEXT, AT(file),
		.help = "read this file (the one that the ACK names)"},
	{"blksize", "B", STORM_ARG_U32, AT(blksize), 8, 1468, "ask for this blksize (1432)"},
	{"windowsize", "W", STORM_ARG_U32, AT(windowsize), 1, 65535,
		"ask for this windowsize (do not ask)"},
	{"sha256", "HEX", STORM_ARG_TEXT, AT(sha256), .help = "what the file must hash to"},
	{"against", "PATH", STORM_ARG_TEXT, AT(against),
		.help = "local file that it must equal, byte by byte"},
	{"log", "FILE", STORM_ARG_TEXT, AT(log),
		.help = "append a line for each ACK: time, MAC, address, lease, xid"},
	{"loss", "P%", STORM_ARG_PERCENT, AT(loss),
		.help = "lose this share of the packets, both ways"},
	{"dup", "P%", STORM_ARG_PERCENT, AT(dup), .help = "duplicate this share"},
	{"seed", "N", STORM_ARG_U64, AT(seed), .help = "of loss and dup (1)"},
	{"dhcp-retry", "S,S…", STORM_ARG_RETRY, AT(dhcp_retry),
		.help = "waits between DHCP tries (1,2,4,8)"},
	{"tftp-retry", "S,S…", STORM_ARG_RETRY, AT(tftp_retry),
		.help = "waits between TFTP tries (0.25,0.5,1,2,4,8)"},
	{"deadline", "S", STORM_ARG_SECONDS, AT(deadline_us),
		.help = "end the run; what is not done has failed (none)"},
	{"json", NULL, STORM_ARG_FLAG, AT(json), .help = "report as JSON"},
	{0},
};

static void report_failures(struct storm_report *r, const struct storm_boot_totals *t) {
	storm_report_open(r, "failed_by");
	for (unsigned i = 0; i < STORM_BOOT_FAILURES; i++) {
		if (t->failed_by[i])
			storm_report_u64(r, storm_boot_failure_name((enum storm_boot_failure)i),
				t->failed_by[i]);
	}
	storm_report_close(r);
	storm_report_open(r, "dhcp_failed_by");
	for (unsigned i = 1; i < STORM_DHCP_FAILURES; i++) {
		if (t->dhcp_failed_by[i])
			storm_report_u64(r, storm_dhcp_failure_name((enum storm_dhcp_failure)i),
				t->dhcp_failed_by[i]);
	}
	storm_report_close(r);
	storm_report_open(r, "tftp_failed_by");
	for (unsigned i = 1; i < STORM_TFTP_FAILURES; i++) {
		if (t->tftp_failed_by[i])
			storm_report_u64(r, storm_tftp_failure_name((enum storm_tftp_failure)i),
				t->tftp_failed_by[i]);
	}
	storm_report_close(r);
}

static void report_packets(struct storm_report *r, const struct storm_boot_totals *t) {
	storm_report_open(r, "packets");
	storm_report_u64(r, "data", t->data);
	storm_report_u64(r, "duplicates", t->duplicates);
	storm_report_u64(r, "dhcp_retransmissions", t->dhcp_retransmissions);
	storm_report_u64(r, "tftp_retransmissions", t->tftp_retransmissions);
	storm_report_u64(r, "arp_answers", t->arp_answers);
	storm_report_u64(r, "foreign", t->foreign);
	storm_report_u64(r, "lost_here", t->lost);
	storm_report_u64(r, "duplicated_here", t->doubled);
	storm_report_u64(r, "send_failures", t->send_failures);
	storm_report_u64(r, "receive_drops", t->receive_drops);
	storm_report_close(r);
}

static void report(const struct boot_options *o, const struct storm_boot_totals *t) {
	double seconds = (double)t->elapsed_us / 1e6;
	struct storm_report r;

	storm_report_begin(&r, stdout, o->json, "boot");
	storm_report_u64(&r, "clients", o->machines);
	storm_report_u64(&r, "started", t->started);
	storm_report_u64(&r, "completed", t->completed);
	storm_report_u64(&r, "failed", t->failed);
	report_failures(&r, t);
	storm_report_flag(&r, "deadline_passed", t->deadline_passed);
	storm_report_text(&r, "file", o->file ? o->file : t->first_file);
	storm_report_text(&r, "checked",
		o->sha256    ? "sha256"
		: o->against ? "against"
			     : "agreement");
	storm_report_real(&r, "seconds", seconds);
	storm_report_cpu(&r);
	storm_report_u64(&r, "bytes", t->bytes);
	storm_report_real(
		&r, "gigabits_per_second", seconds > 0 ? (double)t->bytes * 8e-9 / seconds : 0);
	storm_report_real(&r, "boots_per_second", seconds > 0 ? (double)t->completed / seconds : 0);
	report_packets(&r, t);
	storm_report_hist(&r, "discover_to_ack_us", &t->lease);
	storm_report_hist(&r, "request_to_last_block_us", &t->transfer);
	storm_report_hist(&r, "discover_to_last_block_us", &t->whole);
	storm_report_end(&r);
}

static void fill_settings(const struct boot_options *o, struct storm_boot_settings *s) {
	s->dhcp = (struct storm_dhcp_settings){
		.broadcast = o->broadcast,
		.ipxe = o->ipxe,
		.arch = (uint16_t)o->arch,
		.retry = o->dhcp_retry,
		.give_up_us = storm_retry_sum(&o->dhcp_retry),
	};
	s->tftp = (struct storm_tftp_settings){
		.name = o->file,
		.blksize = (uint16_t)o->blksize,
		.windowsize = (uint16_t)o->windowsize,
		.tsize = true,
		.port = 69,
		.retry = o->tftp_retry,
		.give_up_us = storm_retry_sum(&o->tftp_retry),
		.linger_us = 500000,
	};
	s->machines = o->machines;
	s->total = o->total ? o->total : o->machines;
	s->rate = o->rate;
	s->loss = o->loss;
	s->dup = o->dup;
	s->seed = o->seed;
	s->deadline_us = o->deadline_us;
	s->show_progress = isatty(STDERR_FILENO);
	memcpy(s->mac_base, o->mac_base, 6);
}

static int set_content(const struct storm_command *command, const struct boot_options *o,
	struct storm_content *content) {
	int err = 0;

	if (o->sha256) {
		err = storm_content_sha256(content, o->sha256);
		if (err)
			storm_complain(command, "--sha256 needs 64 hexadecimal digits");
	} else if (o->against) {
		err = storm_content_map(content, o->against);
		if (err)
			storm_complain(command, "%s: %s", o->against, strerror(-err));
	}
	return err;
}

static int run_and_report(const struct storm_command *command, const struct boot_options *o,
	struct storm_boot_settings *s) {
	struct storm_boot_totals *totals = calloc(1, sizeof(*totals));
	char why[STORM_PACKET_WHY_SIZE] = "no memory";
	struct storm_packet *packet = NULL;
	int code = STORM_EXIT_CANNOT;

	storm_stop_install();
	if (totals)
		packet = storm_packet_open(&o->place, true, why);
	if (!packet) {
		storm_complain(command, "%s", why);
	} else if (storm_boot_run(s, packet, totals) == 0) {
		report(o, totals);
		code = totals->completed == s->total ? STORM_EXIT_OK : STORM_EXIT_FAILED;
	}
	storm_packet_close(packet);
	free(totals);
	return code;
}

static int run_with_log(const struct storm_command *command, const struct boot_options *o,
	struct storm_boot_settings *s) {
	int code;

	if (o->log) {
		s->log = storm_log_open(o->log);
		if (!s->log) {
			storm_complain(command, "%s: %s", o->log, strerror(errno));
			return STORM_EXIT_CANNOT;
		}
	}
	code = run_and_report(command, o, s);
	if (s->log && storm_log_close(s->log) < 0) {
		storm_complain(command, "%s: the log is not whole on disk", o->log);
		code = STORM_EXIT_FAILED;
	}
	return code;
}

static const char *find_wrong(const struct boot_options *o) {
	if (storm_place_wrong(&o->place))
		return storm_place_wrong(&o->place);
	if (o->rate > 0 && o->at_once)
		return "--rate and --at-once contradict each other";
	if (o->sha256 && o->against)
		return "--sha256 and --against contradict each other";
	if (o->file && strlen(o->file) > 400)
		return "--file has at most 400 bytes";
	return NULL;
}

static int run_boot(const struct storm_command *command, int argc, char **argv) {
	struct boot_options o = {
		.machines = 1,
		.blksize = 1432,
		.seed = 1,
		.dhcp_retry = {4, {1000000, 2000000, 4000000, 8000000}},
		.tftp_retry = {6, {250000, 500000, 1000000, 2000000, 4000000, 8000000}},
		.mac_base = {0x02, 0x55},
	};
	struct storm_boot_settings s = {0};
	int err = storm_args_parse(command, argc, argv, &o, NULL);
	int code = STORM_EXIT_USAGE;
	const char *wrong;

	if (err)
		return err > 0 ? STORM_EXIT_OK : STORM_EXIT_USAGE;
	wrong = find_wrong(&o);
	if (wrong) {
		storm_complain(command, "%s", wrong);
		return STORM_EXIT_USAGE;
	}
	fill_settings(&o, &s);
	if (set_content(command, &o, &s.content) == 0)
		code = run_with_log(command, &o, &s);
	storm_content_close(&s.content);
	return code;
}

const struct storm_command STORM_BOOT = {
	.name = "boot",
	.usage = "--interface IF | --port DEVICE [options]",
	.summary = "Boots machines: DHCP, then the file that the ACK names by TFTP.",
	.notes = "Exit code: 0 every machine booted, 1 some failed, 2 usage, 3 the run could not "
		 "begin.\n"
		 "TFTP goes to the station that sent the ACK: the server itself, or the router to "
		 "it.\n",
	.args = ARGS,
	.run = run_boot,
};
