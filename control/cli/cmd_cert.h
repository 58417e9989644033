// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Between the parts of rouse cert.

#pragma once

#include "cli/cli.h"

// rouse cert show FILE
int cmd_cert_show(const struct cli_args *args);
