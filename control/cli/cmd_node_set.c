// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse node add, set and forget

#include <stdio.h>

#include "cli/cmd_node.h"
#include "cli/node_batch.h"
#include "cli/node_client.h"
#include "cli/node_words.h"
#include "text.h"

// The body of --role and the others, or NULL after a sentence.
static json_t *read_words(const struct cli_args *args) {
	json_t *body = json_object();
	char why[CLI_WHY_SIZE];

	if (node_words_read(args, body, why) == CLI_OK)
		return body;
	cli_error("%s", why);
	json_decref(body);
	return NULL;
}

static int send(const struct cli_args *args, const char *method, const char *path, json_t *body) {
	struct instance instance;
	json_t *answer = NULL;
	int rc = instance_find(args, &instance);

	if (rc != CLI_OK) {
		json_decref(body);
		return rc;
	}
	rc = rest_client_send(instance.runtime_dir, method, path, body, &answer);
	if (rc == CLI_OK)
		printf("%s: role %s, boots %s\n", node_client_text(answer, "name"),
			json_is_string(json_object_get(answer, "role"))
				? node_client_text(answer, "role")
				: "none",
			node_client_text(answer, "assigned"));
	json_decref(answer);
	return rc;
}

int cmd_node_add(const struct cli_args *args) {
	const char *mac = cli_value(args, "mac");
	uint8_t bytes[6];
	json_t *body;

	if (!mac) {
		cli_error("say which machine it is: --mac 52:54:00:77:00:01");
		return CLI_USAGE;
	}
	if (text_parse_mac(mac, bytes) < 0) {
		cli_error("--mac: \"%s\" is not a MAC address: write 52:54:00:77:00:01", mac);
		return CLI_USAGE;
	}
	if (!node_client_name_is_good(args->operand[1]))
		return CLI_USAGE;
	body = read_words(args);
	if (!body)
		return CLI_USAGE;
	json_object_set_new(body, "name", json_string(args->operand[1]));
	return send(args, "POST", "/v1/nodes", body);
}

int cmd_node_set(const struct cli_args *args) {
	char path[NODE_PATH_SIZE];
	json_t *body;

	if (!node_client_path("nodes", args->operand[1], "", path))
		return CLI_USAGE;
	body = read_words(args);
	if (!body)
		return CLI_USAGE;
	if (!json_object_size(body)) {
		cli_error("say what is to be set: see rouse help node");
		json_decref(body);
		return CLI_USAGE;
	}
	return send(args, "PATCH", path, body);
}

// Whose role installs is a new machine, which is installed.
static void tell_forgotten(void *context, json_t *result) {
	const char *installs = node_client_text(result, "installs");

	(void)context;
	printf("%s is forgotten%s", node_client_text(result, "node"),
		json_is_true(json_object_get(result, "listed")) ? ", but for what hosts: says of it"
								: "");
	if (installs[0])
		printf("; when it boots next, %s is installed on it", installs);
	putchar('\n');
}

// Each one, also after one that failed.
int cmd_node_forget(const struct cli_args *args) {
	struct instance instance;
	json_t *names = NULL;
	int rc = instance_find(args, &instance);

	if (rc == CLI_OK)
		rc = node_client_expand(
			instance.runtime_dir, args->operand + 1, args->operand_count - 1, &names);
	if (rc == CLI_OK)
		rc = node_batch_run(instance.runtime_dir, "/v1/forget", json_object(), names,
			tell_forgotten, NULL);
	json_decref(names);
	return rc;
}
