// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What renderings of tests share: variables without a template engine, and files that are there.

#pragma once

#include <stdbool.h>

#include "render.h"

#define RENDER_VARS_MAX 16

struct render_world {
	const char *vars[RENDER_VARS_MAX];  // "console=ttyS0"
	const char *files[RENDER_VARS_MAX]; // in boot_root; none: all
	const char *root; // a directory: files that are in it; NULL: files says it
};

// {{name}} and {{#name}}text{{/name}}; another name is an error.
char *render_world_expand(void *context, const struct config_profile *profile, const char *what,
	const char *text, char why[256]);

bool render_world_has_file(void *context, const char *path);
