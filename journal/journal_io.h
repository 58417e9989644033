// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Every call on files that the journal thread makes, as a table that it is given at start: what it
// can do is in sight, and disks that fail can be put in its place. Each returns as the system call
// of its name does, with errno set.

#pragma once

#include <sys/types.h>

struct journal_io {
	int (*openat)(int dir_fd, const char *name, int flags, mode_t mode);
	ssize_t (*pread)(int fd, void *data, size_t len, off_t offset);
	ssize_t (*pwrite)(int fd, const void *data, size_t len, off_t offset);
	int (*fdatasync)(int fd);
	int (*fsync)(int fd); // of the directory
	int (*sync_file_range)(int fd, off_t offset, off_t len, unsigned flags);
	int (*fallocate)(int fd, int mode, off_t offset, off_t len);
	int (*renameat)(int old_dir_fd, const char *old_name, int new_dir_fd, const char *new_name);
	int (*ftruncate)(int fd, off_t size);
	int (*unlinkat)(int dir_fd, const char *name, int flags);
};

extern const struct journal_io journal_io_system;

// For whoever only looks: what would change a file fails with EROFS. Recovery through it leaves the
// directory as it is.
extern const struct journal_io journal_io_read_only;
