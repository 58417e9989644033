// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// SIGINT and SIGTERM end a run early; its report is printed all the same.

#pragma once

#include <stdbool.h>

void storm_stop_install(void);
bool storm_stop_wanted(void);
