// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// `rouse-storm boot`: options, the run, the report.

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storm_args.h"
#include "storm_boot_models.h"
#include "storm_boot_report.h"
#include "storm_boot_run.h"
#include "storm_commands.h"
#include "storm_log.h"
#include "storm_stop.h"
#include "storm_svg.h"

struct boot_options {
	struct storm_place place;
	struct storm_boot_kinds kinds;
	struct storm_list file;
	const char *sha256;
	const char *against;
	const char *log;
	const char *ramp;
	const char *svg;
	uint32_t machines;
	uint32_t check_one_in;
	uint64_t total;
	uint64_t seed;
	uint64_t deadline_us;
	double rate;
	double loss, dup, reorder;
	uint8_t mac_base[6];
	bool at_once;
	bool ceiling;
	bool json;
};

#define AT(field) offsetof(struct boot_options, field)

static const struct storm_arg ARGS[] = {
	{"interface", "IF", STORM_ARG_TEXT, AT(place.interface),
		.help = "the interface to the server"},
	{"port", "DEVICE", STORM_ARG_TEXT, AT(place.port),
		.help = "or a DPDK port to the server: vdev:net_memif0,role=client,socket=/run/m, "
			"pci:0000:01:00.0"},
	{"model", "NAME[=SHARE],…", STORM_ARG_TEXT, AT(kinds.model),
		.help = "what the machines are, mixed by shares; see below (plain)"},
	{"pcap", "FILE", STORM_ARG_TEXT, AT(kinds.pcap),
		.help = "or what the clients in this capture (pcap or pcapng, of Ethernet) are, in their "
			"shares: they ask for the same files with the same options, and wait as "
			"the model does that is most like them"},
	{"clients", "N", STORM_ARG_U32, AT(machines), 1, STORM_BOOT_MACHINES_MAX,
		"machines at the same time (1)"},
	{"total", "M", STORM_ARG_U64, AT(total), 1,
		.help = "machines in all, each with its own MAC (as many as clients)"},
	{"at-once", NULL, STORM_ARG_FLAG, AT(at_once),
		.help = "power on all at once (the default)"},
	{"rate", "R", STORM_ARG_REAL, AT(rate), .help = "power on R machines per second"},
	{"ramp", "FROM:TO:SECONDS", STORM_ARG_TEXT, AT(ramp),
		.help = "power on at a rate that goes from FROM to TO per second in so long, then "
			"stays"},
	{"mac-base", "MAC", STORM_ARG_MAC, AT(mac_base),
		.help = "of the first machine; each has the next (02:55:00:00:00:00)"},
	{"file", "NAME", STORM_ARG_LIST, AT(file),
		.help = "read this file (the one that the ACK names); may be given 16 times"},
	{"ipxe", NULL, STORM_ARG_FLAG, AT(kinds.ipxe),
		.help = "plain: say that it is iPXE (user class)"},
	{"arch", "N", STORM_ARG_U32, AT(kinds.arch), 0, 65534,
		"plain: be PXE firmware of this architecture (0)"},
	{"broadcast", NULL, STORM_ARG_FLAG, AT(kinds.broadcast),
		.help = "plain: ask for broadcast replies"},
	{"blksize", "B", STORM_ARG_U32, AT(kinds.blksize), 8, 1468,
		"plain: ask for this blksize (1432)"},
	{"windowsize", "W", STORM_ARG_U32, AT(kinds.windowsize), 1, 65535,
		"plain: ask for this windowsize (do not ask)"},
	{"dhcp-retry", "S,S…", STORM_ARG_RETRY, AT(kinds.dhcp_retry),
		.help = "plain: waits between DHCP tries (1,2,4,8)"},
	{"tftp-retry", "S,S…", STORM_ARG_RETRY, AT(kinds.tftp_retry),
		.help = "plain: waits between TFTP tries (0.25,0.5,1,2,4,8)"},
	{"sha256", "HEX", STORM_ARG_TEXT, AT(sha256), .help = "what every file must hash to"},
	{"against", "PATH", STORM_ARG_TEXT, AT(against),
		.help = "local file that every file must equal, byte by byte, or a directory that "
			"has each by its name"},
	{"check-one-in", "N", STORM_ARG_U32, AT(check_one_in), 1, UINT32_MAX,
		"check the contents that every Nth machine reads (1)"},
	{"log", "FILE", STORM_ARG_TEXT, AT(log),
		.help = "append a line for each ACK: time, MAC, address, lease, xid"},
	{"loss", "P%", STORM_ARG_PERCENT, AT(loss),
		.help = "lose this share of the packets, both ways"},
	{"dup", "P%", STORM_ARG_PERCENT, AT(dup), .help = "duplicate this share"},
	{"reorder", "P%", STORM_ARG_PERCENT, AT(reorder),
		.help = "deliver this share a millisecond late"},
	{"seed", "N", STORM_ARG_U64, AT(seed), .help = "of loss, dup and reorder (1)"},
	{"deadline", "S", STORM_ARG_SECONDS, AT(deadline_us),
		.help = "end the run; what is not done has failed (none)"},
	{"ceiling", NULL, STORM_ARG_FLAG, AT(ceiling),
		.help = "then play the same machines against a server that does next to nothing, "
			"and tell whether the run was at this program's own limit"},
	{"json", NULL, STORM_ARG_FLAG, AT(json), .help = "report as JSON"},
	{"svg", "FILE", STORM_ARG_TEXT, AT(svg),
		.help = "write a plot of the machines that have booted over time"},
	{0},
};

static int set_arrival(const struct storm_command *command, const struct boot_options *o,
	struct storm_arrival *arrival) {
	arrival->from = o->rate;
	if (!o->ramp || storm_arrival_parse(o->ramp, arrival) == 0)
		return 0;
	storm_complain(command, "--ramp: '%s' is no FROM:TO:SECONDS", o->ramp);
	return -EINVAL;
}

static void fill_settings(const struct boot_options *o, struct storm_boot_settings *s) {
	s->files = o->file;
	s->machines = o->machines;
	s->total = o->total ? o->total : o->machines;
	s->check_one_in = o->check_one_in;
	s->loss = o->loss;
	s->dup = o->dup;
	s->reorder = o->reorder;
	s->seed = o->seed;
	s->deadline_us = o->deadline_us;
	s->keep_timeline = o->svg != NULL;
	s->show_progress = isatty(STDERR_FILENO);
	memcpy(s->mac_base, o->mac_base, 6);
}

static int map_given(
	const struct storm_command *command, const char *path, struct storm_catalog *catalog) {
	int err = storm_content_map(&catalog->given, path);

	if (err)
		storm_complain(command, "%s: %s", path, strerror(-err));
	catalog->is_given = true;
	return err;
}

static int set_content(const struct storm_command *command, const struct boot_options *o,
	struct storm_catalog *catalog) {
	struct stat st;

	if (o->sha256) {
		catalog->is_given = true;
		if (storm_content_sha256(&catalog->given, o->sha256) == 0)
			return 0;
		storm_complain(command, "--sha256 needs 64 hexadecimal digits");
		return -EINVAL;
	}
	if (!o->against)
		return 0;
	if (stat(o->against, &st) == 0 && S_ISDIR(st.st_mode)) {
		catalog->tree = o->against;
		return 0;
	}
	return map_given(command, o->against, catalog);
}

static const char *checked_by(const struct boot_options *o) {
	return o->sha256 ? "sha256" : o->against ? "against" : "agreement";
}

static uint64_t booted(const struct storm_boot_settings *s, const struct storm_boot_totals *t) {
	uint64_t completed = 0;

	for (uint32_t i = 0; i < s->mix.count; i++)
		completed += t->counts[i].completed;
	return completed;
}

// 0 or -errno.
static int draw(
	const char *path, const struct storm_boot_settings *s, const struct storm_boot_totals *t) {
	struct storm_svg svg = {.line = &t->timeline,
		.mix = &s->mix,
		.total = s->total,
		.failed = s->total - booted(s, t),
		.end_ms = (uint32_t)(t->elapsed_us / 1000)};
	FILE *out = fopen(path, "we");

	if (!out)
		return -errno;
	storm_svg_write(out, &svg);
	return fclose(out) ? -errno : 0;
}

// What is to be said and drawn of a run that has been.
static int conclude(const struct storm_command *command, const struct boot_options *o,
	const struct storm_boot_settings *s, const struct storm_boot_totals *t) {
	struct storm_ceiling ceiling;
	const char *what;
	int err = o->ceiling ? storm_ceiling_measure(s, t->first_file, &ceiling, &what) : 0;

	if (err) {
		storm_complain(command, "--ceiling: %s: %s", what, strerror(-err));
		return STORM_EXIT_CANNOT;
	}
	err = storm_boot_report(stdout, o->json, checked_by(o), s, t, o->ceiling ? &ceiling : NULL);
	if (!err && o->svg) {
		err = draw(o->svg, s, t);
		if (err)
			storm_complain(command, "%s: %s", o->svg, strerror(-err));
	}
	return err || booted(s, t) != s->total ? STORM_EXIT_FAILED : STORM_EXIT_OK;
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
		code = conclude(command, o, s, totals);
	}
	storm_packet_close(packet);
	if (totals)
		storm_timeline_free(&totals->timeline);
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
	if (o->ceiling && o->place.port)
		return "--ceiling measures interfaces: it is not for --port";
	if ((o->rate > 0) + o->at_once + (o->ramp != NULL) > 1)
		return "--at-once, --rate and --ramp contradict each other";
	if (o->sha256 && o->against)
		return "--sha256 and --against contradict each other";
	if (storm_boot_kinds_wrong(&o->kinds))
		return storm_boot_kinds_wrong(&o->kinds);
	for (uint32_t i = 0; i < o->file.count; i++) {
		if (strlen(o->file.items[i]) > 400)
			return "--file has at most 400 bytes";
	}
	return NULL;
}

static int run_with_settings(const struct storm_command *command, const struct boot_options *o,
	struct storm_boot_settings *s) {
	struct storm_boot_models models = {0};
	int code = STORM_EXIT_USAGE;

	fill_settings(o, s);
	if (storm_boot_set_mix(command, &o->kinds, &models, &s->mix) == 0 &&
		set_arrival(command, o, &s->arrival) == 0 &&
		set_content(command, o, s->catalog) == 0)
		code = run_with_log(command, o, s);
	storm_catalog_close(s->catalog);
	storm_boot_models_free(&models);
	return code;
}

static int run_boot(const struct storm_command *command, int argc, char **argv) {
	struct boot_options o = {
		.machines = 1,
		.kinds = {.arch = UINT32_MAX},
		.check_one_in = 1,
		.seed = 1,
		.mac_base = {0x02, 0x55},
	};
	int err = storm_args_parse(command, argc, argv, &o, NULL);
	int code = STORM_EXIT_CANNOT;
	struct storm_boot_settings *s;
	const char *wrong;

	if (err)
		return err > 0 ? STORM_EXIT_OK : STORM_EXIT_USAGE;
	wrong = find_wrong(&o);
	if (wrong) {
		storm_complain(command, "%s", wrong);
		return STORM_EXIT_USAGE;
	}
	s = calloc(1, sizeof(*s));
	if (s)
		s->catalog = calloc(1, sizeof(*s->catalog));
	if (s && s->catalog)
		code = run_with_settings(command, &o, s);
	if (s)
		free(s->catalog);
	free(s);
	return code;
}

static bool model_at(uint32_t i, const char **name, const char **text) {
	if (i >= STORM_MODEL_COUNT)
		return false;
	*name = STORM_MODELS[i].name;
	*text = STORM_MODELS[i].summary;
	return true;
}

static const struct storm_terms TERMS[] = {
	{"Models", model_at},
	{"The report", storm_boot_report_field},
	{0},
};

const struct storm_command STORM_BOOT = {
	.name = "boot",
	.usage = "--interface IF | --port DEVICE [options]",
	.summary = "Boots machines: DHCP, then files by TFTP, as real clients do.",
	.notes = "Exit code: 0 every machine booted, 1 some failed, 2 usage, 3 the run could not "
		 "begin.\n"
		 "TFTP goes to the station that sent the ACK: the server itself, or the router to "
		 "it.\n"
		 "Without --sha256 and --against a file must be the same for every machine.\n",
	.terms = TERMS,
	.args = ARGS,
	.run = run_boot,
};
