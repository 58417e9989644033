// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Files that a command makes: whole or not at all.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// Makes path with these bytes and this mode; where replace is true, in place of what is there. 0,
// or -errno; -EEXIST where it is there and may not be replaced.
int new_file_write(const char *path, const void *data, size_t len, mode_t mode, bool replace);
