// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "render_text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"

#define FIRST_SIZE 4096u

static bool has_room(struct render_text *text, size_t len) {
	size_t size = text->size ? text->size : FIRST_SIZE;

	if (text->full || text->len + len > RENDER_TEXT_MAX) {
		text->full = true;
		return false;
	}
	while (size < text->len + len + 1)
		size *= 2;
	if (size != text->size)
		text->data = mem_resize(text->data, size);
	text->size = size;
	return true;
}

void render_put(struct render_text *text, const char *words, size_t len) {
	if (!has_room(text, len))
		return;
	memcpy(text->data + text->len, words, len);
	text->len += len;
	text->data[text->len] = '\0';
}

void render_add(struct render_text *text, const char *format, ...) {
	char line[512];
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (len < (int)sizeof(line)) {
		render_put(text, line, (size_t)len);
		return;
	}
	if (!has_room(text, (size_t)len))
		return;
	va_start(arguments, format);
	vsnprintf(text->data + text->len, (size_t)len + 1, format, arguments);
	va_end(arguments);
	text->len += (size_t)len;
}

void render_cut(struct render_text *text, size_t len) {
	if (len >= text->len)
		return;
	text->len = len;
	text->data[len] = '\0';
}

void render_url_path(struct render_text *text, const char *path) {
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";

	while (*path) {
		size_t run = strspn(path, plain);

		render_put(text, path, run);
		path += run;
		if (*path)
			render_add(text, "%%%02X", (uint8_t)*path++);
	}
}
