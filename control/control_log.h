// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse-control's log: one sentence per line to stderr, in one write, so that threads do not mix.
// With the journal at the other end each line says how serious it is.

#pragma once

enum control_level {
	CONTROL_ERROR = 3,
	CONTROL_WARNING = 4,
	CONTROL_NOTICE = 5,
	CONTROL_INFO = 6,
};

// sentence: lower case, without a full stop, ending with its cause.
void control_log(enum control_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
