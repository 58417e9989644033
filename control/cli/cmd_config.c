// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The configuration file: whole and without an error for who starts Rouse, and for who looks for
// what runs only as far as it says where that is.

#include "cli/cmd_config.h"

#include "publish.h"

const char *cmd_config_path(const struct cli_args *args) {
	const char *path = cli_value(args, "config");

	return path ? path : CONFIG_DEFAULT_PATH;
}

void cmd_print_errors(const char *path, const struct config_errors *errors, FILE *out) {
	char line[512];

	for (size_t i = 0; i < errors->count && i < CONFIG_ERRORS_MAX; i++) {
		config_error_print(&errors->list[i], path, line, sizeof(line));
		fprintf(out, "%s\n", line);
	}
	if (errors->count > CONFIG_ERRORS_MAX)
		fprintf(out, "%s: %zu more errors\n", path, errors->count - CONFIG_ERRORS_MAX);
}

json_t *cmd_errors_json(const char *path, const struct config_errors *errors) {
	json_t *list = json_array();

	for (size_t i = 0; i < errors->count && i < CONFIG_ERRORS_MAX; i++)
		json_array_append_new(
			list, json_pack("{s:i, s:s, s:s}", "line", (int)errors->list[i].line, "key",
				      errors->list[i].key, "error", errors->list[i].text));
	return json_pack("{s:s, s:b, s:I, s:o}", "file", path, "ok", errors->count == 0,
		"error_count", (json_int_t)errors->count, "errors", list);
}

struct config *cmd_load_config(const struct cli_args *args) {
	static struct config_errors errors;
	const char *path = cmd_config_path(args);
	struct config *config = config_load(path, &errors);

	cmd_print_errors(path, &errors, stderr);
	return config;
}

struct config *cmd_load_where(const struct cli_args *args) {
	static struct config_errors errors;
	const char *path = cmd_config_path(args);
	struct config *config = config_load_where(path, &errors);

	cmd_print_errors(path, &errors, stderr);
	if (!config)
		cli_error("give --runtime-dir to reach what runs without the configuration file");
	return config;
}

bool cmd_build_policy(const struct config *config, struct policy *policy, void **memory) {
	char why[256];
	int64_t size;

	*memory = mem_alloc(POLICY_SNAPSHOT_MAX);
	size = publish_try(config, config_lease_table(config), NULL, *memory, why);
	if (size > 0 && !policy_validate(*memory, (size_t)size, policy, why))
		return true;
	cli_error("%s", why);
	return false;
}
