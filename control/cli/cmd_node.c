// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse node: which machines there are, what they are, and what they boot.

#include "cli/cmd_node.h"

#include "cli/instance.h"

static const struct cli_verb verbs[] = {
	{"list", 0, 0, "no name", (const char *const[]){"state", "role", "names", "json", NULL},
		cmd_node_list},
	{"show", 1, 1, "NODE", (const char *const[]){"json", NULL}, cmd_node_show},
	{"add", 1, 1, "NAME", (const char *const[]){"mac", "role", "profile", "var", "notes", NULL},
		cmd_node_add},
	{"set", 1, 1, "NODE",
		(const char *const[]){"name", "role", "profile", "var", "notes", "reinstall", NULL},
		cmd_node_set},
	{"boot", 1, CLI_OPERANDS_MAX, "NODE... PROFILE",
		(const char *const[]){"once", "replace", "cancel", "json", NULL}, cmd_node_boot},
	{"forget", 1, CLI_OPERANDS_MAX, "NODE...", (const char *const[]){NULL}, cmd_node_forget},
	{NULL},
};

static int run(const struct cli_args *args) {
	return cli_run_verb(args, verbs);
}

static const struct cli_option options[] = {INSTANCE_OPTIONS,
	{"state", "STATE",
		"list: only discovered, booting, booted, installing, installed or failed ones"},
	{"role", "ROLE", "list: only those of a role; add, set: its role, - for none by hand"},
	{"names", NULL, "list: print names only"}, CLI_OPTION_JSON,
	{"mac", "MAC", "add: its MAC address"},
	{"profile", "PROFILE", "add, set: what it boots for good, - for what its role says"},
	{.name = "var",
		.value = "NAME=TEXT",
		.help = "add, set: a variable, may be repeated; NAME= takes it away",
		.many = true},
	{"notes", "TEXT", "add, set: what people are to know of it"},
	{"name", "NAME", "set: another name"},
	{"reinstall", NULL, "set: have it installed anew, by the profile that it has"},
	{"once", NULL, "boot: the next time that it boots, and never again"},
	{"replace", NULL, "boot: also where another order waits, which is cancelled"},
	{"cancel", NULL, "boot: cancel the orders that wait, in place of PROFILE"}, CLI_OPTION_END};

const struct cli_command cmd_node = {
	.name = "node",
	.operands = "list|show|add|set|boot|forget [NODE... [PROFILE]]",
	.operands_max = CLI_OPERANDS_MAX - 1,
	.help = "which machines there are, what they are and what they boot",
	.detail =
		"NODE is a name or a MAC address. list tells all, show all of one: its role and\n"
		"why it has it, its variables and where they come from, its last boots. add NAME\n"
		"makes a machine known before it is seen; set changes what it is. boot NODE...\n"
		"PROFILE --once orders a boot: it is used up when the machine has got the last\n"
		"file, whether rouse-control runs or not, and never used again. forget takes back\n"
		"what is known of a machine; what hosts: says of it stays. To boot and to forget\n"
		"names may be patterns such as 'n0*'.",
	.options = options,
	.run = run,
};
