// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse reload: has rouse-control read its configuration again.

#include <stdio.h>

#include "cli/cli.h"
#include "cli/cmd_reload.h"
#include "cli/instance.h"
#include "cli/output.h"
#include "cli/rest_client.h"

static void print_refusal(json_t *answer) {
	const char *config = "", *error = "no reason given", *key, *text;
	json_t *errors = NULL, *item;
	size_t i;
	int line;

	json_unpack(
		answer, "{s?s, s?s, s?o}", "config", &config, "error", &error, "errors", &errors);
	json_array_foreach(errors, i, item) {
		if (json_unpack(
			    item, "{s:i, s:s, s:s}", "line", &line, "key", &key, "error", &text))
			continue;
		if (line)
			fprintf(stderr, "%s:%d: %s: %s\n", config, line, key, text);
		else
			fprintf(stderr, "%s: %s: %s\n", config, key, text);
	}
	cli_error("%s", error);
}

int cmd_reload_written(const char *runtime_dir) {
	const char *error = "no reason given";
	json_t *answer = NULL;
	long status;
	int rc = rest_client_call(runtime_dir, "POST", "/v1/reload", &status, &answer);

	if (rc != CLI_OK)
		return rc;
	json_unpack(answer, "{s?s}", "error", &error);
	if (status != 200)
		cli_error("the file is written, but what runs does not take it: %s; see rouse "
			  "reload",
			error);
	json_decref(answer);
	return status == 200 ? CLI_OK : CLI_FAILED;
}

static int run(const struct cli_args *args) {
	struct instance instance;
	json_t *answer = NULL;
	long status;
	int rc = instance_find(args, &instance);

	if (rc == CLI_OK)
		rc = rest_client_call(instance.runtime_dir, "POST", "/v1/reload", &status, &answer);
	if (rc != CLI_OK)
		return rc;
	rc = status == 200 ? CLI_OK : CLI_FAILED;
	if (cli_flag(args, "json")) {
		output_json(answer);
		return rc;
	}
	if (rc != CLI_OK)
		print_refusal(answer);
	else
		printf("%s is taken\n", json_string_value(json_object_get(answer, "config")));
	json_decref(answer);
	return rc;
}

static const struct cli_option options[] = {INSTANCE_OPTIONS, CLI_OPTION_JSON, CLI_OPTION_END};

const struct cli_command cmd_reload = {
	.name = "reload",
	.operands = "",
	.help = "have rouse-control read its configuration again",
	.detail =
		"A configuration with an error, or with a change that needs a restart (ports, "
		"workers,\nidle, tid_range, memory, max_leases, the directories), changes nothing.",
	.options = options,
	.run = run,
};
