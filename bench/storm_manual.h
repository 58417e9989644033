// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The manual page, written from the same tables as --help.

#pragma once

#include <stddef.h>

#include "storm_args.h"

// Prints rouse-storm(1) as scdoc source.
void storm_manual_print(const struct storm_command *const *commands, size_t count);
