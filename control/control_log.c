// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "control_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE_SIZE 1024

void control_log(enum control_level level, const char *format, ...) {
	char line[LINE_SIZE];
	int len = 0;
	va_list list;

	if (getenv("JOURNAL_STREAM"))
		len = snprintf(line, sizeof(line), "<%d>", level);
	len += snprintf(line + len, sizeof(line) - (size_t)len, "rouse-control: ");
	va_start(list, format);
	len += vsnprintf(line + len, sizeof(line) - (size_t)len, format, list);
	va_end(list);
	if ((size_t)len > sizeof(line) - 2)
		len = sizeof(line) - 2;
	line[len++] = '\n';
	// A log that cannot be written must not stop anything.
	if (write(STDERR_FILENO, line, (size_t)len) < 0)
		return;
}
