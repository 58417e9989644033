// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A text that grows while it is written. What goes wrong sticks: write all of it, look once.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#define RENDER_TEXT_MAX (1024u * 1024u)

struct render_text {
	char *data; // malloc'd, NUL-terminated once something was written
	size_t len;
	size_t size;
	bool full; // more than RENDER_TEXT_MAX was written: what went beyond is lost
};

void render_add(struct render_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void render_put(struct render_text *text, const char *words, size_t len);

// Takes back what was written since the text had this length.
void render_cut(struct render_text *text, size_t len);

// path as it stands in a URL: what is neither a letter, a digit nor one of -._~/ becomes %XX.
void render_url_path(struct render_text *text, const char *path);
