// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse leases: which machine has which address, for how long; and to and from other servers.

#include "cli/cmd_leases.h"

#include <string.h>

#include "cli/instance.h"
#include "cli/lease_list.h"

static int list(const struct cli_args *args) {
	struct instance instance;
	struct lease_list leases;
	int rc = instance_find(args, &instance);

	if (rc == CLI_OK)
		rc = instance_need_state(&instance);
	if (rc == CLI_OK) {
		instance_try_policy(&instance);
		lease_list_of_state(&instance.state, cli_flag(args, "all"), &leases);
		if (cli_flag(args, "json"))
			lease_list_print_json(&leases, &instance);
		else
			lease_list_print_table(&leases, &instance);
		lease_list_free(&leases);
	}
	instance_close(&instance);
	return rc;
}

// An option that only another verb has would silently do nothing.
static int refuse_options(const struct cli_args *args, const char *const *names) {
	for (; *names; names++) {
		if (!cli_value(args, *names))
			continue;
		cli_error("--%s has no meaning here: see rouse help leases", *names);
		return CLI_USAGE;
	}
	return CLI_OK;
}

static const struct verb {
	const char *name;
	int (*run)(const struct cli_args *args);
	int operands_max;
	const char *refused[6]; // options that only another verb has
} verbs[] = {
	{"", list, 0, {"dry-run", "skip-bad", "name"}},
	{"import", cmd_leases_import, 3, {"runtime-dir", "all", "name"}},
	{"export", cmd_leases_export, 2, {"dry-run", "skip-bad", "name"}},
	{"release", cmd_leases_release, CLI_OPERANDS_MAX, {"dry-run", "skip-bad", "all", "name"}},
	{"reserve", cmd_leases_reserve, 2, {"dry-run", "skip-bad", "all"}},
};

static const struct verb *find(const char *name) {
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

static int run(const struct cli_args *args) {
	const char *name = args->operand_count ? args->operand[0] : "";
	const struct verb *verb = find(name);
	int rc;

	if (!verb) {
		cli_error("\"%s\" is none of import, export, release and reserve: see rouse help "
			  "leases",
			name);
		return CLI_USAGE;
	}
	if (args->operand_count > verb->operands_max) {
		cli_error("too many words: see rouse help leases");
		return CLI_USAGE;
	}
	rc = refuse_options(args, verb->refused);
	return rc == CLI_OK ? verb->run(args) : rc;
}

static const struct cli_option options[] = {INSTANCE_OPTIONS,
	{"all", NULL, "print leases that have ended, too"}, CLI_OPTION_JSON,
	{"dry-run", NULL, "import: only tell what would become of each lease"},
	{"skip-bad", NULL, "import: leave out lines that cannot be read, instead of everything"},
	{"name", "NAME", "reserve: what to call the machine (default: what it calls itself)"},
	CLI_OPTION_END};

const struct cli_command cmd_leases = {
	.name = "leases",
	.operands = "[import|export|release|reserve [WORD...]]",
	.operands_max = CLI_OPERANDS_MAX - 1,
	.help = "which machine has which address, and for how long",
	.detail = "host is the name in hosts:, \"calls itself\" what the machine's system says. A\n"
		  "declined address is in quarantine, because another machine answered on it.\n"
		  "import FORMAT FILE takes over the leases of another server, while\n"
		  "rouse-dataplane does not run. FORMAT is dnsmasq (its dhcp-leasefile), isc\n"
		  "(dhcpd.leases) or kea (kea-leases4.csv); FILE may be - for standard input.\n"
		  "export FORMAT prints the leases in one of these, for the way back, or as json.\n"
		  "release WHO... ends the leases of machines that are gone, or a quarantine; a\n"
		  "machine that still runs goes on with its address until it renews. reserve WHO\n"
		  "adds a machine to hosts: of the configuration, with the address that it has,\n"
		  "and has it taken. WHO is an address, a MAC address or a name.",
	.options = options,
	.run = run,
};
