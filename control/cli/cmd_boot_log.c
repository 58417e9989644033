// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse boot-log: the last boots of a machine in plain words.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/node_client.h"
#include "cli/output.h"

#define SHOWN_USUAL 3u
#define SHOWN_MAX   1000u
#define LOOKED_AT   20u // for the last failure, which may be further back

// 0: it is no number in the bounds.
static unsigned shown(const struct cli_args *args) {
	const char *text = cli_value(args, "last");
	unsigned long count;
	char *end;

	if (!text)
		return SHOWN_USUAL;
	count = strtoul(text, &end, 10);
	if (!*end && text[0] != '-' && count >= 1 && count <= SHOWN_MAX)
		return (unsigned)count;
	cli_error("--last takes a number from 1 to %u", SHOWN_MAX);
	return 0;
}

static const json_t *last_failure(const json_t *boots) {
	json_t *boot;
	size_t i;

	json_array_foreach(boots, i, boot) {
		if (!strcmp(node_client_text(boot, "state"), "failed"))
			return boot;
	}
	return NULL;
}

// The newest one last, as in a log.
static void print(const json_t *answer, unsigned count) {
	json_t *boots = json_object_get(answer, "boots");
	const json_t *failure = last_failure(boots);
	size_t from = json_array_size(boots) < count ? json_array_size(boots) : count;
	char ago[40];

	if (!from)
		printf("%s has not booted yet\n", node_client_text(answer, "node"));
	while (from-- > 0)
		printf("%s%s", node_client_text(json_array_get(boots, from), "text"),
			from ? "\n" : "");
	if (!failure)
		return;
	node_client_ago(
		json_integer_value(json_object_get(failure, "started_unix_ms")) / 1000, ago);
	printf("\nlast failure, %s: %s\n", ago, node_client_text(failure, "reason"));
}

// No more than was asked for.
static void cut(json_t *boots, unsigned count) {
	while (json_array_size(boots) > count)
		json_array_remove(boots, json_array_size(boots) - 1);
}

static int run(const struct cli_args *args) {
	unsigned count = shown(args);
	json_t *answer = NULL;
	char rest[64];
	int rc;

	if (!count)
		return CLI_USAGE;
	snprintf(rest, sizeof(rest), "/boots?limit=%u", count > LOOKED_AT ? count : LOOKED_AT);
	rc = node_client_get(args, "nodes", args->operand[0], rest, &answer);
	if (rc != CLI_OK)
		return rc;
	if (cli_flag(args, "json")) {
		cut(json_object_get(answer, "boots"), count);
		output_json(answer);
		return CLI_OK;
	}
	print(answer, count);
	json_decref(answer);
	return CLI_OK;
}

static const struct cli_option options[] = {INSTANCE_OPTIONS,
	{"last", "N", "how many boots (default: 3)", 'n'}, CLI_OPTION_JSON, CLI_OPTION_END};

const struct cli_command cmd_boot_log = {
	.name = "boot-log",
	.operands = "NODE",
	.operands_min = 1,
	.operands_max = 1,
	.help = "how a machine's last boots went, and why one failed",
	.detail = "For each boot what the machine asked for, what it got, how long that took, and\n"
		  "what came of it, the newest one last; then the reason of the last failure.",
	.options = options,
	.run = run,
};
