// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// `rouse-storm verify`: the judge of a test that kills a server.

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "storm_args.h"
#include "storm_commands.h"
#include "storm_report.h"
#include "storm_verify.h"
#include "text.h"

#define SHOWN 20u

struct verify_options {
	uint64_t slack_us;
	bool json;
};

static const struct storm_arg ARGS[] = {
	{"slack", "S", STORM_ARG_SECONDS, offsetof(struct verify_options, slack_us),
		.help = "let another have an address so long before its lease ends (1)"},
	{"json", NULL, STORM_ARG_FLAG, offsetof(struct verify_options, json),
		.help = "report as JSON"},
	{0},
};

static int read_all(const struct storm_command *command, char **paths, int count,
	struct storm_log_entry **entries, size_t *entry_count) {
	for (int i = 0; i < count; i++) {
		unsigned long line;
		int err = storm_log_read(paths[i], entries, entry_count, &line);

		if (err == -EBADMSG)
			storm_complain(
				command, "%s:%lu: not a line of a lease log", paths[i], line);
		else if (err)
			storm_complain(command, "%s: %s", paths[i], strerror(-err));
		if (err)
			return err;
	}
	return 0;
}

static void show_conflict(const struct storm_conflict *c) {
	char address[TEXT_IP_SIZE], held[TEXT_MAC_SIZE], taken[TEXT_MAC_SIZE];

	fprintf(stderr,
		"%s: held by %s since %" PRIu64 ".%06" PRIu64 " for %u s, given to %s at %" PRIu64
		".%06" PRIu64 "\n",
		text_ip(c->taken.address, address), text_mac(c->held.mac, held),
		c->held.unix_us / 1000000, c->held.unix_us % 1000000, c->held.lease_s,
		text_mac(c->taken.mac, taken), c->taken.unix_us / 1000000,
		c->taken.unix_us % 1000000);
}

static int judge(const struct verify_options *o, struct storm_log_entry *entries, size_t count) {
	struct storm_conflict conflicts[SHOWN];
	size_t addresses, machines;
	int64_t found =
		storm_verify(entries, count, o->slack_us, conflicts, SHOWN, &addresses, &machines);
	struct storm_report r;

	if (found < 0)
		return STORM_EXIT_CANNOT;
	for (size_t i = 0; i < SHOWN && (int64_t)i < found; i++)
		show_conflict(&conflicts[i]);
	storm_report_begin(&r, stdout, o->json, "verify");
	storm_report_u64(&r, "lines", count);
	storm_report_u64(&r, "machines", machines);
	storm_report_u64(&r, "addresses", addresses);
	storm_report_u64(&r, "conflicts", (uint64_t)found);
	storm_report_end(&r);
	return found || !count ? STORM_EXIT_FAILED : STORM_EXIT_OK;
}

static int run_verify(const struct storm_command *command, int argc, char **argv) {
	struct verify_options o = {.slack_us = 1000000};
	struct storm_log_entry *entries = NULL;
	size_t count = 0;
	int words;
	int err = storm_args_parse(command, argc, argv, &o, &words);
	int code = STORM_EXIT_CANNOT;

	if (err)
		return err > 0 ? STORM_EXIT_OK : STORM_EXIT_USAGE;
	if (!words) {
		storm_complain(command, "needs the log of a run (rouse-storm dhcp --log FILE)");
		return STORM_EXIT_USAGE;
	}
	if (read_all(command, argv, words, &entries, &count) == 0)
		code = judge(&o, entries, count);
	free(entries);
	return code;
}

const struct storm_command STORM_VERIFY = {
	.name = "verify",
	.usage = "FILE… [options]",
	.summary = "Fails if a lease log shows an address that two machines held at the same time.",
	.notes = "Exit code: 0 no conflict, 1 conflicts or no lines at all, 2 usage, 3 a file "
		 "cannot be read.\n",
	.args = ARGS,
	.run = run_verify,
};
