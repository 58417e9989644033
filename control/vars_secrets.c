// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Reads the files that secret variables name.

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vars.h"

struct loader {
	struct arena *arena;
	struct config_errors *errors;
	char path[96];
};

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

static const char *refuse_file(int fd) {
	struct stat st;

	if (fstat(fd, &st) < 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "is not a regular file";
	if (st.st_mode & 0007)
		return "is open to others: chmod 640 it";
	if (st.st_size > VARS_TEXT_MAX)
		return "is larger than 64 KiB";
	return NULL;
}

static_assert(VARS_TEXT_MAX == 64u << 10, "the sentences name it");

// jansson takes nothing but UTF-8.
static bool is_utf8(const char *text, size_t len) {
	json_t *json = json_stringn(text, len);

	json_decref(json);
	return json != NULL;
}

static const char *take_text(
	struct arena *arena, struct vars_value *value, char *text, ssize_t len) {
	if (len < 0)
		return strerror((int)-len);
	if (len > VARS_TEXT_MAX)
		return "is larger than 64 KiB";
	if (len && text[len - 1] == '\n')
		len--;
	if (!len)
		return "is empty";
	if (memchr(text, 0, (size_t)len) || !is_utf8(text, (size_t)len))
		return "is not UTF-8 text: encode it, for example by base64";
	value->text = arena_text(arena, text, (size_t)len);
	value->len = (size_t)len;
	return NULL;
}

static const char *read_file(struct arena *arena, struct vars_value *value, int fd) {
	char *text = mem_alloc(VARS_TEXT_MAX + 1);
	const char *why = take_text(arena, value, text, read_all(fd, text, VARS_TEXT_MAX + 1));

	explicit_bzero(text, VARS_TEXT_MAX + 1);
	free(text);
	return why;
}

static void load_file(struct loader *loader, struct vars_value *value) {
	// O_NONBLOCK: a FIFO in its place must not hold the start up.
	int fd = open(value->secret_file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	const char *why = fd < 0 ? strerror(errno) : refuse_file(fd);

	if (!why)
		why = read_file(loader->arena, value, fd);
	if (fd >= 0)
		close(fd);
	if (why)
		config_error_add(loader->errors, value->line, loader->path, "secret_file %s %s%s",
			value->secret_file, fd < 0 ? "cannot be read: " : "", why);
}

static void load_items(struct loader *loader, struct vars_value *value) {
	size_t len = strlen(loader->path);
	uint32_t index = 0;

	for (struct vars_value *item = value->first; item; item = item->next, index++) {
		if (item->name)
			snprintf(loader->path + len, sizeof(loader->path) - len, ".%s", item->name);
		else
			snprintf(loader->path + len, sizeof(loader->path) - len, "[%u]", index);
		if (item->secret_file)
			load_file(loader, item);
		else
			load_items(loader, item);
		loader->path[len] = '\0';
	}
}

void vars_load_secrets(
	struct arena *arena, struct vars *vars, const char *path, struct config_errors *errors) {
	struct loader loader = {.arena = arena, .errors = errors};

	snprintf(loader.path, sizeof(loader.path), "%s", path);
	load_items(&loader, &vars->map);
}
