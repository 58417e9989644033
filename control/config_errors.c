// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "config_errors.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "text.h"

void config_error_add(
	struct config_errors *errors, uint32_t line, const char *key, const char *format, ...) {
	struct config_error *error;
	va_list list;

	if (errors->count++ >= CONFIG_ERRORS_MAX)
		return;
	error = &errors->list[errors->count - 1];
	error->line = line;
	snprintf(error->key, sizeof(error->key), "%s", key);
	va_start(list, format);
	vsnprintf(error->text, sizeof(error->text), format, list);
	va_end(list);
	// They quote what the file says, and may be cut in a character: JSON takes none of that.
	text_hush(error->key);
	text_hush(error->text);
}

static int by_line(const void *a, const void *b) {
	const struct config_error *x = a, *y = b;

	return x->line < y->line ? -1 : x->line > y->line;
}

void config_errors_sort(struct config_errors *errors) {
	size_t kept = errors->count < CONFIG_ERRORS_MAX ? errors->count : CONFIG_ERRORS_MAX;

	qsort(errors->list, kept, sizeof(errors->list[0]), by_line);
}

void config_error_print(
	const struct config_error *error, const char *name, char *out, size_t size) {
	char line[16] = "";

	if (error->line)
		snprintf(line, sizeof(line), ":%u", error->line);
	snprintf(out, size, "%s%s: %s%s%s", name, line, error->key, error->key[0] ? ": " : "",
		error->text);
}
