// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#pragma once

// Prints a completion script for bash, from the table of commands.
void completion_print(void);
