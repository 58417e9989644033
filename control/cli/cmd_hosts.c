// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse hosts: the entries of hosts: in the configuration.

#include "cli/cmd_hosts.h"

#include <string.h>

static int run(const struct cli_args *args) {
	if (!strcmp(args->operand[0], "import") && args->operand_count == 2)
		return cmd_hosts_import(args);
	if (strcmp(args->operand[0], "import") != 0)
		cli_error("\"%s\" is not import: see rouse help hosts", args->operand[0]);
	else
		cli_error("import needs a file: see rouse help hosts");
	return CLI_USAGE;
}

static const struct cli_option options[] = {
	CLI_OPTION_CONFIG,
	{"format", "csv|dnsmasq", "what FILE is (default: dnsmasq for NAME.conf, else csv)"},
	{"role-from-tag", NULL, "dnsmasq: set:TAG gives the role"},
	{"dry-run", NULL, "only tell what would be added"},
	{"yes", NULL, "do not ask"},
	{"no-reload", NULL, "write the file only; rouse reload takes it later"},
	CLI_OPTION_JSON,
	CLI_OPTION_END,
};

const struct cli_command cmd_hosts = {
	.name = "hosts",
	.operands = "import FILE",
	.operands_min = 1,
	.operands_max = 2,
	.help = "add machines to hosts: of the configuration, out of a table",
	.detail = "import reads CSV with a header line: name, mac, address, role, profile, and\n"
		  "var.NAME for a variable; or the dhcp-host= lines of dnsmasq's configuration.\n"
		  "FILE may be - for standard input. All machines are written or none: what is\n"
		  "there twice, or makes an error in the configuration, is told with its line. Of\n"
		  "dnsmasq's lines, what hosts: has no word for is told and left out.",
	.options = options,
	.run = run,
};
