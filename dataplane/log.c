// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A line is written by one write, so that those of two threads do not mix.

#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_SIZE 1024

void log_say(enum log_level level, const char *format, ...) {
	char line[LINE_SIZE] = "";
	size_t at = 0;
	va_list list;
	int len;

	if (getenv("JOURNAL_STREAM"))
		at = (size_t)snprintf(line, sizeof(line), "<%d>", level);
	at += (size_t)snprintf(line + at, sizeof(line) - at, "rouse-dataplane: ");
	va_start(list, format);
	len = vsnprintf(line + at, sizeof(line) - at - 1, format, list);
	va_end(list);
	if (len > 0)
		at = strlen(line);
	line[at++] = '\n';
	(void)!write(STDERR_FILENO, line, at);
}
