// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse leases reserve: what a machine has by chance it keeps, as a host of the configuration.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd_config.h"
#include "cli/cmd_leases.h"
#include "cli/cmd_reload.h"
#include "cli/lease_find.h"
#include "cli/output.h"
#include "config_edit.h"
#include "config_file.h"
#include "text.h"

struct reservation {
	struct config_new_host host;
	char name[LEASE_HOSTNAME_MAX + 1];
};

static int choose(const struct cli_args *args, const struct instance *instance,
	const struct lease_record *record, struct reservation *out) {
	const char *name = cli_value(args, "name");
	char host[256];

	if (record->hlen != 6) {
		cli_error("this machine is known by its client identifier, not by a MAC address: "
			  "hosts: cannot name it");
		return CLI_FAILED;
	}
	if (*instance_host_name(instance, record->key, host)) {
		cli_error("%s is in hosts: already: give it its address there", host);
		return CLI_FAILED;
	}
	snprintf(out->name, sizeof(out->name), "%.*s", (int)record->hostname_len, record->hostname);
	if (!name && !out->name[0]) {
		cli_error("the machine does not say what it is called: give it a name with --name");
		return CLI_USAGE;
	}
	out->host.name = name ? name : out->name;
	out->host.address = record->address;
	memcpy(out->host.mac, record->key, sizeof(out->host.mac));
	return CLI_OK;
}

static int find(
	const struct cli_args *args, struct instance *instance, struct reservation *reservation) {
	struct lease_list leases;
	int64_t at;
	int rc = instance_need_state(instance);

	if (rc != CLI_OK)
		return rc;
	instance_try_policy(instance);
	lease_list_of_state(&instance->state, false, &leases);
	at = lease_find(&leases, instance, args->operand[1]);
	rc = at < 0 ? CLI_FAILED : choose(args, instance, &leases.records[at], reservation);
	lease_list_free(&leases);
	return rc;
}

// The file is replaced whole, or not at all; a link stays one.
static int add_to_file(const char *path, const struct reservation *reservation) {
	char why[256] = "", *line;
	size_t len;
	char *text = config_file_read(path, &len, why), *edited;
	int rc;

	if (!text) {
		cli_error("%s", why);
		return CLI_FAILED;
	}
	edited = config_edit_add_host(text, len, &reservation->host, why);
	free(text);
	if (!edited) {
		line = config_edit_line(&reservation->host);
		cli_error("%s is left as it is (%s); the line for hosts: is\n  - %s", path, why,
			line);
		free(line);
		return CLI_FAILED;
	}
	rc = config_file_replace(path, edited, strlen(edited));
	free(edited);
	if (rc == 0)
		return CLI_OK;
	cli_error("%s: %s", path, strerror(-rc));
	return CLI_FAILED;
}

static void tell(const struct cli_args *args, const struct reservation *reservation) {
	char ip[TEXT_IP_SIZE], mac[TEXT_MAC_SIZE];

	text_ip(reservation->host.address, ip);
	text_mac(reservation->host.mac, mac);
	if (cli_flag(args, "json"))
		output_json(json_pack("{s:s, s:s, s:s, s:s}", "name", reservation->host.name, "mac",
			mac, "address", ip, "config", cmd_config_path(args)));
	else
		printf("%s (%s) keeps %s: it stands in hosts: of %s\n", reservation->host.name, mac,
			ip, cmd_config_path(args));
}

int cmd_leases_reserve(const struct cli_args *args) {
	struct reservation reservation = {0};
	struct instance instance;
	int rc;

	if (args->operand_count != 2) {
		cli_error("say whose address it is to keep, by address, MAC address or name");
		return CLI_USAGE;
	}
	if (cli_value(args, "runtime-dir")) {
		cli_error("reserve writes the configuration file: name it with --config");
		return CLI_USAGE;
	}
	rc = instance_find(args, &instance);
	if (rc == CLI_OK)
		rc = find(args, &instance, &reservation);
	if (rc == CLI_OK)
		rc = add_to_file(cmd_config_path(args), &reservation);
	if (rc == CLI_OK)
		rc = cmd_reload_written(instance.runtime_dir);
	if (rc == CLI_OK)
		tell(args, &reservation);
	instance_close(&instance);
	return rc;
}
