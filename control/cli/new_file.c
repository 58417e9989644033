// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "cli/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const char *data, size_t len) {
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

// The directory may be one that others write to, so nothing that is there is followed.
static int write_beside(const char *temporary, const void *data, size_t len, mode_t mode) {
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc;

	if (fd < 0)
		return -errno;
	rc = write_all(fd, data, len);
	if (rc == 0 && fchmod(fd, mode) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

// link() does not replace what is there, rename() does.
static int put(const char *temporary, const char *path, bool replace) {
	int rc = replace ? rename(temporary, path) : link(temporary, path);

	return rc < 0 ? -errno : 0;
}

int new_file_write(const char *path, const void *data, size_t len, mode_t mode, bool replace) {
	char temporary[PATH_MAX];
	int rc;

	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.new", path) >= sizeof(temporary))
		return -ENAMETOOLONG;
	unlink(temporary);
	rc = write_beside(temporary, data, len, mode);
	if (rc == 0)
		rc = put(temporary, path, replace);
	if (rc < 0 || !replace)
		unlink(temporary);
	return rc;
}
