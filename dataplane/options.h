// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The command line of rouse-dataplane.

#pragma once

#define RUNTIME_DIR_DEFAULT "/run/rouse"

struct options {
	const char *runtime_dir;
};

// Fills options and returns -1 to go on, or the exit code: 0 after --help and --version, 2 for what
// it does not understand.
int options_parse(int argc, char **argv, struct options *options);
