// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The configuration file as bytes, for who changes it.

#pragma once

#include <stddef.h>

// The whole file, to be freed. NULL, with a sentence.
char *config_file_read(const char *path, size_t *len, char why[256]);

// Puts other contents in its place, all or nothing, also when the power fails; owner and mode stay,
// and a symbolic link keeps leading to it. 0 or -errno.
int config_file_replace(const char *path, const char *text, size_t len);
