// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "journal_io.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

// openat is variadic, the table's is not.
static int open_at(int dir_fd, const char *name, int flags, mode_t mode) {
	return openat(dir_fd, name, flags, mode);
}

const struct journal_io journal_io_system = {
	.openat = open_at,
	.pread = pread,
	.pwrite = pwrite,
	.fdatasync = fdatasync,
	.fsync = fsync,
	.sync_file_range = sync_file_range,
	.fallocate = fallocate,
	.renameat = renameat,
	.ftruncate = ftruncate,
	.unlinkat = unlinkat,
};
