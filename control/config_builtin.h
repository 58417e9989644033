// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The profiles and the menu that come with Rouse, written as an operator would write them. Those of
// the configuration with the same names take their place.

#pragma once

#include "config_read.h"

// What firmware that boots by HTTP is told to load when its machine boots its own disk: nothing that
// there is.
#define CONFIG_LOCAL_DISK_PATH "rouse/local-disk"

extern const char config_builtin_text[];

// Appends them to what the configuration has, and gives it boot rules if it has none: those whose
// files are not there are not published.
void config_builtin_add(struct config *config);
