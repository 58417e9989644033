// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// For commands that read the configuration file themselves.

#pragma once

#include <jansson.h>
#include <stdio.h>

#include "cli/cli.h"
#include "config.h"
#include "policy.h"

// Where --config points, or the default.
const char *cmd_config_path(const struct cli_args *args);

// Reads and checks it; NULL after all its errors have been printed. The caller frees it.
struct config *cmd_load_config(const struct cli_args *args);

// The same for commands that only look for what runs: of all keys just runtime_dir is set.
struct config *cmd_load_where(const struct cli_args *args);

// The errors of a file, a line for each; or {"file", "ok", "error_count", "errors"}, a new
// reference.
void cmd_print_errors(const char *path, const struct config_errors *errors, FILE *out);
json_t *cmd_errors_json(const char *path, const struct config_errors *errors);

// What a configuration would publish, without its files. False after a sentence on stderr. The
// caller frees memory, into which policy points, in either case.
bool cmd_build_policy(const struct config *config, struct policy *policy, void **memory);
