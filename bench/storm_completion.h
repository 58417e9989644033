// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#pragma once

#include "storm_args.h"

// Prints a completion script for bash, from the same tables as --help.
void storm_completion_print(const struct storm_command *const *commands, size_t count);
