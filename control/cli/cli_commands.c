// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The table of all commands. A new command is a line in each of the two lists below.

#include "cli/cli.h"

extern const struct cli_command cmd_up;
extern const struct cli_command cmd_host;
extern const struct cli_command cmd_check;
extern const struct cli_command cmd_diff;
extern const struct cli_command cmd_hosts;
extern const struct cli_command cmd_explain;
extern const struct cli_command cmd_reload;
extern const struct cli_command cmd_status;
extern const struct cli_command cmd_stats;
extern const struct cli_command cmd_top;
extern const struct cli_command cmd_capture;
extern const struct cli_command cmd_leases;
extern const struct cli_command cmd_sessions;
extern const struct cli_command cmd_images;
extern const struct cli_command cmd_policy;
extern const struct cli_command cmd_node;
extern const struct cli_command cmd_profile;
extern const struct cli_command cmd_role;
extern const struct cli_command cmd_render;
extern const struct cli_command cmd_boot_log;
extern const struct cli_command cmd_cert;
extern const struct cli_command cmd_sign;
extern const struct cli_command cmd_help;

const struct cli_command *const cli_commands[] = {
	&cmd_up,
	&cmd_host,
	&cmd_check,
	&cmd_diff,
	&cmd_hosts,
	&cmd_explain,
	&cmd_reload,
	&cmd_status,
	&cmd_stats,
	&cmd_top,
	&cmd_capture,
	&cmd_leases,
	&cmd_sessions,
	&cmd_images,
	&cmd_policy,
	&cmd_node,
	&cmd_profile,
	&cmd_role,
	&cmd_render,
	&cmd_boot_log,
	&cmd_cert,
	&cmd_sign,
	&cmd_help,
	NULL,
};
