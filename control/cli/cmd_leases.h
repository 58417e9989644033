// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What `rouse leases` does when a verb follows.

#pragma once

#include "cli/cli.h"

// rouse leases import FORMAT FILE
int cmd_leases_import(const struct cli_args *args);

// rouse leases release WHO...
int cmd_leases_release(const struct cli_args *args);

// rouse leases reserve WHO
int cmd_leases_reserve(const struct cli_args *args);

// rouse leases export [FORMAT]
int cmd_leases_export(const struct cli_args *args);
