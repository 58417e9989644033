// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Reads templates below a directory, without leaving it.

#pragma once

#include <stddef.h>

#include "arena.h"

// The text of the template of this name; of a name that template_scan.h would not take, -ENOENT.
// 0 or -errno: -EFBIG larger than TEMPLATE_INPUT_MAX, -EXDEV a link that leads out of the
// directory, -EINVAL not a regular file.
int template_dir_read(
	int dir_fd, const char *name, struct arena *arena, const char **text, size_t *len);

// The same as a template_load_fn; the context is a const int *, the directory's descriptor.
int template_dir_load(
	void *dir_fd, const char *name, struct arena *arena, const char **text, size_t *len);
