// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The verbs of `rouse node`.

#pragma once

#include "cli/cli.h"

int cmd_node_list(const struct cli_args *args);
int cmd_node_show(const struct cli_args *args);
int cmd_node_add(const struct cli_args *args);
int cmd_node_set(const struct cli_args *args);
int cmd_node_boot(const struct cli_args *args);
int cmd_node_forget(const struct cli_args *args);
