// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The file of the key that tokens are made with.

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "token.h"

static int refuse(int rc, const char *path, const char *cause, char why[TOKEN_WHY_SIZE]) {
	snprintf(why, TOKEN_WHY_SIZE, "%.160s: %s", path, cause);
	return rc;
}

static int refuse_errno(int rc, const char *path, char why[TOKEN_WHY_SIZE]) {
	return refuse(rc, path, strerror(-rc), why);
}

static int check_file(const struct stat *st, const char *path, char why[TOKEN_WHY_SIZE]) {
	char cause[80];

	if (!S_ISREG(st->st_mode))
		return refuse(-EINVAL, path, "is not a regular file: remove it", why);
	if ((st->st_mode & 07777) != 0600) {
		snprintf(cause, sizeof(cause),
			"has mode %04o: remove it if others could read it, else chmod 600 it",
			(unsigned)(st->st_mode & 07777));
		return refuse(-EPERM, path, cause, why);
	}
	if (st->st_size != TOKEN_KEY_SIZE)
		return refuse(-EINVAL, path,
			"is not a key of 32 bytes: remove it, and a new one is made", why);
	return 0;
}

static_assert(TOKEN_KEY_SIZE == 32, "the sentence names it");

static int read_key(
	int fd, const char *path, uint8_t key[TOKEN_KEY_SIZE], char why[TOKEN_WHY_SIZE]) {
	struct stat st;
	ssize_t got;
	int rc;

	if (fstat(fd, &st) < 0)
		return refuse_errno(-errno, path, why);
	rc = check_file(&st, path, why);
	if (rc < 0)
		return rc;
	do
		got = read(fd, key, TOKEN_KEY_SIZE);
	while (got < 0 && errno == EINTR);
	if (got == (ssize_t)TOKEN_KEY_SIZE)
		return 0;
	return refuse_errno(got < 0 ? -errno : -EIO, path, why);
}

static int make_random(uint8_t key[TOKEN_KEY_SIZE]) {
	ssize_t got;

	do
		got = getrandom(key, TOKEN_KEY_SIZE, 0);
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)TOKEN_KEY_SIZE ? 0 : got < 0 ? -errno : -EIO;
}

static int write_new(const char *path, const uint8_t key[TOKEN_KEY_SIZE]) {
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc = fd < 0 || fchmod(fd, 0600) < 0 ? -errno : 0; // whatever the umask is
	ssize_t written;

	if (rc == 0) {
		written = write(fd, key, TOKEN_KEY_SIZE);
		rc = written < 0 ? -errno : written != (ssize_t)TOKEN_KEY_SIZE ? -ENOSPC : 0;
	}
	if (rc == 0 && fsync(fd) < 0)
		rc = -errno;
	if (fd >= 0)
		close(fd);
	return rc;
}

static int sync_directory(const char *path) {
	char copy[PATH_MAX];
	int fd, rc = 0;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		rc = -errno;
	if (fd >= 0)
		close(fd);
	return rc;
}

// A file that a crash has left beside it was never the key.
static int make_key(const char *path, uint8_t key[TOKEN_KEY_SIZE], char why[TOKEN_WHY_SIZE]) {
	char temporary[PATH_MAX];
	int rc = make_random(key);

	if (snprintf(temporary, sizeof(temporary), "%s.new", path) >= (int)sizeof(temporary))
		return refuse_errno(-ENAMETOOLONG, path, why);
	unlink(temporary);
	if (rc == 0)
		rc = write_new(temporary, key);
	if (rc == 0 && rename(temporary, path) < 0)
		rc = -errno;
	if (rc == 0)
		rc = sync_directory(path);
	if (rc == 0)
		return 0;
	unlink(temporary);
	return refuse_errno(rc, path, why);
}

int token_key_load(const char *path, uint8_t key[TOKEN_KEY_SIZE], char why[TOKEN_WHY_SIZE]) {
	// O_NONBLOCK: a FIFO in its place must not hold the start up.
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int rc;

	if (fd < 0)
		return errno == ENOENT ? make_key(path, key, why) : refuse_errno(-errno, path, why);
	rc = read_key(fd, path, key, why);
	close(fd);
	return rc;
}
