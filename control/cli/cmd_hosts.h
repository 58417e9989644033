// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The verbs of rouse hosts, between its files.

#pragma once

#include "cli/cli.h"

int cmd_hosts_import(const struct cli_args *args);
