// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What programs that were killed have left in runtime_dir and on interfaces.

#pragma once

#include <stddef.h>

// "rouse-dataplane" or "rouse-control" while it holds its lock in runtime_dir, NULL when neither
// runs.
const char *host_running(const char *runtime_dir);

// Removes region files, the images file that the link names, sockets and locks, and detaches our
// XDP programs. Only while nothing runs. Files that are not ours stay.
void host_leftovers_remove(const char *runtime_dir);

// Size of the images file that runtime_dir names now; 0 when there is none.
size_t host_leftovers_images_size(const char *runtime_dir);
