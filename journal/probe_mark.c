// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "probe_mark.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "unprobed"

bool probe_mark_is_set(int dir_fd) {
	return faccessat(dir_fd, NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int probe_mark_set(int dir_fd) {
	int fd = openat(dir_fd, NAME, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);

	if (fd < 0)
		return -errno;
	close(fd);
	return fsync(dir_fd) < 0 ? -errno : 0;
}

int probe_mark_clear(int dir_fd) {
	return unlinkat(dir_fd, NAME, 0) < 0 && errno != ENOENT ? -errno : 0;
}
