// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// `rouse-storm --manual`: docs/meson.build feeds it to scdoc.

#include "storm_manual.h"

#include <stdio.h>

#include "storm_report.h"

// scdoc takes these three for markup.
static void put(const char *text) {
	for (; *text; text++) {
		if (*text == '_' || *text == '*' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
}

static void put_option(const struct storm_arg *arg) {
	printf("*--%s*", arg->name);
	if (arg->value) {
		fputs(" _", stdout);
		put(arg->value);
		putchar('_');
	}
	fputs("\n\t", stdout);
	put(arg->help);
	fputs("\n\n", stdout);
}

static void put_terms(const struct storm_terms *terms) {
	const char *name, *text;

	printf("## %s\n\n", terms->title);
	for (uint32_t i = 0; terms->at(i, &name, &text); i++) {
		putchar('*');
		put(name);
		fputs("*\n\t", stdout);
		put(text);
		fputs("\n\n", stdout);
	}
}

static void put_command(const struct storm_command *command) {
	printf("# %s\n\n*rouse-storm %s* ", command->name, command->name);
	put(command->usage);
	fputs("\n\n", stdout);
	put(command->summary);
	fputs("\n\n", stdout);
	for (const struct storm_arg *arg = command->args; arg->name; arg++)
		put_option(arg);
	for (const struct storm_terms *terms = command->terms; terms && terms->title; terms++)
		put_terms(terms);
	if (command->notes) {
		put(command->notes);
		putchar('\n');
	}
}

void storm_manual_print(const struct storm_command *const *commands, size_t count) {
	fputs("rouse-storm(1)\n\n# NAME\n\n"
	      "rouse-storm - boots many simulated machines against a DHCP or TFTP server\n\n"
	      "# SYNOPSIS\n\n*rouse-storm* _COMMAND_ [options]\n\n"
	      "*rouse-storm* _COMMAND_ *--help*\n\n"
	      "*rouse-storm* *--version*|*--manual*|*--completion*\n\n"
	      "# DESCRIPTION\n\n"
	      "Each simulated machine behaves as firmware does: it retransmits by its own table, "
	      "gives\n"
	      "up when its patience ends, and what it reads is compared with what it should be. A "
	      "run\n"
	      "ends with a report. On a terminal a line on standard error shows how the run "
	      "goes.\n\n",
		stdout);
	printf("With *--json* the report is one object. Its _schema_ is %u: fields may be added to "
	       "it, and\nnone loses its meaning without another number. Names that end in _\\_us_ "
	       "are times in\nmicroseconds: an object with _count_, _mean_, _p50_, _p90_, _p99_, "
	       "_p99\\_9_ and _max_.\n\n",
		STORM_REPORT_SCHEMA);
	for (size_t i = 0; i < count; i++)
		put_command(commands[i]);
	fputs("# EXIT STATUS\n\n"
	      "*0*\n\teverything completed\n\n"
	      "*1*\n\tsomething failed, or the deadline passed\n\n"
	      "*2*\n\twrong usage\n\n"
	      "*3*\n\tthe run could not begin\n\n"
	      "# SIGNALS\n\n"
	      "SIGINT, SIGTERM\n\tEnd a run early, with its report.\n\n"
	      "# EXAMPLES\n\n"
	      "200 clients read a file 1,000 times, compared with the original:\n\n"
	      "```\nrouse-storm tftp --server 10.77.0.1 --file linux --against /srv/rouse/linux "
	      "\\\n"
	      "    --blksize 1468 --tsize --clients 200 --total 1000\n```\n\n"
	      "1,000 new leases per second for a minute, logged; then is each of them still there, "
	      "and\n"
	      "was none given twice?\n\n"
	      "```\nrouse-storm dhcp --interface eth1 --rate 1000 --for 60 --clients 5000 --log "
	      "leases.log\n"
	      "rouse-storm dhcp --interface eth1 --exchange reboot --from leases.log\n"
	      "rouse-storm verify leases.log\n```\n\n"
	      "# SEE ALSO\n\n*rouse*(1)\n",
		stdout);
}
