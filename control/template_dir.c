// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "template_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image_walk.h"
#include "template_scan.h"

// Fills text with at most size bytes. A length, or -errno.
static ssize_t read_all(int fd, char *text, size_t size) {
	size_t len = 0;

	while (len < size) {
		ssize_t got = read(fd, text + len, size - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		len += (size_t)got;
	}
	return (ssize_t)len;
}

// A file that grows while it is read is cut at the size that it had.
static int read_file(int fd, struct arena *arena, const char **text, size_t *len) {
	struct stat st;
	char *data;
	ssize_t got;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size > TEMPLATE_INPUT_MAX)
		return -EFBIG;
	data = arena_alloc(arena, (size_t)st.st_size + 1);
	got = read_all(fd, data, (size_t)st.st_size);
	*text = data;
	*len = got < 0 ? 0 : (size_t)got;
	return got < 0 ? (int)got : 0;
}

int template_dir_read(
	int dir_fd, const char *name, struct arena *arena, const char **text, size_t *len) {
	int fd, rc;

	if (!template_name_is_good(name, strlen(name)))
		return -ENOENT;
	// O_NONBLOCK: a FIFO among the templates must hold nobody up.
	fd = image_walk_open(dir_fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fd;
	rc = read_file(fd, arena, text, len);
	close(fd);
	return rc;
}

int template_dir_load(
	void *dir_fd, const char *name, struct arena *arena, const char **text, size_t *len) {
	return template_dir_read(*(const int *)dir_fd, name, arena, text, len);
}
