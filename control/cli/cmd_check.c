// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse check: reads a configuration file as rouse-control would and tells all errors.

#include <stdio.h>
#include <stdlib.h>

#include "cli/cmd_config.h"
#include "cli/host_dhcp.h"
#include "cli/output.h"
#include "publish.h"

// What only the snapshot's own bounds tell: too much of everything together.
static void check_snapshot(const struct config *config, struct config_errors *errors) {
	void *snapshot = mem_alloc(POLICY_SNAPSHOT_MAX);
	char why[256];

	if (publish_try(config, config_lease_count(config), NULL, snapshot, why) < 0)
		config_error_add(errors, 0, "", "%s", why);
	free(snapshot);
}

static int run(const struct cli_args *args) {
	static struct config_errors errors;
	const char *path = args->operand_count ? args->operand[0] : CONFIG_DEFAULT_PATH;
	struct config *config = config_load(path, &errors);

	if (config) {
		check_snapshot(config, &errors);
		host_dhcp_check(config, &errors);
	}
	if (cli_flag(args, "json"))
		output_json(cmd_errors_json(path, &errors));
	else if (errors.count)
		cmd_print_errors(path, &errors, stdout);
	else
		printf("%s: ok (ports %u, subnets %u, hosts %u, boot rules %u, leases %u)\n", path,
			config->port_count, config->subnet_count, config->host_count,
			config->rule_count, config_lease_count(config));
	config_free(config);
	return errors.count ? CLI_FAILED : CLI_OK;
}

static const struct cli_option options[] = {CLI_OPTION_JSON, CLI_OPTION_END};

const struct cli_command cmd_check = {
	.name = "check",
	.operands = "[FILE]",
	.operands_max = 1,
	.help = "read a configuration file and tell all its errors",
	.detail = "Each error is one line: file:line: key: what is wrong. Nothing that runs is "
		  "touched. Of this\nhost it looks at one thing: whether a DHCP server listens "
		  "beside a port with dhcp: proxy.\nWithout FILE it reads " CONFIG_DEFAULT_PATH ".",
	.options = options,
	.run = run,
};
