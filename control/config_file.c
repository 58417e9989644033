// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Reads a configuration file; the only part of the configuration that does I/O.

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "config_tree.h"

// Reads at most size bytes of a file. Returns how many, or -errno.
static ssize_t read_file(const char *path, char *out, size_t size) {
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	while (len < size && (n = read(fd, out + len, size - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		n = -errno;
	close(fd);
	return n < 0 ? n : (ssize_t)len;
}

static struct config *load(const char *path, struct config_errors *errors,
	struct config *(*parse)(const char *text, size_t len, struct config_errors *errors)) {
	// One byte more than allowed, so that a larger file is refused and not cut.
	size_t size = CONFIG_SIZE_MAX + 1;
	char *text = mem_alloc(size);
	ssize_t len = read_file(path, text, size);
	struct config *config = NULL;

	if (len == -ENOENT)
		config_error_add(errors, 0, "",
			"there is no such file: write it (see rouse.yaml(5)), or name another");
	else if (len < 0)
		config_error_add(errors, 0, "", "cannot be read: %s", strerror((int)-len));
	else
		config = parse(text, (size_t)len, errors);
	free(text);
	return config;
}

struct config *config_load(const char *path, struct config_errors *errors) {
	return load(path, errors, config_parse);
}

struct config *config_load_where(const char *path, struct config_errors *errors) {
	return load(path, errors, config_parse_where);
}
