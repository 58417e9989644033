// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse node boot

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli/cmd_node.h"
#include "cli/node_client.h"
#include "cli/output.h"

#define PROGRESS_MS 1000

struct progress {
	size_t count;
	int64_t next_ms;
	bool shown;
};

static int64_t now_ms(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Once a second, where somebody looks.
static void tell_progress(struct progress *progress, size_t done) {
	int64_t now = now_ms();

	if (!progress->next_ms)
		progress->next_ms = now + PROGRESS_MS;
	if (now < progress->next_ms || !isatty(STDERR_FILENO))
		return;
	progress->next_ms = now + PROGRESS_MS;
	progress->shown = true;
	fprintf(stderr, "\r%zu of %zu nodes ", done, progress->count);
}

static void end_progress(const struct progress *progress) {
	if (progress->shown)
		fputs("\r\033[K", stderr);
}

// profile NULL: cancels.
static int order(const struct cli_args *args, const char *runtime_dir, const char *node,
	const char *profile, json_t *results) {
	json_t *answer = NULL, *body = NULL;
	char path[NODE_PATH_SIZE];
	int rc;

	if (!node_client_path("nodes", node, "/boot", path))
		return CLI_USAGE;
	if (profile)
		body = json_pack("{s:s, s:b, s:b}", "profile", profile, "once", 1, "replace",
			cli_flag(args, "replace"));
	rc = rest_client_send(runtime_dir, profile ? "POST" : "DELETE", path, body, &answer);
	if (rc == CLI_OK && results)
		json_array_append(results, answer);
	else if (rc == CLI_OK && profile)
		printf("%s boots %s once: order %lld\n", node_client_text(answer, "node"), profile,
			(long long)json_integer_value(json_object_get(answer, "id")));
	else if (rc == CLI_OK)
		printf("%s: its order is cancelled\n", node_client_text(answer, "node"));
	json_decref(answer);
	return rc;
}

// Each one, also after one that failed.
static int order_all(const struct cli_args *args, const char *runtime_dir, const json_t *names,
	const char *profile) {
	json_t *results = cli_flag(args, "json") ? json_array() : NULL, *name;
	struct progress progress = {.count = json_array_size(names)};
	int worst = CLI_OK;
	size_t i;

	json_array_foreach(names, i, name) {
		int rc = order(args, runtime_dir, json_string_value(name), profile, results);

		if (rc != CLI_OK)
			worst = rc;
		if (rc == CLI_NOT_RUNNING)
			break;
		tell_progress(&progress, i + 1);
	}
	end_progress(&progress);
	if (results)
		output_json(results);
	return worst;
}

static int check(const struct cli_args *args) {
	const char *last = args->operand[args->operand_count - 1];
	bool cancel = cli_flag(args, "cancel");

	if (cancel && (cli_flag(args, "once") || cli_flag(args, "replace"))) {
		cli_error("--cancel takes no --once and no --replace: see rouse help node");
		return CLI_USAGE;
	}
	if (cancel)
		return CLI_OK;
	if (args->operand_count < 3) {
		cli_error(
			"say which node and what it is to boot: rouse node boot %s PROFILE --once",
			last);
		return CLI_USAGE;
	}
	if (!node_client_name_is_good(last))
		return CLI_USAGE;
	if (cli_flag(args, "once"))
		return CLI_OK;
	cli_error("this orders one boot: add --once; rouse node set %s --profile %s is the lasting "
		  "way",
		args->operand[1], last);
	return CLI_USAGE;
}

int cmd_node_boot(const struct cli_args *args) {
	bool cancel = cli_flag(args, "cancel");
	int count = args->operand_count - (cancel ? 1 : 2), rc = check(args);
	struct instance instance;
	json_t *names = NULL;

	if (rc == CLI_OK)
		rc = instance_find(args, &instance);
	if (rc == CLI_OK)
		rc = node_client_expand(instance.runtime_dir, args->operand + 1, count, &names);
	if (rc == CLI_OK)
		rc = order_all(args, instance.runtime_dir, names,
			cancel ? NULL : args->operand[args->operand_count - 1]);
	json_decref(names);
	return rc;
}
