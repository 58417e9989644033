// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "journal_io.h"

#include <errno.h>
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

static int refuse(void) {
	errno = EROFS;
	return -1;
}

static int open_to_read(int dir_fd, const char *name, int flags, mode_t mode) {
	if ((flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC))
		return refuse();
	return openat(dir_fd, name, flags, mode);
}

static ssize_t refuse_pwrite(int fd, const void *data, size_t len, off_t offset) {
	(void)fd, (void)data, (void)len, (void)offset;
	return refuse();
}

static int refuse_sync(int fd) {
	(void)fd;
	return refuse();
}

static int refuse_sync_range(int fd, off_t offset, off_t len, unsigned flags) {
	(void)fd, (void)offset, (void)len, (void)flags;
	return refuse();
}

static int refuse_fallocate(int fd, int mode, off_t offset, off_t len) {
	(void)fd, (void)mode, (void)offset, (void)len;
	return refuse();
}

static int refuse_rename(
	int old_dir_fd, const char *old_name, int new_dir_fd, const char *new_name) {
	(void)old_dir_fd, (void)old_name, (void)new_dir_fd, (void)new_name;
	return refuse();
}

static int refuse_truncate(int fd, off_t size) {
	(void)fd, (void)size;
	return refuse();
}

static int refuse_unlink(int dir_fd, const char *name, int flags) {
	(void)dir_fd, (void)name, (void)flags;
	return refuse();
}

const struct journal_io journal_io_read_only = {
	.openat = open_to_read,
	.pread = pread,
	.pwrite = refuse_pwrite,
	.fdatasync = refuse_sync,
	.fsync = refuse_sync,
	.sync_file_range = refuse_sync_range,
	.fallocate = refuse_fallocate,
	.renameat = refuse_rename,
	.ftruncate = refuse_truncate,
	.unlinkat = refuse_unlink,
};
