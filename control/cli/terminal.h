// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A full screen on stdout, in the few control sequences that every terminal of the last decades
// knows. However the program ends by a signal it is asked with, the terminal is as before.

#pragma once

#include <stdbool.h>
#include <stddef.h>

// Whether stdout is a terminal that can do so.
bool terminal_is_screen(void);

// Takes the screen and the keys of stdin, when that is a terminal.
void terminal_begin(void);

// Gives both back.
void terminal_end(void);

void terminal_size(size_t *width, size_t *height);

// Puts a text of lines in place of what the screen shows. They fit it.
void terminal_show(const char *text, size_t len);

enum terminal_event {
	TERMINAL_TIME,   // the time is over
	TERMINAL_RESIZE, // the size is another one
	TERMINAL_QUIT,   // q, or a signal that asks to end, or the terminal is gone
};

// Waits until boot-time until_ns.
enum terminal_event terminal_wait(unsigned long long until_ns);
