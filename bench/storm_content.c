// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Comparison of what arrives with what was expected.

#include "storm_content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crc32c.h"

int storm_content_map(struct storm_content *content, const char *path) {
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *map;
	int err = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		err = -EINVAL;
		goto err_close;
	}
	// One page more than an empty file has: mmap refuses a length of 0.
	map = mmap(NULL, (size_t)st.st_size + 1, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED) {
		err = -errno;
		goto err_close;
	}
	content->map = map;
	content->size = (uint64_t)st.st_size;
err_close:
	close(fd);
	return err;
}

static int hex_digit(char c) {
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -EINVAL;
}

int storm_content_sha256(struct storm_content *content, const char *hex) {
	if (strlen(hex) != 64)
		return -EINVAL;
	for (size_t i = 0; i < 32; i++) {
		int high = hex_digit(hex[2 * i]);
		int low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		content->sha256[i] = (uint8_t)(high << 4 | low);
	}
	content->has_sha256 = true;
	return 0;
}

void storm_content_close(struct storm_content *content) {
	if (content->map)
		munmap((void *)content->map, (size_t)content->size + 1);
	content->map = NULL;
}

struct storm_piece {
	struct storm_piece *next; // at a higher offset
	uint64_t offset;
	size_t len;
	uint8_t bytes[];
};

void storm_check_begin(struct storm_check *check, const struct storm_content *content) {
	check->content = content;
	check->bad = false;
	check->crc = 0;
	check->len = 0;
	check->early = NULL;
	if (content && content->has_sha256)
		sha256_init(&check->sha256);
}

static void take_mapped(
	struct storm_check *check, uint64_t offset, const uint8_t *data, size_t len) {
	const struct storm_content *content = check->content;

	if (offset + len > content->size || memcmp(content->map + offset, data, len))
		check->bad = true;
	check->len += len;
}

static void take(struct storm_check *check, const uint8_t *data, size_t len) {
	const struct storm_content *content = check->content;

	if (content->map) {
		take_mapped(check, check->len, data, len);
		return;
	}

	if (content->has_sha256)
		sha256_update(&check->sha256, len, data);
	else
		check->crc = crc32c(check->crc, data, len);
	check->len += len;
}

static void keep(struct storm_check *check, uint64_t offset, const uint8_t *data, size_t len) {
	struct storm_piece **at = &check->early;
	struct storm_piece *piece = malloc(sizeof(*piece) + len);

	if (!piece) {
		check->bad = true;
		return;
	}
	while (*at && (*at)->offset < offset)
		at = &(*at)->next;
	*piece = (struct storm_piece){.next = *at, .offset = offset, .len = len};
	memcpy(piece->bytes, data, len);
	*at = piece;
}

static void take_early(struct storm_check *check) {
	while (check->early && check->early->offset == check->len) {
		struct storm_piece *piece = check->early;

		take(check, piece->bytes, piece->len);
		check->early = piece->next;
		free(piece);
	}
}

void storm_check_feed(struct storm_check *check, const uint8_t *data, size_t len) {
	if (check->content)
		take(check, data, len);
}

void storm_check_feed_at(
	struct storm_check *check, uint64_t offset, const uint8_t *data, size_t len) {
	if (!check->content)
		return;
	if (check->content->map) {
		take_mapped(check, offset, data, len);
		return;
	}
	if (offset != check->len) {
		keep(check, offset, data, len);
		return;
	}
	take(check, data, len);
	if (check->early)
		take_early(check);
}

void storm_check_drop(struct storm_check *check) {
	while (check->early) {
		struct storm_piece *piece = check->early;

		check->early = piece->next;
		free(piece);
	}
}

static bool agrees(struct storm_check *check, struct storm_content *content) {
	if (!content->agreed) {
		content->agreed = true;
		content->size = check->len;
		content->crc = check->crc;
	}
	return content->size == check->len && content->crc == check->crc;
}

bool storm_check_end(struct storm_check *check, struct storm_content *content) {
	uint8_t digest[32];

	if (!content)
		return true;
	if (check->early || check->bad || content->absent) {
		storm_check_drop(check);
		return false;
	}
	if (content->has_sha256) {
		sha256_digest(&check->sha256, sizeof(digest), digest);
		return !memcmp(digest, content->sha256, sizeof(digest));
	}
	return content->map ? check->len == content->size : agrees(check, content);
}
