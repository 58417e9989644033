// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// For commands that have written the configuration file.

#pragma once

// Has what runs take it. CLI_OK, or another exit code after a sentence on stderr.
int cmd_reload_written(const char *runtime_dir);
