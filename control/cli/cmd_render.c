// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse render: what a machine's boot loader or installer gets, as it would get it now.

#include <stdio.h>

#include "cli/cli.h"
#include "cli/node_client.h"
#include "cli/output.h"

static int run(const struct cli_args *args) {
	char part[REST_CLIENT_PART_SIZE], rest[REST_CLIENT_PART_SIZE + 32];
	json_t *answer = NULL, *text;
	int rc;

	snprintf(rest, sizeof(rest), "/render/%s%s", rest_client_part(args->operand[1], part),
		cli_flag(args, "private") ? "?private=1" : "");
	rc = node_client_get(args, "nodes", args->operand[0], rest, &answer);
	if (rc != CLI_OK)
		return rc;
	if (cli_flag(args, "json")) {
		output_json(answer);
		return CLI_OK;
	}
	text = json_object_get(answer, "text");
	fwrite(json_string_value(text), 1, json_string_length(text), stdout);
	json_decref(answer);
	return CLI_OK;
}

static const struct cli_option options[] = {INSTANCE_OPTIONS,
	{"private", NULL, "as HTTPS carries it: with the secrets, which others refuse"},
	CLI_OPTION_JSON, CLI_OPTION_END};

const struct cli_command cmd_render = {
	.name = "render",
	.operands = "NODE NAME",
	.operands_min = 2,
	.operands_max = 2,
	.help = "what a machine's boot loader or installer gets",
	.detail = "NAME is ipxe, pxelinux or grub: what that loader gets when the node boots next; "
		  "or\n"
		  "a file of template_dir. What cannot be rendered is told with the template, the\n"
		  "line and the variable.",
	.options = options,
	.run = run,
};
