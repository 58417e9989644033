// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The generator against a server that does next to nothing, on a cable of its own: what the same
// machines could reach at most here.

#pragma once

#include "storm_boot_run.h"

struct storm_ceiling {
	uint64_t elapsed_us;
	uint64_t started, completed;
	uint64_t bytes;
	uint64_t receive_drops, send_failures;
};

// Plays the machines of settings again, without loss, against the reflector, which has the files
// that the catalog has seen, in other processes. 0 or -errno, with a word for what failed in *what.
int storm_ceiling_measure(const struct storm_boot_settings *settings, const char *boot_file,
	struct storm_ceiling *ceiling, const char **what);
