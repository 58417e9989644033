// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse leases export: the leases in the format of another server, on standard output. Of the
// running dataplane, or of the journal when none runs.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd_config.h"
#include "cli/cmd_leases.h"
#include "cli/lease_list.h"
#include "lease_file.h"

static struct lease_entry entry_of(const struct lease_record *record, const struct policy *policy) {
	const struct policy_subnet *subnet =
		policy ? policy_subnet_of(policy, record->address) : NULL;
	struct lease_entry entry = {
		.address = record->address,
		.key = {.htype = record->htype, .hlen = record->hlen},
		.state = record->state,
		.hostname_len = record->hostname_len < LEASE_HOSTNAME_MAX ? record->hostname_len
									  : LEASE_HOSTNAME_MAX,
		.since_unix_s = record->since_unix_s,
		.expiry_unix_s = record->expiry_unix_s,
		// Kea numbers the subnets of a configuration from 1, unless that says otherwise.
		.subnet_id = subnet ? (uint32_t)(subnet - policy->subnets) + 1 : 1,
	};

	memcpy(entry.key.bytes, record->key, sizeof(entry.key.bytes));
	memcpy(entry.hostname, record->hostname, entry.hostname_len);
	return entry;
}

static void print(
	enum lease_format format, const struct lease_list *list, const struct policy *policy) {
	char text[LEASE_FILE_TEXT_SIZE];
	size_t left_out = 0;

	fputs(lease_file_head(format), stdout);
	for (size_t i = 0; i < list->count; i++) {
		struct lease_entry entry = entry_of(&list->records[i], policy);
		size_t len = 0;

		if (entry.state == LEASE_OFFERED) // promised to nobody yet
			continue;
		len = lease_file_write(format, &entry, text);
		fwrite(text, 1, len, stdout);
		left_out += len == 0;
	}
	if (left_out)
		cli_error("%zu leases are left out, for which this format has no form", left_out);
	if (list->busy)
		cli_error("%zu leases are left out, which were changing too fast to be read",
			list->busy);
}

// Whether to ask the journal: no dataplane runs, and the configuration file tells where it is.
static bool is_stopped(const struct cli_args *args, const struct instance *instance) {
	enum state_health health;
	uint64_t age_ms, pid;
	int rc;

	if (cli_value(args, "runtime-dir"))
		return false;
	rc = instance_health(instance, "state", ROUSE_REGION_STATE, &health, &age_ms, &pid);
	return rc == -ENOENT || (rc == 0 && health == STATE_DEAD);
}

static int read_journal(
	const struct cli_args *args, struct instance *instance, struct lease_list *list) {
	struct config *config = cmd_load_config(args);
	int rc = config ? CLI_OK : CLI_FAILED;

	if (rc == CLI_OK && !cmd_build_policy(config, &instance->policy, &instance->policy_copy))
		rc = CLI_FAILED;
	instance->has_policy = rc == CLI_OK;
	if (rc == CLI_OK)
		rc = lease_list_of_journal(config, cli_flag(args, "all"), list);
	if (rc == CLI_OK)
		cli_error("rouse-dataplane does not run: these are the leases in %s/leases",
			config->state_dir);
	config_free(config);
	return rc;
}

static int read_state(
	const struct cli_args *args, struct instance *instance, struct lease_list *list) {
	int rc = instance_need_state(instance);

	if (rc != CLI_OK)
		return rc;
	instance_try_policy(instance);
	lease_list_of_state(&instance->state, cli_flag(args, "all"), list);
	return CLI_OK;
}

int cmd_leases_export(const struct cli_args *args) {
	const char *name = args->operand_count > 1 ? args->operand[1] : "json";
	enum lease_format format = lease_format_of(name);
	struct instance instance;
	struct lease_list list = {0};
	int rc;

	if (args->operand_count > 2 || (format == LEASE_FORMAT_COUNT && strcmp(name, "json")) ||
		(format != LEASE_FORMAT_COUNT && cli_flag(args, "json"))) {
		cli_error("export needs one format: dnsmasq, isc, kea or json");
		return CLI_USAGE;
	}
	rc = instance_find(args, &instance);
	if (rc == CLI_OK)
		rc = is_stopped(args, &instance) ? read_journal(args, &instance, &list)
						 : read_state(args, &instance, &list);
	if (rc == CLI_OK && format == LEASE_FORMAT_COUNT)
		lease_list_print_json(&list, &instance);
	else if (rc == CLI_OK)
		print(format, &list, instance.has_policy ? &instance.policy : NULL);
	if (rc == CLI_OK && (fflush(stdout) || ferror(stdout))) {
		cli_error("cannot write: %s", strerror(errno));
		rc = CLI_FAILED;
	}
	lease_list_free(&list);
	instance_close(&instance);
	return rc;
}
