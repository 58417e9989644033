// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Whether an address was held by two machines at the same time, from their own log.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "storm_log.h"

struct storm_conflict {
	struct storm_log_entry held; // the older one
	struct storm_log_entry taken;
};

// Sorts entries by time and plays them. A lease lasts from its ACK for its time; slack_us before
// its end another machine may have the address (the server counts from a moment before the ACK
// arrives). Returns the number of conflicts; the first size of them are written to conflicts.
// -ENOMEM. *addresses and *machines: how many different ones were seen.
int64_t storm_verify(struct storm_log_entry *entries, size_t count, uint64_t slack_us,
	struct storm_conflict *conflicts, size_t size, size_t *addresses, size_t *machines);
