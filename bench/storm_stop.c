// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The one global of the program: a signal handler has no other way to speak.

#include "storm_stop.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t wanted;

static void on_signal(int number) {
	(void)number;
	wanted = 1;
}

void storm_stop_install(void) {
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

bool storm_stop_wanted(void) {
	return wanted;
}
