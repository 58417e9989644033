// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse node boot

#include <stdio.h>

#include "cli/cmd_node.h"
#include "cli/node_batch.h"
#include "cli/node_client.h"
#include "cli/output.h"

struct ordering {
	const char *profile; // NULL: cancels
	json_t *results;     // NULL: they are printed
};

static void take_result(void *context, json_t *result) {
	const struct ordering *ordering = context;
	const char *node = node_client_text(result, "node");

	if (ordering->results)
		json_array_append(ordering->results, result);
	else if (ordering->profile)
		printf("%s boots %s once: order %lld\n", node, ordering->profile,
			(long long)json_integer_value(json_object_get(result, "id")));
	else
		printf("%s: its order is cancelled\n", node);
}

// Each one, also after one that failed.
static int order_all(const struct cli_args *args, const char *runtime_dir, const json_t *names,
	const char *profile) {
	struct ordering ordering = {
		.profile = profile, .results = cli_flag(args, "json") ? json_array() : NULL};
	json_t *body = profile ? json_pack("{s:s, s:b, s:b}", "profile", profile, "once", 1,
					 "replace", cli_flag(args, "replace"))
			       : json_object();
	int rc = node_batch_run(runtime_dir, profile ? "/v1/orders" : "/v1/orders/cancel", body,
		names, take_result, &ordering);

	if (ordering.results)
		output_json(ordering.results);
	return rc;
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
