// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What `rouse host up` changed, kept in runtime_dir so that `down`, or the next `up` after a kill
// -9, puts back exactly what was there.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cli/port_set.h"

#define HOST_RECORD_NAME "host"

struct host_record {
	char boot_id[40]; // of the system: a record of an earlier boot means nothing
	uint64_t netns;   // inode of the network namespace that was changed
	bool ports_changed;
	struct port_set ports_before; // reserved ports as they were, and as we left them
	struct port_set ports_after;
	bool hugepages_changed;
	uint64_t hugepages_before;
	uint64_t hugepages_after;
	bool made_runtime_dir;
};

// The boot id and network namespace of this process, everything else 0. 0 or -errno.
int host_record_init(struct host_record *record);

// Reads the record of an instance. -ENOENT: there is none; -EPROTO: it cannot be read as one.
int host_record_load(const char *runtime_dir, struct host_record *record);

// Replaces the record; it is on the file system, whole, before this returns. 0 or -errno.
int host_record_save(const char *runtime_dir, const struct host_record *record);

// 0 or -errno; that there is none is no error.
int host_record_remove(const char *runtime_dir);
