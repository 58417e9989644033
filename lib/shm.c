// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Region files: created whole and under a temporary name, never truncated while anybody may map
// them, opened without following links. Both daemons and the command rely on it.

#include "shm.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define REGION_MODE  0640
#define REGION_GROUP "rouse"

// While a writer takes a region over its header is not whole for an instant, longer if it is
// scheduled away in it.
#define TAKE_OVER_TRIES 50
#define TAKE_OVER_NS    1000000L

// Returns error, so that a caller refuses in one line.
__attribute__((format(printf, 3, 4))) static int refuse(
	int error, char why[SHM_WHY_SIZE], const char *format, ...) {
	va_list args;

	va_start(args, format);
	vsnprintf(why, SHM_WHY_SIZE, format, args);
	va_end(args);
	return error;
}

// State and start time (fields 3 and 22) of a process. False: there is none, or /proc hides it.
static bool read_process(uint64_t pid, char *state, uint64_t *start_ticks) {
	char path[64];
	char text[1024];
	const char *at;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%llu/stat", (unsigned long long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return false;
	text[len] = 0;
	at = strrchr(text, ')'); // the name in field 2 may hold spaces and brackets
	if (!at || sscanf(at + 1, " %c", state) != 1)
		return false;
	for (int field = 3; field < 22 && at; field++)
		at = strchr(at + 2, ' ');
	if (!at)
		return false;
	*start_ticks = strtoull(at + 1, NULL, 10);
	return true;
}

bool shm_writer_alive(const struct shm_header *header) {
	uint64_t start;
	char state;

	if (header->writer_pid == 0 || header->writer_pid > INT_MAX)
		return false;
	if (!read_process(header->writer_pid, &state, &start))
		return kill((pid_t)header->writer_pid, 0) == 0 || errno == EPERM;
	return start == header->writer_start_ticks && state != 'Z' && state != 'X';
}

void shm_take_over(struct shm_map *map) {
	struct shm_header *header = map->base;
	struct shm_header fresh = {0};
	char state;

	memcpy(&fresh, header, offsetof(struct shm_header, header_crc));
	// Fails only before the kernel's generator is ready, which it is long before we start; an
	// id of the old one would then still differ from the last writer's by pid and start time.
	if (getrandom(fresh.boot_id, sizeof(fresh.boot_id), 0) < 0)
		memset(fresh.boot_id, 0, sizeof(fresh.boot_id));
	fresh.writer_pid = (uint64_t)getpid();
	if (!read_process(fresh.writer_pid, &state, &fresh.writer_start_ticks))
		fresh.writer_start_ticks = 0;
	fresh.header_crc = shm_header_crc(&fresh);
	memcpy(header, &fresh, offsetof(struct shm_header, header_crc) + sizeof(fresh.header_crc));
}

static void write_header(struct shm_map *map, enum rouse_region region) {
	struct shm_header *header = map->base;

	header->magic = ROUSE_SHM_MAGIC;
	header->abi_version = ROUSE_ABI_VERSION;
	header->region = region;
	header->header_size = sizeof(*header);
	header->layout_crc = shm_layout_crc(region);
	header->total_size = map->size;
	shm_take_over(map);
}

// Readers of the group may map the file; that there is no such group is not an error, and neither
// is that we do not belong to it.
static void give_to_group(int fd) {
	struct group group;
	struct group *found = NULL;
	char text[4096];

	if (getgrnam_r(REGION_GROUP, &group, text, sizeof(text), &found) != 0 || !found)
		return;
	if (fchown(fd, (uid_t)-1, group.gr_gid) < 0)
		return;
}

// Takes all of the space now, so that nobody meets SIGBUS later.
static int take_space(int fd, const char *path, size_t size, char why[SHM_WHY_SIZE]) {
	struct statfs fs;
	int rc;

	if (fstatfs(fd, &fs) < 0)
		return refuse(-errno, why, "%s: statfs: %s", path, strerror(errno));
	if (fs.f_type == HUGETLBFS_MAGIC && size % (size_t)fs.f_bsize != 0)
		return refuse(-EINVAL, why,
			"%s: %zu bytes are not a multiple of the page size, %ld", path, size,
			(long)fs.f_bsize);
	if (fallocate(fd, 0, 0, (off_t)size) == 0)
		return 0;
	rc = -errno;
	if (rc == -ENOSPC)
		return refuse(rc, why, "%s: %zu MiB are needed, %llu MiB are free", path,
			size >> 20,
			(unsigned long long)fs.f_bavail * (unsigned long long)fs.f_bsize >> 20);
	return refuse(rc, why, "%s: fallocate of %zu bytes: %s", path, size, strerror(-rc));
}

static int map_file(int fd, const char *path, size_t size, bool writable, struct shm_map *map,
	char why[SHM_WHY_SIZE]) {
	int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
	void *base = mmap(NULL, size, protection, MAP_SHARED, fd, 0);
	struct stat st;

	if (base == MAP_FAILED)
		return refuse(
			-errno, why, "%s: mmap of %zu bytes: %s", path, size, strerror(errno));
	if (fstat(fd, &st) < 0) {
		int rc = refuse(-errno, why, "%s: fstat: %s", path, strerror(errno));

		munmap(base, size);
		return rc;
	}
	*map = (struct shm_map){.base = base,
		.size = size,
		.writable = writable,
		.device = st.st_dev,
		.inode = st.st_ino};
	return 0;
}

static int temporary_name(const char *path, char out[PATH_MAX], char why[SHM_WHY_SIZE]) {
	int len = snprintf(out, PATH_MAX, "%s.new", path);

	if (len < 0 || len >= PATH_MAX)
		return refuse(-ENAMETOOLONG, why, "the path %.100s… is too long", path);
	return 0;
}

int shm_create_region(const char *path, enum rouse_region region, size_t size, struct shm_map *map,
	char why[SHM_WHY_SIZE]) {
	char temporary[PATH_MAX];
	int fd;
	int rc;

	if (size < ROUSE_PAGE)
		return refuse(-EINVAL, why, "%s: %zu bytes are fewer than a page", path, size);
	rc = temporary_name(path, temporary, why);
	if (rc < 0)
		return rc;
	unlink(temporary); // of a writer that died here
	fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, REGION_MODE);
	if (fd < 0)
		return refuse(-errno, why, "%s: %s", temporary, strerror(errno));
	give_to_group(fd);
	if (fchmod(fd, REGION_MODE) < 0) { // after fchown, and whatever the umask
		rc = refuse(-errno, why, "%s: chmod: %s", temporary, strerror(errno));
		goto err_file;
	}
	rc = take_space(fd, temporary, size, why);
	if (rc < 0)
		goto err_file;
	rc = map_file(fd, temporary, size, true, map, why);
	if (rc < 0)
		goto err_file;
	write_header(map, region);
	if (rename(temporary, path) < 0) {
		rc = refuse(-errno, why, "%s: rename: %s", path, strerror(errno));
		goto err_map;
	}
	close(fd);
	why[0] = 0;
	return 0;

err_map:
	shm_unmap(map);
err_file:
	unlink(temporary);
	close(fd);
	return rc;
}

// Where to look, and who besides root and ourselves may own the file.
struct place {
	char path[PATH_MAX];
	uid_t owner;
};

static int owner_of_directory(const char *path, uid_t *owner) {
	char directory[PATH_MAX];
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (!slash)
		snprintf(directory, sizeof(directory), ".");
	else if (snprintf(directory, sizeof(directory), "%.*s", (int)(slash - path + 1), path) >=
		 (int)sizeof(directory))
		return -ENAMETOOLONG;
	if (stat(directory, &st) < 0)
		return -errno;
	*owner = st.st_uid;
	return 0;
}

// The images region lies where hugepages are, and runtime_dir has a link to it. It is read once;
// the target is opened like any other file, so a second link is refused.
static int resolve(const char *path, enum rouse_region region, struct place *place) {
	struct stat st;
	ssize_t len;

	if (snprintf(place->path, PATH_MAX, "%s", path) >= PATH_MAX)
		return -ENAMETOOLONG;
	if (region == ROUSE_REGION_IMAGES && lstat(path, &st) == 0 && S_ISLNK(st.st_mode)) {
		len = readlink(path, place->path, PATH_MAX - 1);
		if (len < 0)
			return -errno;
		place->path[len] = 0;
		place->owner = st.st_uid;
		return 0;
	}
	return owner_of_directory(path, &place->owner);
}

static int check_file(int fd, const struct place *place, struct stat *st, char why[SHM_WHY_SIZE]) {
	if (fstat(fd, st) < 0)
		return refuse(-errno, why, "%s: fstat: %s", place->path, strerror(errno));
	if (!S_ISREG(st->st_mode))
		return refuse(-EPROTO, why, "%s is not a regular file", place->path);
	if (st->st_uid != 0 && st->st_uid != geteuid() && st->st_uid != place->owner)
		return refuse(-EPROTO, why, "%s belongs to user %u, not to %u, %u or root",
			place->path, st->st_uid, place->owner, geteuid());
	if ((st->st_mode & 022) != 0)
		return refuse(-EPROTO, why,
			"%s has mode 0%o, which lets others than its owner write", place->path,
			st->st_mode & 07777);
	if (st->st_size < (off_t)ROUSE_PAGE)
		return refuse(-EPROTO, why, "%s has %lld bytes, a region has at least %u",
			place->path, (long long)st->st_size, ROUSE_PAGE);
	return 0;
}

static int check_mapped(const struct shm_map *map, enum rouse_region region, bool writable,
	char why[SHM_WHY_SIZE]) {
	const struct timespec pause = {.tv_nsec = TAKE_OVER_NS};
	struct shm_header header;
	int rc;

	for (int i = 0; i < TAKE_OVER_TRIES && !shm_read_header(map->base, &header); i++)
		nanosleep(&pause, NULL);
	rc = shm_check_header(&header, region, map->size, why);
	if (rc < 0)
		return rc;
	if (writable && header.writer_pid != (uint64_t)getpid() && shm_writer_alive(&header))
		return refuse(-EBUSY, why, "process %llu still writes this region",
			(unsigned long long)header.writer_pid);
	return 0;
}

int shm_open_region(const char *path, enum rouse_region region, bool writable, struct shm_map *map,
	char why[SHM_WHY_SIZE]) {
	char reason[SHM_WHY_SIZE];
	struct place place;
	struct stat st;
	int fd;
	int rc;

	rc = resolve(path, region, &place);
	if (rc < 0)
		return refuse(rc, why, "%s: %s", path, strerror(-rc));
	fd = open(place.path, (writable ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ELOOP)
		return refuse(-ELOOP, why, "%s is a symbolic link", place.path);
	if (fd < 0)
		return refuse(-errno, why, "%s: %s", place.path, strerror(errno));
	rc = check_file(fd, &place, &st, why);
	if (rc == 0)
		rc = map_file(fd, place.path, (size_t)st.st_size, writable, map, why);
	close(fd);
	if (rc < 0)
		return rc;
	rc = check_mapped(map, region, writable, reason);
	if (rc < 0)
		goto err_map;
	why[0] = 0;
	return 0;

err_map:
	shm_unmap(map);
	return refuse(rc, why, "%.100s: %s", place.path, reason);
}

int shm_link_region(const char *link, const char *target, char why[SHM_WHY_SIZE]) {
	char temporary[PATH_MAX];
	int rc;

	rc = temporary_name(link, temporary, why);
	if (rc < 0)
		return rc;
	unlink(temporary);
	if (symlink(target, temporary) < 0)
		return refuse(-errno, why, "%s: symlink: %s", temporary, strerror(errno));
	if (rename(temporary, link) < 0) {
		rc = refuse(-errno, why, "%s: rename: %s", link, strerror(errno));
		unlink(temporary);
		return rc;
	}
	return 0;
}

bool shm_replaced(const char *path, const struct shm_map *map) {
	struct stat st;

	return stat(path, &st) < 0 || st.st_dev != map->device || st.st_ino != map->inode;
}

void shm_unmap(struct shm_map *map) {
	if (map->base)
		munmap(map->base, map->size);
	*map = (struct shm_map){0};
}
