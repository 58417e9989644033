// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Settings of the kernel that rouse host changes: reserved ports (of this network namespace) and
// hugepages (of the whole system). set_* works out what the setting will be and notes it in the
// record, which the caller saves before apply_* changes anything; restore_* puts it back.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "cli/host_record.h"

// Merges first-last into the list, without what an earlier `up` added. old: that one's record, or
// NULL.
int host_ports_set(const struct host_record *old, uint16_t first, uint16_t last,
	struct host_record *record, char *why, size_t why_size);
int host_ports_apply(const struct host_record *record, char *why, size_t why_size);

// Puts the list back; what others changed meanwhile stays.
int host_ports_restore(const struct host_record *record, char *why, size_t why_size);

// So many hugepages of the default size in all; 0 leaves them alone.
int host_hugepages_set(const struct host_record *old, uint64_t pages, struct host_record *record,
	char *why, size_t why_size);
int host_hugepages_apply(const struct host_record *record, char *why, size_t why_size);
int host_hugepages_restore(const struct host_record *record, char *why, size_t why_size);
