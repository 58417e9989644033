// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse reload: has rouse-control read its configuration again.

#include <stdio.h>

#include "cli/cli.h"
#include "cli/cmd_reload.h"
#include "cli/instance.h"
#include "cli/output.h"
#include "cli/rest_client.h"

static void print_refusal(const json_t *answer) {
	const char *config = "", *error = "no reason given", *key, *text;
	json_t *errors = NULL, *item;
	size_t i;
	int line;

	json_unpack((json_t *)answer, "{s?s, s?s, s?o}", "config", &config, "error", &error,
		"errors", &errors);
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

// Whether there are any.
static bool print_warnings(const json_t *answer) {
	const json_t *warnings = json_object_get(answer, "warnings");
	const char *key, *text;
	json_t *item;
	size_t i;

	fflush(stdout); // what is taken comes first
	json_array_foreach(warnings, i, item) {
		if (json_unpack(item, "{s:s, s:s}", "key", &key, "warning", &text) == 0)
			cli_error("%s: %s", key, text);
	}
	return json_array_size(warnings) > 0;
}

// What was written is in force, so a warning about something else does not make it a failure.
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
	else
		print_warnings(answer);
	json_decref(answer);
	return status == 200 ? CLI_OK : CLI_FAILED;
}

static int print(long status, const json_t *answer) {
	if (status != 200) {
		print_refusal(answer);
		return CLI_FAILED;
	}
	printf("%s is taken\n", json_string_value(json_object_get(answer, "config")));
	return print_warnings(answer) ? CLI_FAILED : CLI_OK;
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
	if (cli_flag(args, "json")) {
		bool warned = json_array_size(json_object_get(answer, "warnings")) > 0;

		output_json(answer);
		return status == 200 && !warned ? CLI_OK : CLI_FAILED;
	}
	rc = print(status, answer);
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
		"workers,\nidle, tid_range, memory, max_leases, the directories), changes nothing. "
		"What was taken\nbut is not in force, as a certificate that cannot be read, is "
		"told, "
		"and the exit code is 1.",
	.options = options,
	.run = run,
};
