// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A file beside the lease journal that says: it began empty, and not all addresses of the pools
// have been probed since. A dataplane that is killed meanwhile finds a journal at its next start,
// which knows no more of the other addresses than no journal did.

#pragma once

#include <stdbool.h>

// dir_fd: the journal's directory. Main thread only.

bool probe_mark_is_set(int dir_fd);

// On disk when it returns 0; else -errno.
int probe_mark_set(int dir_fd);

// 0 or -errno. A mark that stays costs a needless probing.
int probe_mark_clear(int dir_fd);
