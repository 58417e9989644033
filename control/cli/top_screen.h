// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse top's figures as lines of text and as JSON.

#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/top_sample.h"

// Neither width nor height of the screen matters.
#define SCREEN_UNBOUND 100000u

// Prints at most height lines of at most width characters, each ended by a newline. What has more
// rows than there is room for shows the ones that matter most. bold: headings in reverse video.
void top_screen(
	const struct top_figures *figures, size_t width, size_t height, bool bold, FILE *out);

json_t *top_json(const struct top_figures *figures);
