// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "cli/node_batch.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/node_client.h"

#define NODES_AT_ONCE 1000u // that rouse-control takes

static json_t *slice(const json_t *names, size_t from) {
	json_t *part = json_array();

	for (size_t i = from; i < json_array_size(names) && i < from + NODES_AT_ONCE; i++)
		json_array_append(part, json_array_get(names, i));
	return part;
}

// Before what is printed, in the place of which it would stand.
static void tell_progress(size_t done, size_t count) {
	if (count <= NODES_AT_ONCE || !isatty(STDERR_FILENO))
		return;
	if (done < count)
		fprintf(stderr, "\r%zu of %zu nodes ", done, count);
	else
		fputs("\r\033[K", stderr);
}

static int take_results(
	const json_t *answer, void (*each)(void *context, json_t *result), void *context) {
	json_t *result;
	int rc = CLI_OK;
	size_t i;

	json_array_foreach(json_object_get(answer, "results"), i, result) {
		if (!json_object_get(result, "error")) {
			each(context, result);
			continue;
		}
		cli_error("%s", node_client_text(result, "error"));
		rc = CLI_FAILED;
	}
	return rc;
}

int node_batch_run(const char *runtime_dir, const char *path, json_t *body, const json_t *names,
	void (*each)(void *context, json_t *result), void *context) {
	size_t count = json_array_size(names);
	int rc = CLI_OK, worst = CLI_OK;

	for (size_t done = 0; done < count && rc == CLI_OK; done += NODES_AT_ONCE) {
		json_t *answer = NULL;

		json_object_set_new(body, "nodes", slice(names, done));
		tell_progress(done, count);
		rc = rest_client_send(runtime_dir, "POST", path, json_incref(body), &answer);
		tell_progress(count, count);
		if (rc == CLI_OK && take_results(answer, each, context) != CLI_OK)
			worst = CLI_FAILED;
		json_decref(answer);
	}
	json_decref(body);
	return rc == CLI_OK ? worst : rc;
}
