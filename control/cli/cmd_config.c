// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The configuration file as `rouse up` and `rouse host` need it: whole and without an error, or not
// at all.

#include "cli/cmd_config.h"

#include <stdio.h>

const char *cmd_config_path(const struct cli_args *args) {
	const char *path = cli_value(args, "config");

	return path ? path : CONFIG_DEFAULT_PATH;
}

struct config *cmd_load_config(const struct cli_args *args) {
	static struct config_errors errors;
	const char *path = cmd_config_path(args);
	struct config *config = config_load(path, &errors);
	char line[512];

	for (size_t i = 0; i < errors.count && i < CONFIG_ERRORS_MAX; i++) {
		config_error_print(&errors.list[i], path, line, sizeof(line));
		fprintf(stderr, "%s\n", line);
	}
	if (errors.count > CONFIG_ERRORS_MAX)
		fprintf(stderr, "%s: %zu more errors\n", path, errors.count - CONFIG_ERRORS_MAX);
	return config;
}
