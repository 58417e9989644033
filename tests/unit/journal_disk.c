// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "journal_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

// Not cmocka's: the journal's thread runs through here.
#define DISK_ASSERT(condition)                                                                     \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#define SECTOR    512u
#define UNSYNCED  4096u
#define CHANGES   4096u
#define NAME_SIZE 64u

// A write that is not synced: what was there before.
struct unsynced {
	int fd; // our own
	ino_t inode;
	off_t offset;
	size_t len;
	uint8_t *before;
};

// A change of the directory that is not synced. An unlinked file lives on under a name of its own.
struct change {
	int dir_fd;
	ino_t inode;
	bool undone;
	char from[NAME_SIZE]; // "": created
	char to[NAME_SIZE];
};

static struct {
	uint64_t random;
	uint64_t calls;
	uint64_t failures;
	uint64_t trashed;
	uint32_t unsynced_count;
	uint32_t change_count;
	struct unsynced unsynced[UNSYNCED];
	struct change change[CHANGES];
} disk;

struct disk_faults disk_faults;

static bool coin(void) {
	return unit_random(&disk.random) >> 63;
}

bool disk_is_dead(void) {
	uint64_t at = atomic_load(&disk_faults.die_at);

	return at && __atomic_load_n(&disk.calls, __ATOMIC_RELAXED) >= at;
}

uint64_t disk_calls(void) {
	return __atomic_load_n(&disk.calls, __ATOMIC_RELAXED);
}

uint64_t disk_failures(void) {
	return __atomic_load_n(&disk.failures, __ATOMIC_RELAXED);
}

// Counts a call; true with errno set if it is to fail.
static bool fails(enum disk_call call) {
	uint64_t first = atomic_load(&disk_faults.fail_at);
	uint64_t last = atomic_load(&disk_faults.fail_until);
	uint32_t one_in = atomic_load(&disk_faults.one_in);
	uint64_t number;

	if (!(atomic_load(&disk_faults.mask) & call))
		return false;
	number = __atomic_add_fetch(&disk.calls, 1, __ATOMIC_RELAXED);
	if (!disk_is_dead() && !(first && number >= first && number <= (last ? last : first)) &&
		!(one_in && unit_random(&disk.random) % one_in == 0))
		return false;
	__atomic_add_fetch(&disk.failures, 1, __ATOMIC_RELAXED);
	errno = atomic_load(&disk_faults.err) ? atomic_load(&disk_faults.err) : EIO;
	return true;
}

// Writes
// --------------------------------------------------------------------------------------------

static void drop_write(uint32_t i) {
	close(disk.unsynced[i].fd);
	free(disk.unsynced[i].before);
	disk.unsynced[i] = disk.unsynced[--disk.unsynced_count];
}

// Each sector keeps what was written or gets back what was there.
static void toss_write(const struct unsynced *write) {
	for (size_t at = 0; at < write->len; at += SECTOR) {
		size_t len = write->len - at < SECTOR ? write->len - at : SECTOR;

		if (coin())
			DISK_ASSERT(pwrite(write->fd, write->before + at, len,
					    write->offset + (off_t)at) == (ssize_t)len);
	}
}

static void remember_write(int fd, size_t len, off_t offset) {
	struct unsynced *write = &disk.unsynced[disk.unsynced_count++];
	struct stat st;
	ssize_t got;

	DISK_ASSERT(disk.unsynced_count < UNSYNCED);
	DISK_ASSERT(fstat(fd, &st) == 0);
	*write = (struct unsynced){.fd = dup(fd), .inode = st.st_ino, .offset = offset, .len = len};
	write->before = calloc(1, len);
	DISK_ASSERT(write->before);
	// Less than len beyond the end of the file: zeroes.
	got = pread(fd, write->before, len, offset);
	DISK_ASSERT(got >= 0);
}

static ssize_t disk_pwrite(int fd, const void *data, size_t len, off_t offset) {
	if (fails(DISK_PWRITE)) {
		if (disk_is_dead() || atomic_load(&disk_faults.err))
			return -1;
		len /= 2;
	}
	remember_write(fd, len, offset);
	return pwrite(fd, data, len, offset);
}

static void forget_writes(int fd, bool toss) {
	struct stat st;

	DISK_ASSERT(fstat(fd, &st) == 0);
	for (uint32_t i = disk.unsynced_count; i-- > 0;) {
		if (disk.unsynced[i].inode != st.st_ino)
			continue;
		if (toss)
			toss_write(&disk.unsynced[i]);
		drop_write(i);
	}
}

// After a failed sync the pages count as clean: nobody writes them any more. What came to disk is
// decided here.
static int disk_fdatasync(int fd) {
	bool failed = fails(DISK_FDATASYNC);

	if (failed && disk_is_dead())
		return -1;
	forget_writes(fd, failed);
	return failed ? -1 : 0;
}

// Directory
// -----------------------------------------------------------------------------------------

// The file is under its new name already.
static void remember_change(int dir_fd, const char *from, const char *to) {
	struct change *change = &disk.change[disk.change_count++];
	struct stat st;

	DISK_ASSERT(disk.change_count < CHANGES);
	DISK_ASSERT(fstatat(dir_fd, to, &st, AT_SYMLINK_NOFOLLOW) == 0);
	*change = (struct change){.dir_fd = dir_fd, .inode = st.st_ino};
	snprintf(change->from, NAME_SIZE, "%s", from);
	snprintf(change->to, NAME_SIZE, "%s", to);
}

static void forget_changes(void) {
	for (uint32_t i = 0; i < disk.change_count; i++)
		if (!strncmp(disk.change[i].to, ".gone-", 6))
			unlinkat(disk.change[i].dir_fd, disk.change[i].to, 0);
	disk.change_count = 0;
}

static void undo_change(const struct change *change) {
	if (!change->from[0])
		unlinkat(change->dir_fd, change->to, 0);
	else
		DISK_ASSERT(
			renameat(change->dir_fd, change->to, change->dir_fd, change->from) == 0);
}

static int disk_fsync(int fd) {
	struct stat st;

	if (fails(DISK_FSYNC))
		return -1;
	DISK_ASSERT(fstat(fd, &st) == 0);
	if (S_ISDIR(st.st_mode))
		forget_changes();
	else
		forget_writes(fd, false);
	return 0;
}

static int disk_openat(int dir_fd, const char *name, int flags, mode_t mode) {
	bool there = !faccessat(dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW);
	int fd;

	if (fails(DISK_OPENAT))
		return -1;
	if ((flags & O_ACCMODE) == O_WRONLY) // to read what is overwritten
		flags = (flags & ~O_ACCMODE) | O_RDWR;
	fd = openat(dir_fd, name, flags, mode);
	if (fd >= 0 && !there)
		remember_change(dir_fd, "", name);
	return fd;
}

// Out of sight, until the directory is synced.
static int bury(int dir_fd, const char *name) {
	char gone[NAME_SIZE];
	int err;

	snprintf(gone, sizeof(gone), ".gone-%llu", (unsigned long long)disk.trashed++);
	err = renameat(dir_fd, name, dir_fd, gone);
	if (!err)
		remember_change(dir_fd, name, gone);
	return err;
}

static int disk_renameat(int old_fd, const char *old_name, int new_fd, const char *new_name) {
	int err;

	if (fails(DISK_RENAMEAT))
		return -1;
	if (strcmp(old_name, new_name) && !faccessat(new_fd, new_name, F_OK, AT_SYMLINK_NOFOLLOW))
		bury(new_fd, new_name);
	err = renameat(old_fd, old_name, new_fd, new_name);
	if (!err && strcmp(old_name, new_name))
		remember_change(old_fd, old_name, new_name);
	return err;
}

static int disk_ftruncate(int fd, off_t size) {
	return fails(DISK_UNLINKAT) ? -1 : ftruncate(fd, size);
}

static int disk_unlinkat(int dir_fd, const char *name, int flags) {
	(void)flags;
	return fails(DISK_UNLINKAT) ? -1 : bury(dir_fd, name);
}

static ssize_t disk_pread(int fd, void *data, size_t len, off_t offset) {
	return fails(DISK_PREAD) ? -1 : pread(fd, data, len, offset);
}

static int disk_fallocate(int fd, int mode, off_t offset, off_t len) {
	return fails(DISK_FALLOCATE) ? -1 : fallocate(fd, mode, offset, len);
}

// Promises nothing.
static int disk_sync_file_range(int fd, off_t offset, off_t len, unsigned flags) {
	(void)fd;
	(void)offset;
	(void)len;
	(void)flags;
	return 0;
}

const struct journal_io disk_io = {
	.openat = disk_openat,
	.pread = disk_pread,
	.pwrite = disk_pwrite,
	.fdatasync = disk_fdatasync,
	.fsync = disk_fsync,
	.sync_file_range = disk_sync_file_range,
	.fallocate = disk_fallocate,
	.renameat = disk_renameat,
	.ftruncate = disk_ftruncate,
	.unlinkat = disk_unlinkat,
};

// -----------------------------------------------------------------------------------------------------

void disk_heal(void) {
	atomic_store(&disk_faults.fail_at, 0);
	atomic_store(&disk_faults.one_in, 0);
	atomic_store(&disk_faults.die_at, 0);
}

void disk_reset(uint64_t seed) {
	disk_heal();
	atomic_store(&disk_faults.mask, DISK_ALL);
	atomic_store(&disk_faults.fail_until, 0);
	atomic_store(&disk_faults.err, EIO);
	while (disk.unsynced_count)
		drop_write(0);
	forget_changes();
	disk.random = seed | 1;
	disk.calls = disk.failures = 0;
}

// Changes of one file came to disk in their order, those of different files in any: each file's are
// kept up to one of them.
static void choose_undone(void) {
	for (uint32_t i = 0; i < disk.change_count; i++) {
		struct change *change = &disk.change[i];

		if (!change->undone && coin() && coin())
			for (uint32_t j = i; j < disk.change_count; j++)
				disk.change[j].undone |= disk.change[j].inode == change->inode;
	}
}

void disk_cut(void) {
	while (disk.unsynced_count) {
		toss_write(&disk.unsynced[disk.unsynced_count - 1]);
		drop_write(disk.unsynced_count - 1);
	}
	choose_undone();
	for (uint32_t i = disk.change_count; i-- > 0;)
		if (disk.change[i].undone)
			undo_change(&disk.change[i]);
	forget_changes();
	disk_heal();
}
