// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Walks /proc/self/fd. Asking a descriptor of another kind does no harm, so each is simply asked.

#include "own_fds.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>

// Whether fd is what wanted describes.
typedef bool match_fn(int fd, const void *wanted);

static bool is_socket(int fd, const void *wanted) {
	socklen_t len = sizeof(int);
	int domain;

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
	       domain == *(const int *)wanted;
}

// The kernel's answer for a program has other fields at the same offsets: the link tells them
// apart.
static bool is_map(int fd, const void *wanted) {
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);
	char path[32], link[32] = "";

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (readlink(path, link, sizeof(link) - 1) < 0 || strcmp(link, "anon_inode:bpf-map") != 0)
		return false;
	return bpf_obj_get_info_by_fd(fd, &info, &len) == 0 &&
	       strncmp(info.name, wanted, sizeof(info.name)) == 0;
}

static int by_number(const void *a, const void *b) {
	return *(const int *)a - *(const int *)b;
}

static int collect(match_fn *match, const void *wanted, struct own_fds *fds) {
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	if (!dir)
		return -errno;
	fds->count = 0;
	while ((entry = readdir(dir)) && fds->count < OWN_FDS_MAX) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] != '.' && match(fd, wanted))
			fds->fd[fds->count++] = fd;
	}
	closedir(dir);
	qsort(fds->fd, (size_t)fds->count, sizeof(int), by_number);
	return 0;
}

int own_fds_sockets(int domain, struct own_fds *fds) {
	return collect(is_socket, &domain, fds);
}

int own_fds_maps(const char *name, struct own_fds *fds) {
	return collect(is_map, name, fds);
}

int own_fds_added(const struct own_fds *before, const struct own_fds *now, int *added, int max) {
	int i, j = 0, count = 0;

	for (i = 0; i < now->count && count < max; i++) {
		while (j < before->count && before->fd[j] < now->fd[i])
			j++;
		if (j == before->count || before->fd[j] != now->fd[i])
			added[count++] = now->fd[i];
	}
	return count;
}
