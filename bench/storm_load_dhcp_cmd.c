// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// `rouse-storm load dhcp`: options, phases, report.

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "storm_args.h"
#include "storm_commands.h"
#include "storm_dpdk.h"
#include "storm_load_dhcp.h"
#include "storm_load_open.h"

struct dhcp_load_options {
	struct storm_load_place place;
	const char *message;
	uint32_t clients;
	uint32_t outstanding;
	uint32_t reserved;
	uint32_t arch;
	double rate;
	uint64_t duration_us;
	uint64_t warm_up_us;
	uint64_t patience_us;
	bool flat_out;
	bool returning;
	bool ipxe;
	bool json;
};

#define AT(field) offsetof(struct dhcp_load_options, field)

static const struct storm_arg ARGS[] = {
	{"port", "DEVICE", STORM_ARG_TEXT, AT(place.port),
		.help = "the DPDK port to the server: vdev:net_memif0,role=client,socket=/run/m, "
			"pci:0000:01:00.0"},
	{"cpu", "N", STORM_ARG_U32, AT(place.cpu), 0, 1023, "stay on this CPU (any)"},
	{"clients", "N", STORM_ARG_U32, AT(clients), 1, STORM_LOAD_CLIENTS_MAX,
		"clients, which take turns (1000)"},
	{"mac-base", "MAC", STORM_ARG_MAC, AT(place.mac_base),
		.help = "of the first; each has the next (02:58:00:00:00:00)"},
	{"message", "KIND", STORM_ARG_TEXT, AT(message),
		.help = "exchange (DISCOVER to ACK), discover (DISCOVER, OFFER) or request "
			"(REQUEST of the address it has, ACK) (exchange)"},
	{"rate", "R", STORM_ARG_REAL, AT(rate),
		.help = "begin R exchanges per second by the clock, whatever the server does"},
	{"flat-out", NULL, STORM_ARG_FLAG, AT(flat_out),
		.help = "begin one as soon as another ends (the default)"},
	{"outstanding", "N", STORM_ARG_U32, AT(outstanding), 1, 65536,
		"flat out: exchanges at the same time (512)"},
	{"returning", NULL, STORM_ARG_FLAG, AT(returning),
		.help = "let each client obtain its lease first, which does not count"},
	{"reserved", "A", STORM_ARG_ADDRESS, AT(reserved),
		.help = "client n must get the address A + n"},
	{"arch", "N", STORM_ARG_U32, AT(arch), 0, 65534,
		"be PXE firmware of this architecture (option 93)"},
	{"ipxe", NULL, STORM_ARG_FLAG, AT(ipxe),
		.help = "say that the client is iPXE (user class)"},
	{"patience", "S", STORM_ARG_SECONDS, AT(patience_us),
		.help = "an exchange that takes longer is lost; ten times as long "
			"without any answer end the run (1)"},
	{"seconds", "S", STORM_ARG_SECONDS, AT(duration_us), .help = "measure for so long (5)"},
	{"warm-up", "S", STORM_ARG_SECONDS, AT(warm_up_us),
		.help = "run so long before it counts (0.5)"},
	{"json", NULL, STORM_ARG_FLAG, AT(json), .help = "report as JSON"},
	{0},
};

static const char *const MESSAGE_NAMES[STORM_LOAD_MESSAGES] = {
	[STORM_LOAD_EXCHANGE] = "exchange",
	[STORM_LOAD_DISCOVER] = "discover",
	[STORM_LOAD_REQUEST] = "request",
};

static int find_message(const char *name, enum storm_load_message *message) {
	for (unsigned i = 0; i < STORM_LOAD_MESSAGES; i++) {
		if (!strcmp(name, MESSAGE_NAMES[i])) {
			*message = (enum storm_load_message)i;
			return 0;
		}
	}
	return -EINVAL;
}

static const char *find_wrong(const struct dhcp_load_options *o) {
	if (!o->place.port)
		return "--port is needed";
	if (o->rate > 0 && o->flat_out)
		return "--rate and --flat-out contradict each other";
	return NULL;
}

static void report_counts(struct storm_report *r, const struct storm_load_dhcp_totals *t) {
	storm_report_u64(r, "started", t->started);
	storm_report_u64(r, "done", t->done);
	storm_report_u64(r, "lost", t->lost);
	storm_report_u64(r, "skipped", t->skipped);
	storm_report_u64(r, "naks", t->naks);
	storm_report_u64(r, "wrong_address", t->wrong_address);
	storm_report_u64(r, "conflicts", t->conflicts);
	storm_report_u64(r, "moved", t->moved);
	storm_report_u64(r, "malformed", t->malformed);
	storm_report_u64(r, "foreign", t->foreign);
	storm_report_u64(r, "late", t->late);
	storm_report_u64(r, "no_buffer", t->no_buffer);
}

static void report(const struct dhcp_load_options *o, const struct storm_load_dhcp_totals *ready,
	const struct storm_load_dhcp_totals *t) {
	double seconds = storm_load_seconds(&t->span) + t->drain_seconds;
	struct storm_report r;

	storm_report_begin(&r, stdout, o->json, "load dhcp");
	storm_report_text(&r, "message", o->message);
	storm_report_u64(&r, "clients", o->clients);
	if (ready->started) {
		storm_report_open(&r, "leases_first");
		report_counts(&r, ready);
		storm_report_close(&r);
	}
	storm_load_report(&r, &t->span, "own_cycles_per_message", t->sent + t->received);
	storm_report_real(&r, "drain_seconds", t->drain_seconds);
	storm_report_real(&r, "exchanges_per_second", seconds > 0 ? (double)t->done / seconds : 0);
	storm_report_real(&r, "requests_per_second", seconds > 0 ? (double)t->sent / seconds : 0);
	storm_report_real(
		&r, "replies_per_second", seconds > 0 ? (double)t->received / seconds : 0);
	report_counts(&r, t);
	storm_report_hist(&r, "discover_to_offer_ns", &t->offer);
	storm_report_hist(&r, "request_to_ack_ns", &t->ack);
	storm_report_hist(&r, "request_to_ack_p99_of_tenths_ns", &t->ack_p99s);
	storm_report_hist(&r, "exchange_ns", &t->whole);
	storm_report_end(&r);
}

static bool is_fine(const struct storm_load_dhcp_totals *t) {
	return !t->deaf && !t->lost && !t->naks && !t->wrong_address && !t->conflicts &&
	       !t->malformed;
}

static bool run_phases(const struct dhcp_load_options *o, struct storm_load_dhcp_run *run,
	enum storm_load_message message, struct storm_load_dhcp_totals *totals) {
	if (o->returning || message == STORM_LOAD_REQUEST)
		storm_load_dhcp_run(run, STORM_LOAD_EXCHANGE, 0, 0, &totals[0]);
	if (o->warm_up_us && !totals[0].deaf)
		storm_load_dhcp_run(run, message, o->rate, o->warm_up_us, &totals[1]);
	if (!totals[0].deaf && !totals[1].deaf)
		storm_load_dhcp_run(run, message, o->rate, o->duration_us, &totals[2]);
	report(o, &totals[0], &totals[2]);
	return is_fine(&totals[0]) && is_fine(&totals[1]) && is_fine(&totals[2]) && totals[2].done;
}

static void fill_settings(const struct dhcp_load_options *o, struct storm_load_dhcp *s) {
	*s = (struct storm_load_dhcp){
		.client = {.ipxe = o->ipxe, .arch = (uint16_t)o->arch},
		.clients = o->clients,
		.outstanding = o->outstanding,
		.reserved = o->reserved,
		.patience_us = o->patience_us,
	};
	memcpy(s->mac_base, o->place.mac_base, 6);
}

static int load(const struct storm_command *command, const struct dhcp_load_options *o,
	struct storm_load_dhcp_run *run, enum storm_load_message message,
	struct storm_load_dhcp_totals *totals) {
	if (storm_load_dhcp_knock(run) < 0) {
		storm_complain(command, "nobody offers an address");
		return STORM_EXIT_CANNOT;
	}
	if (run_phases(o, run, message, totals))
		return STORM_EXIT_OK;
	if (totals[0].deaf || totals[1].deaf || totals[2].deaf)
		storm_complain(command, "ended early: nobody answers any more");
	return STORM_EXIT_FAILED;
}

static int run_load(const struct storm_command *command, const struct dhcp_load_options *o,
	enum storm_load_message message) {
	struct storm_load_dhcp_totals *totals = calloc(3, sizeof(*totals));
	struct storm_packet *packet = storm_load_open(command, &o->place, NULL);
	struct storm_load_dhcp_run *run = NULL;
	struct storm_load_dhcp s;
	int code = STORM_EXIT_CANNOT;

	fill_settings(o, &s);
	if (packet && totals)
		run = storm_load_dhcp_start(&s, storm_dpdk_port(packet));
	if (run) {
		code = load(command, o, run, message, totals);
		storm_load_dhcp_end(run);
	} else if (packet) {
		storm_complain(command, "no memory");
	}
	storm_packet_close(packet);
	free(totals);
	return code;
}

static int run_dhcp(const struct storm_command *command, int argc, char **argv) {
	struct dhcp_load_options o = {
		.place = {.cpu = STORM_LOAD_ANY_CPU, .mac_base = {0x02, 0x58}},
		.message = "exchange",
		.clients = 1000,
		.outstanding = 512,
		.arch = STORM_DHCP_NO_ARCH,
		.duration_us = 5 * STORM_SECOND_US,
		.warm_up_us = STORM_SECOND_US / 2,
		.patience_us = STORM_SECOND_US,
	};
	int err = storm_args_parse(command, argc, argv, &o, NULL);
	enum storm_load_message message;
	const char *wrong;

	if (err)
		return err > 0 ? STORM_EXIT_OK : STORM_EXIT_USAGE;
	wrong = find_wrong(&o);
	if (!wrong && find_message(o.message, &message) < 0)
		wrong = "--message: exchange, discover or request";
	if (wrong) {
		storm_complain(command, "%s", wrong);
		return STORM_EXIT_USAGE;
	}
	return run_load(command, &o, message);
}

const struct storm_command STORM_LOAD_DHCP = {
	.name = "load dhcp",
	.usage = "--port DEVICE [options]",
	.summary = "Leases addresses at the highest rate, or at one that the clock keeps, to up to "
		   "a million clients.",
	.notes = "Exit code: 0 every exchange got what it should, 1 one did not or was lost, 2 "
		 "usage, 3 the run\n"
		 "could not begin. With --rate times count from when a message was due; nothing is "
		 "repeated.\n"
		 "request and --returning first let each client obtain its lease.\n",
	.args = ARGS,
	.run = run_dhcp,
};
