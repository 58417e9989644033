// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What `rouse node add` and `set` say of a node, as the body of a request. Pure.

#pragma once

#include <jansson.h>

#include "cli/cli.h"

// Reads --name, --mac, --role, --profile, --notes, --reinstall and --var of a command that has them
// into body. "-" and an empty text are null. CLI_OK, or CLI_USAGE with a sentence.
int node_words_read(const struct cli_args *args, json_t *body, char why[CLI_WHY_SIZE]);
