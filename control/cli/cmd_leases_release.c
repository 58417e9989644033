// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse leases release: ends leases whose machines are gone.

#include <stdio.h>

#include "cli/cmd_leases.h"
#include "cli/lease_find.h"
#include "cli/output.h"
#include "cli/rest_client.h"
#include "text.h"

static int release(const struct instance *instance, uint32_t address, json_t *results) {
	const char *was = "", *error = "no reason given";
	char path[64], ip[TEXT_IP_SIZE];
	json_t *answer = NULL;
	long status;
	int rc;

	snprintf(path, sizeof(path), "/v1/leases/%s/release", text_ip(address, ip));
	rc = rest_client_call(instance->runtime_dir, "POST", path, &status, &answer);
	if (rc != CLI_OK)
		return rc;
	json_unpack(answer, "{s?s, s?s}", "was", &was, "error", &error);
	if (status == 200 && !results)
		printf("%s is free; it was %s\n", ip, was);
	if (status != 200) {
		cli_error("%s: %s", ip, error);
		rc = CLI_FAILED;
	}
	if (results)
		json_array_append(results, answer);
	json_decref(answer);
	return rc;
}

// Each one that is named, also after one that failed.
static int release_all(const struct cli_args *args, const struct instance *instance) {
	json_t *results = cli_flag(args, "json") ? json_array() : NULL;
	struct lease_list leases;
	int worst = CLI_OK;

	lease_list_of_state(&instance->state, false, &leases);
	for (int i = 1; i < args->operand_count; i++) {
		int64_t at = lease_find(&leases, instance, args->operand[i]);
		int rc = at < 0 ? CLI_FAILED
				: release(instance, leases.records[at].address, results);

		if (rc != CLI_OK)
			worst = rc;
	}
	lease_list_free(&leases);
	if (results)
		output_json(results);
	return worst;
}

int cmd_leases_release(const struct cli_args *args) {
	struct instance instance;
	int rc = instance_find(args, &instance);

	if (args->operand_count < 2) {
		cli_error("say whose lease is to end, by address, MAC address or name");
		return CLI_USAGE;
	}
	if (rc == CLI_OK)
		rc = instance_need_state(&instance);
	if (rc == CLI_OK) {
		instance_try_policy(&instance);
		rc = release_all(args, &instance);
	}
	instance_close(&instance);
	return rc;
}
