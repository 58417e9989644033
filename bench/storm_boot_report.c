// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The report of a boot run: sums, then the same for each model.

#include "storm_boot_report.h"

#include <errno.h>
#include <stdlib.h>

#include "storm_report.h"

static const char *const FIELDS[][2] = {
	{"started, completed, failed", "machines that were powered on, booted, did not"},
	{"failed_by", "why: dhcp and tftp (see the next two), no_file (the ACK names none), "
		      "wrong_content, deadline (of the run)"},
	{"dhcp_failed_by",
		"no_offer, no_ack, nak, address_changed; boot_server: edk2 and shim-grub got a "
		"vendor class PXEClient without boot servers, after which the firmware asks port "
		"4011"},
	{"tftp_failed_by", "no_answer, stalled, error_packet, bad_oack, no_oack (but DATA), "
			   "longer_than_tsize, shorter_than_tsize"},
	{"checked", "against, sha256, or agreement of the machines with the first"},
	{"seconds, cpu_seconds", "from the first power-on to the last end; of this program"},
	{"bytes, gigabits_per_second, boots_per_second", "of file contents, over seconds"},
	{"files, absent_files", "read whole; asked for, not there, and not needed"},
	{"packets",
		"data: DATA received; duplicates: of what was there; ahead_of_a_gap; "
		"retransmissions "
		"of the machines; dhcp_naks: after each the machine discovered anew; lost_here, duplicated_here, delayed_here: by --loss, --dup and "
		"--reorder; foreign: for none of the machines; send_failures and receive_drops: "
		"this program was too slow"},
	{"discover_to_offer_us", "from the first DISCOVER to the first OFFER"},
	{"request_to_ack_us", "from the first REQUEST to the ACK"},
	{"discover_to_ack_us", "from the first DISCOVER to the ACK"},
	{"request_to_answer_us", "from the first RRQ of a file to its OACK or DATA; ERRORs do not count"},
	{"first_to_last_block_us", "from a file's first DATA to its last"},
	{"request_to_last_block_us", "from the first RRQ of a file to its last DATA"},
	{"discover_to_last_block_us",
		"a whole boot: from the first DISCOVER to the end of all that the machine reads"},
	{"ceiling",
		"the same machines against the reflector (--ceiling): reached_share is its time "
		"over that of the run; above 0.8, or when frames were dropped here, the run is "
		"limited_by the machines or the generator, not by the server"},
	{"models", "the same for each model of the mix"},
};

bool storm_boot_report_field(uint32_t i, const char **name, const char **text) {
	if (i >= sizeof(FIELDS) / sizeof(FIELDS[0]))
		return false;
	*name = FIELDS[i][0];
	*text = FIELDS[i][1];
	return true;
}

static void report_reasons(struct storm_report *r, const struct storm_boot_counts *c) {
	storm_report_open(r, "failed_by");
	for (unsigned i = 0; i < STORM_BOOT_FAILURES; i++) {
		if (c->failed_by[i])
			storm_report_u64(r, storm_boot_failure_name((enum storm_boot_failure)i),
				c->failed_by[i]);
	}
	storm_report_close(r);
	storm_report_open(r, "dhcp_failed_by");
	for (unsigned i = 1; i < STORM_DHCP_FAILURES; i++) {
		if (c->dhcp_failed_by[i])
			storm_report_u64(r, storm_dhcp_failure_name((enum storm_dhcp_failure)i),
				c->dhcp_failed_by[i]);
	}
	storm_report_close(r);
	storm_report_open(r, "tftp_failed_by");
	for (unsigned i = 1; i < STORM_TFTP_FAILURES; i++) {
		if (c->tftp_failed_by[i])
			storm_report_u64(r, storm_tftp_failure_name((enum storm_tftp_failure)i),
				c->tftp_failed_by[i]);
	}
	storm_report_close(r);
}

static void report_phases(struct storm_report *r, const struct storm_boot_counts *c) {
	for (unsigned i = 0; i < STORM_PHASES; i++)
		storm_report_hist(r, storm_phase_name((enum storm_phase)i), &c->phase[i]);
}

static void report_ends(struct storm_report *r, const struct storm_boot_counts *c) {
	storm_report_u64(r, "started", c->started);
	storm_report_u64(r, "completed", c->completed);
	storm_report_u64(r, "failed", c->failed);
	report_reasons(r, c);
}

static void report_models(struct storm_report *r, const struct storm_mix *mix,
	const struct storm_boot_totals *totals) {
	storm_report_open(r, "models");
	for (uint32_t i = 0; i < mix->count; i++) {
		const struct storm_boot_counts *c = &totals->counts[i];

		storm_report_open(r, mix->models[i]->name);
		report_ends(r, c);
		storm_report_u64(r, "files", c->files);
		storm_report_u64(r, "absent_files", c->absent);
		storm_report_u64(r, "bytes", c->bytes);
		storm_report_u64(r, "data", c->data);
		storm_report_u64(r, "duplicates", c->duplicates);
		storm_report_u64(r, "ahead_of_a_gap", c->ahead);
		storm_report_u64(r, "dhcp_retransmissions", c->dhcp_retransmissions);
		storm_report_u64(r, "dhcp_naks", c->dhcp_naks);
		storm_report_u64(r, "tftp_retransmissions", c->tftp_retransmissions);
		report_phases(r, c);
		storm_report_close(r);
	}
	storm_report_close(r);
}

static void report_packets(struct storm_report *r, const struct storm_boot_counts *c,
	const struct storm_boot_totals *t) {
	storm_report_open(r, "packets");
	storm_report_u64(r, "data", c->data);
	storm_report_u64(r, "duplicates", c->duplicates);
	storm_report_u64(r, "ahead_of_a_gap", c->ahead);
	storm_report_u64(r, "dhcp_retransmissions", c->dhcp_retransmissions);
	storm_report_u64(r, "dhcp_naks", c->dhcp_naks);
	storm_report_u64(r, "tftp_retransmissions", c->tftp_retransmissions);
	storm_report_u64(r, "arp_answers", t->arp_answers);
	storm_report_u64(r, "foreign", t->foreign);
	storm_report_u64(r, "lost_here", t->lost);
	storm_report_u64(r, "duplicated_here", t->doubled);
	storm_report_u64(r, "delayed_here", t->delayed);
	storm_report_u64(r, "send_failures", t->send_failures);
	storm_report_u64(r, "receive_drops", t->receive_drops);
	storm_report_close(r);
}

static void report_speed(struct storm_report *r, const struct storm_boot_counts *c,
	const struct storm_boot_totals *t) {
	double seconds = (double)t->elapsed_us / 1e6;
	double per_second = seconds > 0 ? 1 / seconds : 0;

	storm_report_real(r, "seconds", seconds);
	storm_report_cpu(r);
	storm_report_steal(r, &t->steal);
	storm_report_u64(r, "bytes", c->bytes);
	storm_report_real(r, "gigabits_per_second", (double)c->bytes * 8e-9 * per_second);
	storm_report_real(r, "boots_per_second", (double)c->completed * per_second);
}

// Above this share of the ceiling a result says more about the generator than about the server.
#define CEILING_SHARE 0.8

static double seconds_of(uint64_t us) {
	return us ? (double)us / 1e6 : 1e-6;
}

static void report_ceiling(
	struct storm_report *r, const struct storm_ceiling *c, const struct storm_boot_totals *t) {
	double seconds = seconds_of(c->elapsed_us);
	double share = seconds / seconds_of(t->elapsed_us);
	bool own = share > CEILING_SHARE || t->receive_drops || t->send_failures;

	storm_report_open(r, "ceiling");
	storm_report_u64(r, "started", c->started);
	storm_report_u64(r, "completed", c->completed);
	storm_report_real(r, "seconds", seconds);
	storm_report_real(r, "gigabits_per_second", (double)c->bytes * 8e-9 / seconds);
	storm_report_real(r, "boots_per_second", (double)c->completed / seconds);
	storm_report_u64(r, "receive_drops", c->receive_drops);
	storm_report_u64(r, "send_failures", c->send_failures);
	storm_report_real(r, "reached_share", share);
	storm_report_text(r, "limited_by", own ? "machines or generator" : "server");
	storm_report_close(r);
}

int storm_boot_report(FILE *out, bool json, const char *checked,
	const struct storm_boot_settings *s, const struct storm_boot_totals *t,
	const struct storm_ceiling *ceiling) {
	struct storm_boot_counts *sum = calloc(1, sizeof(*sum));
	struct storm_report r;

	if (!sum)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->mix.count; i++)
		storm_boot_counts_add(sum, &t->counts[i]);
	storm_report_begin(&r, out, json, "boot");
	storm_report_u64(&r, "clients", s->machines);
	report_ends(&r, sum);
	storm_report_flag(&r, "deadline_passed", t->deadline_passed);
	storm_report_text(&r, "file", s->files.count ? s->files.items[0] : t->first_file);
	storm_report_text(&r, "checked", checked);
	report_speed(&r, sum, t);
	storm_report_u64(&r, "files", sum->files);
	storm_report_u64(&r, "absent_files", sum->absent);
	report_packets(&r, sum, t);
	if (ceiling)
		report_ceiling(&r, ceiling, t);
	report_phases(&r, sum);
	// To people, one model is the sum.
	if (json || s->mix.count > 1)
		report_models(&r, &s->mix, t);
	storm_report_end(&r);
	free(sum);
	return 0;
}
