// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "image_convert.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "arena.h"
#include "image_walk.h"
#include "netascii.h"

static bool is_version(int fd, const struct image_identity *version) {
	struct image_identity now;

	return image_load_identify(fd, version->path_hash, &now) == 0 &&
	       now.inode == version->inode && now.mtime_ns == version->mtime_ns &&
	       now.size == version->size;
}

// All of it, and nothing behind that.
static enum image_load_result read_whole(int fd, uint8_t *bytes, uint64_t size) {
	uint64_t at = 0;
	char more;

	while (at < size) {
		ssize_t n = read(fd, bytes + at, size - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? IMAGE_UNREADABLE : IMAGE_CHANGING;
		at += (uint64_t)n;
	}
	return read(fd, &more, 1) == 0 ? IMAGE_LOADED : IMAGE_CHANGING;
}

static void encode(const uint8_t *bytes, uint64_t size, struct image_converted *converted) {
	struct netascii state = {0};
	size_t taken;

	converted->len = netascii_len(bytes, size);
	converted->bytes = mem_alloc(converted->len);
	netascii_encode(&state, bytes, size, converted->bytes, converted->len, &taken);
}

static enum image_load_result convert_open(
	int fd, const struct image_identity *version, struct image_converted *converted) {
	enum image_load_result result;
	uint8_t *bytes;

	if (!is_version(fd, version))
		return IMAGE_CHANGING;
	if (version->size > IMAGE_CONVERT_MAX)
		return IMAGE_NO_MEMORY;
	bytes = mem_alloc(version->size);
	result = read_whole(fd, bytes, version->size);
	if (result == IMAGE_LOADED && !is_version(fd, version))
		result = IMAGE_CHANGING;
	if (result == IMAGE_LOADED)
		encode(bytes, version->size, converted);
	free(bytes);
	return result;
}

enum image_load_result image_convert(int root_fd, const char *path,
	const struct image_identity *version, struct image_converted *converted) {
	int fd = image_walk_open(root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	enum image_load_result result;

	*converted = (struct image_converted){0};
	if (fd < 0)
		return IMAGE_UNREADABLE;
	result = convert_open(fd, version, converted);
	close(fd);
	return result;
}
