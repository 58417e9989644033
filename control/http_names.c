// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Which file a name means, by the rules that TFTP goes by: publish_names.c has them for the
// dataplane, which opens no files.

#include "http_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image_walk.h"

#define FULL_MAX (256 + HTTP_NODE_SIZE + HTTP_PATH_MAX + 3)

// Hidden names and backups are not served anywhere on the way; the empty name is a directory.
static bool is_served(const char *path) {
	char segment[256];

	for (;;) {
		size_t len = strcspn(path, "/");

		if (len == 0 || len >= sizeof(segment))
			return false;
		memcpy(segment, path, len);
		segment[len] = '\0';
		if (image_walk_choice(segment) != IMAGE_TAKE)
			return false;
		if (!path[len])
			return true;
		path += len + 1;
	}
}

// What follows a directory's name and its slash, or NULL; "" for the directory itself.
static const char *below(const char *path, const char *directory) {
	size_t len = strlen(directory);

	if (!len || strncmp(path, directory, len) != 0 || (path[len] && path[len] != '/'))
		return NULL;
	return path[len] ? path + len + 1 : path + len;
}

static void copy_node_dir(struct http_server *server, char out[256]) {
	pthread_mutex_lock(&server->lock);
	memcpy(out, server->node_dir, 256);
	pthread_mutex_unlock(&server->lock);
}

static int open_file(struct http_server *server, const char *full, struct http_file *file) {
	struct stat st;
	int fd = image_walk_open(server->root_fd, full, O_RDONLY | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -ENOENT;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return -ENOENT;
	}
	file->fd = fd;
	file->version = (struct http_version){
		.inode = st.st_ino,
		.mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec,
		.size = (uint64_t)st.st_size,
	};
	return 0;
}

// What an entry of the table is called by the client: without node_dir and its own name there. NULL
// where it is not the client's.
static const char *called(const char *path, const char *node_dir, const char *node) {
	const char *rest = below(path, node_dir);
	size_t len;

	if (!node)
		return rest ? NULL : path;
	len = strlen(node);
	if (!rest || strncasecmp(rest, node, len) != 0 || rest[len] != '/')
		return NULL;
	return rest + len + 1;
}

// The one entry that has this name in any case; 0, -ENOENT.
static int find_folded(struct http_server *server, const char *node_dir, const char *node,
	const char *path, char full[FULL_MAX]) {
	struct image_table *table =
		server->hooks.files ? server->hooks.files(server->hooks.context) : NULL;
	size_t found = 0;

	for (size_t i = 0; table && i < table->count && found < 2; i++) {
		const char *name = called(table->entries[i].path, node_dir, node);

		if (!name || strcasecmp(name, path) != 0)
			continue;
		snprintf(full, FULL_MAX, "%s", table->entries[i].path);
		found++;
	}
	if (table)
		image_table_drop(table);
	return found == 1 ? 0 : -ENOENT;
}

static void write_slashes(const char *path, char out[HTTP_PATH_MAX + 1]) {
	size_t i = 0;

	for (; path[i] && i < HTTP_PATH_MAX; i++)
		out[i] = path[i] == '\\' ? '/' : path[i];
	out[i] = '\0';
}

int http_names_open(struct http_server *server, const char *node, const char *path,
	enum http_form form, struct http_file *file) {
	char node_dir[256], name[HTTP_PATH_MAX + 1], full[FULL_MAX];

	if (form == HTTP_SLASHES && !strchr(path, '\\'))
		return -ENOENT; // the same as before
	copy_node_dir(server, node_dir);
	if (form == HTTP_EXACTLY)
		snprintf(name, sizeof(name), "%s", path);
	else
		write_slashes(path, name);
	if ((node && !node_dir[0]) || !is_served(name + strspn(name, "/")))
		return -ENOENT;
	if (form == HTTP_FOLDED) {
		if (find_folded(server, node_dir, node, name + strspn(name, "/"), full) < 0)
			return -ENOENT;
	} else if (node) {
		snprintf(full, sizeof(full), "%s/%s/%s", node_dir, node, name + strspn(name, "/"));
	} else if (below(name + strspn(name, "/"), node_dir)) {
		return -ENOENT;
	} else {
		snprintf(full, sizeof(full), "%s", name + strspn(name, "/"));
	}
	return open_file(server, full, file);
}
