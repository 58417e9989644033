// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A program that is killed with -9 cannot clean up, and its successor takes most of what it left.
// This is for the case that no successor comes: rouse host down.

#include "cli/host_leftovers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "cli/host_record.h"
#include "image_region.h"
#include "shm_abi.h"

static bool is_locked(int dir, const char *name) {
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	bool locked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	return locked;
}

const char *host_running(const char *runtime_dir) {
	int dir = open(runtime_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *who = NULL;

	if (dir < 0)
		return NULL;
	if (is_locked(dir, "dataplane.lock"))
		who = "rouse-dataplane";
	else if (is_locked(dir, "control.lock"))
		who = "rouse-control";
	close(dir);
	return who;
}

// Whether the file begins as a region of ours: the link's target lies outside of runtime_dir, and
// is not removed on the link's word alone.
static bool is_images_region(const char *path) {
	struct shm_header header;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	bool ours = false;

	if (fd >= 0 && read(fd, &header, sizeof(header)) == (ssize_t)sizeof(header))
		ours = header.magic == ROUSE_SHM_MAGIC && header.region == ROUSE_REGION_IMAGES;
	if (fd >= 0)
		close(fd);
	return ours;
}

static bool images_target(int dir, char *path, size_t size) {
	ssize_t len = readlinkat(dir, "images", path, size - 1);

	if (len <= 0)
		return false;
	path[len] = '\0';
	return is_images_region(path);
}

size_t host_leftovers_images_size(const char *runtime_dir) {
	int dir = open(runtime_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char path[4096];
	struct stat st;
	size_t size = 0;

	if (dir < 0)
		return 0;
	if (images_target(dir, path, sizeof(path)) && lstat(path, &st) == 0)
		size = (size_t)st.st_size;
	close(dir);
	return size;
}

static void remove_images(int dir) {
	char path[4096];

	if (images_target(dir, path, sizeof(path)))
		unlink(path);
	unlinkat(dir, "images", 0);
}

// rouse-dataplane's record of its XDP program: "ID IFINDEX BOOT_ID", ID being "pending" while it
// attached.
static void detach_recorded(int dir, const char *name) {
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), ifindex;
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	char who[16], then[40], number[16];
	struct host_record now;
	uint32_t id = 0;

	if (!file)
		return;
	if (fscanf(file, "%15s %d %39s", who, &ifindex, then) == 3 && host_record_init(&now) == 0 &&
		!strcmp(then, now.boot_id) && bpf_xdp_query_id(ifindex, 0, &id) == 0 && id) {
		snprintf(number, sizeof(number), "%u", id);
		if (!strcmp(who, number) || !strcmp(who, "pending"))
			bpf_xdp_detach(ifindex, 0, NULL);
	}
	fclose(file);
	unlinkat(dir, name, 0);
}

static bool is_ours(const char *name) {
	static const char *const names[] = {"policy", "policy.new", "state", "state.new", "control",
		"control.new", "images.new", "control.sock", "dataplane.lock", "control.lock"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static DIR *open_directory(int dir, const char *name) {
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;

	if (fd >= 0 && !stream)
		close(fd);
	return stream;
}

static bool is_dot(const char *name) {
	return !strcmp(name, ".") || !strcmp(name, "..");
}

// What DPDK makes for itself, dpdk/PREFIX/FILE, also when it needs no file there, and does not
// remove.
static void remove_eal_directory(int dir, const char *name, unsigned depth) {
	DIR *stream = open_directory(dir, name);
	struct dirent *entry;

	if (!stream)
		return;
	while ((entry = readdir(stream))) {
		if (is_dot(entry->d_name))
			continue;
		if (unlinkat(dirfd(stream), entry->d_name, 0) < 0 && depth)
			remove_eal_directory(dirfd(stream), entry->d_name, depth - 1);
	}
	closedir(stream);
	unlinkat(dir, name, AT_REMOVEDIR);
}

void host_leftovers_remove(const char *runtime_dir) {
	DIR *stream = opendir(runtime_dir);
	struct dirent *entry;

	if (!stream)
		return;
	while ((entry = readdir(stream))) {
		if (!strncmp(entry->d_name, "xdp-", 4))
			detach_recorded(dirfd(stream), entry->d_name);
		else if (!strcmp(entry->d_name, "images"))
			remove_images(dirfd(stream));
		else if (!strcmp(entry->d_name, "dpdk"))
			remove_eal_directory(dirfd(stream), entry->d_name, 1);
		else if (is_ours(entry->d_name))
			unlinkat(dirfd(stream), entry->d_name, 0);
	}
	closedir(stream);
	image_region_remove(runtime_dir);
}
