// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse host up|down: what rouse up does before and after the programs run, for the systemd units.

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/cmd_config.h"
#include "cli/host.h"

static int read_hugepages(const char *text, uint64_t *pages) {
	char *end;

	*pages = 0;
	if (!text)
		return 0;
	errno = 0;
	*pages = strtoull(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || *pages == 0 || *pages > 1u << 24) {
		cli_error("--hugepages %s: a number of pages is wanted, for example 1024", text);
		return -EINVAL;
	}
	return 0;
}

static int up(const struct cli_args *args) {
	struct config *config;
	char why[HOST_WHY_SIZE];
	uint64_t hugepages;
	int rc;

	if (read_hugepages(cli_value(args, "hugepages"), &hugepages) < 0)
		return CLI_USAGE;
	config = cmd_load_config(args);
	if (!config)
		return CLI_FAILED;
	rc = host_up(config, hugepages, why, sizeof(why));
	if (rc < 0)
		cli_error("%s", why);
	config_free(config);
	return rc < 0 ? CLI_FAILED : CLI_OK;
}

static int down(const struct cli_args *args) {
	const char *runtime_dir = cli_value(args, "runtime-dir");
	struct config *config = NULL;
	char why[HOST_WHY_SIZE];
	int rc;

	if (!runtime_dir) {
		config = cmd_load_config(args);
		if (!config)
			return CLI_FAILED;
		runtime_dir = config->runtime_dir;
	}
	rc = host_down(runtime_dir, why, sizeof(why));
	if (rc < 0)
		cli_error("%s", why);
	config_free(config);
	return rc < 0 ? CLI_FAILED : CLI_OK;
}

static int run(const struct cli_args *args) {
	if (!strcmp(args->operand[0], "up") && !cli_value(args, "runtime-dir"))
		return up(args);
	if (!strcmp(args->operand[0], "down") && !cli_value(args, "hugepages"))
		return down(args);
	cli_error("usage: rouse host up [--config FILE] [--hugepages N] or "
		  "rouse host down [--config FILE | --runtime-dir DIR]");
	return CLI_USAGE;
}

static const struct cli_option options[] = {
	CLI_OPTION_CONFIG,
	{"runtime-dir", "DIR",
		"down: the instance's directory, where the configuration has changed"},
	{"hugepages", "N", "up: have N hugepages of the default size; down gives them back"},
	CLI_OPTION_END,
};

const struct cli_command cmd_host = {
	.name = "host",
	.operands = "up|down",
	.operands_min = 1,
	.operands_max = 1,
	.help = "set up what the host needs for Rouse, or put it back",
	.detail =
		"up adds an nft rule that keeps the kernel from answering for Rouse, reserves the\n"
		"transfer ports (tid_range) in net.ipv4.ip_local_reserved_ports of this network\n"
		"namespace, makes the group rouse and the directories, and checks that memory: "
		"fits.\n"
		"It changes nothing more when repeated. down puts back what was there, and "
		"removes\n"
		"what killed programs left. What up changed is kept in runtime_dir, in the file "
		"host.",
	.options = options,
	.run = run,
};
