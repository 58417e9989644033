// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A disk that fails on command, for rouse-dataplane with this in LD_PRELOAD. While the file that
// ROUSE_FAULT names exists, calls on files below a directory `leases` fail: its first word says
// which
// ("write": nothing gets to the disk; "sync": only fdatasync and fsync), the second is the errno.

// Both names of each call are wanted here, not one made into the other.
#undef _FILE_OFFSET_BITS

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static bool is_journal(int fd) {
	char link[32], path[4096];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	path[len > 0 ? len : 0] = '\0';
	return strstr(path, "/leases") != NULL;
}

// Whether this call fails now; errno is set then.
static bool fails(int fd, bool is_write) {
	const char *name = getenv("ROUSE_FAULT");
	FILE *file = name ? fopen(name, "re") : NULL;
	char what[16] = "";
	int err = 0;

	if (!file)
		return false;
	if (fscanf(file, "%15s %d", what, &err) != 2)
		err = 0;
	fclose(file);
	if (!err || !is_journal(fd) || is_write != !strcmp(what, "write"))
		return false;
	errno = err;
	return true;
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t offset) {
	return fails(fd, true) ? -1 : REAL(pwrite)(fd, data, len, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t offset) {
	return fails(fd, true) ? -1 : REAL(pwrite64)(fd, data, len, offset);
}

int fallocate(int fd, int mode, off_t offset, off_t len) {
	return fails(fd, true) ? -1 : REAL(fallocate)(fd, mode, offset, len);
}

int fallocate64(int fd, int mode, off64_t offset, off64_t len) {
	return fails(fd, true) ? -1 : REAL(fallocate64)(fd, mode, offset, len);
}

int fdatasync(int fd) {
	return fails(fd, false) ? -1 : REAL(fdatasync)(fd);
}

int fsync(int fd) {
	return fails(fd, false) ? -1 : REAL(fsync)(fd);
}
