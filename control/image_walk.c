// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "image_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "policy.h"

// A directory on the way down, to see when a symbolic link leads back to one.
struct level {
	const struct level *up;
	dev_t device;
	ino_t inode;
	uint32_t depth;
};

static void walk_directory(
	struct image_walk *walk, int root_fd, const char *path, const struct level *up);

enum image_choice image_walk_choice(const char *name) {
	size_t len = strlen(name);

	if (name[0] == '.')
		return IMAGE_HIDDEN;
	if (len && name[len - 1] == '~')
		return IMAGE_BACKUP;
	return IMAGE_TAKE;
}

int image_walk_open(int root_fd, const char *path, int flags) {
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, root_fd, path[0] ? path : ".", &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

static void leave_out(struct image_walk *walk, const char *path, const char *reason) {
	size_t count = walk->left_out_count;

	if (!(count & (count + 1)) || count == 0)
		walk->left_out =
			mem_resize(walk->left_out, (2 * count + 2) * sizeof(*walk->left_out));
	walk->left_out[count].path = arena_text(&walk->arena, path, strlen(path));
	walk->left_out[count].reason = reason;
	walk->left_out_count++;
}

static void add_file(struct image_walk *walk, const char *path, const struct stat *st) {
	size_t count = walk->count;

	if (!policy_name_is_plain(path, strlen(path))) {
		leave_out(walk, path, "no client can ask for a file of this name");
		return;
	}
	if (count >= walk->max_files) {
		leave_out(walk, path, "there are more files than the residency table has room for");
		return;
	}
	if (!(count & (count + 1)) || count == 0)
		walk->found = mem_resize(walk->found, (2 * count + 2) * sizeof(*walk->found));
	walk->found[count] = (struct image_found){
		.path = arena_text(&walk->arena, path, strlen(path)),
		.inode = st->st_ino,
		.mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
		.size = (uint64_t)st->st_size,
	};
	walk->count++;
}

static const char *link_reason(int error) {
	switch (error) {
	case EXDEV:
		return "a symbolic link that leads out of boot_root, or is absolute";
	case ENOENT:
		return "a symbolic link to nothing";
	case ELOOP:
		return "a symbolic link that leads to itself";
	}
	return "a symbolic link that cannot be followed";
}

// Replaces a symbolic link's own stat by its target's. False: it is left out.
static bool follow_link(struct image_walk *walk, int root_fd, const char *path, struct stat *st) {
	int fd = image_walk_open(root_fd, path, O_PATH);
	int rc;

	if (fd < 0) {
		leave_out(walk, path, link_reason(-fd));
		return false;
	}
	rc = fstat(fd, st);
	close(fd);
	return rc == 0;
}

static bool leads_back(const struct level *level, const struct stat *st) {
	for (; level; level = level->up)
		if (level->device == st->st_dev && level->inode == st->st_ino)
			return true;
	return false;
}

static void walk_entry(struct image_walk *walk, int root_fd, int fd, const char *directory,
	const char *name, const struct level *level) {
	char path[POLICY_NAME_MAX + 256 + 2];
	struct stat st;

	snprintf(path, sizeof(path), "%s%s%s", directory, directory[0] ? "/" : "", name);
	if (image_walk_choice(name) != IMAGE_TAKE) {
		walk->hidden++;
		return;
	}
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return; // gone meanwhile
	if (S_ISLNK(st.st_mode) && !follow_link(walk, root_fd, path, &st))
		return;
	if (S_ISREG(st.st_mode))
		add_file(walk, path, &st);
	else if (!S_ISDIR(st.st_mode))
		leave_out(walk, path, "neither a file nor a directory");
	else if (leads_back(level, &st))
		leave_out(walk, path, "a symbolic link to a directory that holds it");
	else if (strlen(path) > POLICY_NAME_MAX || level->depth >= IMAGE_WALK_DEPTH)
		leave_out(walk, path, "nested too deeply");
	else
		walk_directory(walk, root_fd, path, level);
}

static void read_directory(
	struct image_walk *walk, int root_fd, int fd, const char *path, const struct level *level) {
	DIR *directory = fdopendir(fd);
	struct dirent *entry;

	if (!directory) {
		close(fd);
		return;
	}
	while ((entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			walk_entry(walk, root_fd, dirfd(directory), path, entry->d_name, level);
	closedir(directory);
}

static void walk_directory(
	struct image_walk *walk, int root_fd, const char *path, const struct level *up) {
	struct level level = {.up = up, .depth = up ? up->depth + 1 : 0};
	int fd = image_walk_open(root_fd, path, O_RDONLY | O_DIRECTORY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		leave_out(walk, path,
			fd < 0 ? "a directory that cannot be opened"
			       : "a directory that cannot be read");
		if (fd >= 0)
			close(fd);
		return;
	}
	level.device = st.st_dev;
	level.inode = st.st_ino;
	// Watched before it is read, so that no change falls in between.
	if (walk->directory)
		walk->directory(walk->context, fd, path);
	read_directory(walk, root_fd, fd, path, &level);
}

static int by_path(const void *a, const void *b) {
	const struct image_found *x = a, *y = b;

	return strcmp(x->path, y->path);
}

int image_walk_run(struct image_walk *walk, int root_fd) {
	int fd = image_walk_open(root_fd, "", O_RDONLY | O_DIRECTORY);

	if (fd < 0)
		return fd;
	close(fd);
	walk_directory(walk, root_fd, "", NULL);
	if (walk->count)
		qsort(walk->found, walk->count, sizeof(*walk->found), by_path);
	return 0;
}

void image_walk_free(struct image_walk *walk) {
	free(walk->found);
	free(walk->left_out);
	arena_free(&walk->arena);
	walk->found = NULL;
	walk->left_out = NULL;
	walk->count = walk->left_out_count = walk->hidden = 0;
}
