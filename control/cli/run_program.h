// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Runs a program of the host to its end, without a shell.

#pragma once

#include <stddef.h>

// argv[0] is looked for in PATH, then in /usr/sbin and /sbin, which an operator's PATH may lack.
// input, when not NULL, is its standard input; what it prints goes into output, its first
// size - 1 bytes. Returns its exit status, 128 + the signal that ended it, or -errno.
int run_program(char *const argv[], const char *input, char *output, size_t size);
