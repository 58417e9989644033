// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse check: reads a configuration file as rouse-control would and tells all errors.

#include <stdio.h>
#include <stdlib.h>

#include "cli/cmd_config.h"
#include "cli/host_dhcp.h"
#include "cli/output.h"
#include "config_lint.h"
#include "publish.h"

// What only the snapshot's own bounds tell: too much of everything together.
static void check_snapshot(const struct config *config, struct config_errors *errors) {
	void *snapshot = mem_alloc(POLICY_SNAPSHOT_MAX);
	char why[256];

	if (publish_try(config, config_lease_count(config), NULL, snapshot, why) < 0)
		config_error_add(errors, 0, "", "%s", why);
	free(snapshot);
}

static void print_notes(const char *path, const struct config_errors *notes) {
	for (size_t i = 0; i < notes->count && i < CONFIG_ERRORS_MAX; i++) {
		struct config_error note = notes->list[i];
		char line[512];

		snprintf(note.text, sizeof(note.text), "note: %.200s", notes->list[i].text);
		config_error_print(&note, path, line, sizeof(line));
		puts(line);
	}
	if (notes->count > CONFIG_ERRORS_MAX)
		printf("%s: %zu more notes\n", path, notes->count - CONFIG_ERRORS_MAX);
}

static void print_json(
	const char *path, const struct config_errors *errors, const struct config_errors *notes) {
	json_t *object = cmd_errors_json(path, errors), *list = json_array();

	for (size_t i = 0; i < notes->count && i < CONFIG_ERRORS_MAX; i++)
		json_array_append_new(
			list, json_pack("{s:i, s:s, s:s}", "line", (int)notes->list[i].line, "key",
				      notes->list[i].key, "note", notes->list[i].text));
	json_object_set_new(object, "note_count", json_integer((json_int_t)notes->count));
	json_object_set_new(object, "notes", list);
	output_json(object);
}

static void print_result(const char *path, const struct config *config,
	const struct config_errors *errors, const struct config_errors *notes) {
	print_notes(path, notes);
	if (errors->count)
		cmd_print_errors(path, errors, stdout);
	else
		printf("%s: ok (ports %u, subnets %u, hosts %u, boot rules %u, leases %u)\n", path,
			config->port_count, config->subnet_count, config->host_count,
			config->rule_count, config_lease_count(config));
}

// As all commands have it by --config, and this one also without. NULL: two files are named.
static const char *path_of(const struct cli_args *args) {
	const char *option = cli_value(args, "config");

	if (!args->operand_count)
		return option ? option : CONFIG_DEFAULT_PATH;
	return option ? NULL : args->operand[0];
}

static int run(const struct cli_args *args) {
	static struct config_errors errors, notes;
	const char *path = path_of(args);
	struct config *config;

	if (!path) {
		cli_error("FILE and --config both name a file: leave one out");
		return CLI_USAGE;
	}
	config = config_load(path, &errors);
	if (config) {
		check_snapshot(config, &errors);
		host_dhcp_check(config, &errors);
		config_lint(config, &errors, &notes);
		config_errors_sort(&errors);
		config_errors_sort(&notes);
	}
	if (cli_flag(args, "json"))
		print_json(path, &errors, &notes);
	else
		print_result(path, config, &errors, &notes);
	config_free(config);
	return errors.count ? CLI_FAILED : CLI_OK;
}

static const struct cli_option options[] = {
	{"config", "FILE", "the same as FILE"},
	CLI_OPTION_JSON,
	CLI_OPTION_END,
};

const struct cli_command cmd_check = {
	.name = "check",
	.operands = "[FILE]",
	.operands_max = 1,
	.help = "read a configuration file and tell all its errors",
	.detail =
		"Each error is one line: file:line: key: what is wrong; a note, which makes no\n"
		"error, has note: before it. Nothing that runs is touched. Of this host it looks\n"
		"at: whether a DHCP server listens beside a port with dhcp: proxy, the templates\n"
		"of template_dir, and whether boot_root has the files that profiles name.\n"
		"Without FILE it reads " CONFIG_DEFAULT_PATH ".",
	.options = options,
	.run = run,
};
