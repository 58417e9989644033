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

static int run(const struct cli_args *args) {
	static const char *const of_import[] = {"dry-run", "skip-bad", NULL};
	static const char *const of_others[] = {"runtime-dir", "all", NULL};
	const char *verb = args->operand_count ? args->operand[0] : "";
	bool import = !strcmp(verb, "import");
	int rc = refuse_options(args, import ? of_others : of_import);

	if (rc != CLI_OK)
		return rc;
	if (import)
		return cmd_leases_import(args);
	if (!strcmp(verb, "export"))
		return cmd_leases_export(args);
	if (!verb[0])
		return list(args);
	cli_error("\"%s\" is neither import nor export: see rouse help leases", verb);
	return CLI_USAGE;
}

static const struct cli_option options[] = {INSTANCE_OPTIONS,
	{"all", NULL, "print leases that have ended, too"}, CLI_OPTION_JSON,
	{"dry-run", NULL, "import: only tell what would become of each lease"},
	{"skip-bad", NULL, "import: leave out lines that cannot be read, instead of everything"},
	CLI_OPTION_END};

const struct cli_command cmd_leases = {
	.name = "leases",
	.operands = "[import FORMAT FILE | export FORMAT]",
	.operands_max = 3,
	.help = "which machine has which address, and for how long",
	.detail = "host is the name in hosts:, \"calls itself\" what the machine's system says. A "
		  "declined\naddress is in quarantine, because another machine answered on it.\n"
		  "import takes over the leases of another server, while rouse-dataplane does not\n"
		  "run. FORMAT is dnsmasq (its dhcp-leasefile), isc (dhcpd.leases) or kea\n"
		  "(kea-leases4.csv); FILE may be - for standard input. export prints the leases\n"
		  "in one of these formats, for the way back, or as json.",
	.options = options,
	.run = run,
};
