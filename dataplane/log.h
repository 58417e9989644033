// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// One sentence per line to stderr. For the main thread and the journal thread; workers do not log.

#pragma once

enum log_level { // the numbers of syslog
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
};

__attribute__((format(printf, 2, 3))) void log_say(enum log_level level, const char *format, ...);
