// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "image_load.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "image_walk.h"

static int64_t unix_ns(void) {
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int image_load_identify(int fd, uint64_t path_hash, struct image_identity *identity) {
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	*identity = (struct image_identity){
		.path_hash = path_hash,
		.inode = st.st_ino,
		.mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec,
		.size = (uint64_t)st.st_size,
	};
	return 0;
}

static bool is_settled(const struct image_identity *identity) {
	int64_t age = unix_ns() - identity->mtime_ns;

	// A modification time in the future is a copied one and says nothing.
	return age < 0 || age >= IMAGE_SETTLE_MS * 1000000LL;
}

// Fills the slot from the file. The number of bytes read may fall short: then the file has shrunk.
static enum image_load_result copy_file(const struct image_job *job, int fd, uint32_t slot,
	uint64_t size, gnutls_hash_hd_t hash, int *error) {
	uint64_t at = 0;
	char more;

	while (at < size) {
		size_t room;
		uint8_t *to = image_store_room(job->store, slot, at, &room);
		ssize_t n = read(fd, to, room);

		if (n < 0 && errno == EINTR)
			continue;
		*error = n < 0 ? errno : 0;
		if (n <= 0)
			return n < 0 ? IMAGE_UNREADABLE : IMAGE_CHANGING;
		gnutls_hash(hash, to, (size_t)n);
		at += (uint64_t)n;
		if (atomic_load_explicit(job->stop, memory_order_relaxed))
			return IMAGE_STOPPED;
		if (at < size)
			job->between(job->context);
	}
	return read(fd, &more, 1) == 0 ? IMAGE_LOADED : IMAGE_CHANGING;
}

static bool unchanged(int fd, const struct image_identity *before) {
	struct image_identity after;

	return image_load_identify(fd, before->path_hash, &after) == 0 &&
	       after.inode == before->inode && after.mtime_ns == before->mtime_ns &&
	       after.size == before->size;
}

static enum image_load_result fill_slot(const struct image_job *job, int fd, uint32_t slot,
	struct image_loaded *loaded, uint8_t sha256[32]) {
	enum image_load_result result;
	gnutls_hash_hd_t hash;

	if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) < 0) {
		loaded->error = ENOMEM;
		return IMAGE_UNREADABLE;
	}
	result = copy_file(job, fd, slot, loaded->identity.size, hash, &loaded->error);
	gnutls_hash_deinit(hash, sha256);
	if (result == IMAGE_LOADED && !unchanged(fd, &loaded->identity))
		result = IMAGE_CHANGING;
	return result;
}

// The slot that is to be filled: the job's if the file is still that version, else a new one.
static int64_t choose_slot(const struct image_job *job, const struct image_identity *identity) {
	if (job->slot != UINT32_MAX && (image_store_is_of(job->store, job->slot, identity) ||
					       image_store_rename(job->store, job->slot, identity)))
		return job->slot;
	return image_store_assign(job->store, identity);
}

static enum image_load_result load_slot(
	const struct image_job *job, int fd, uint32_t slot, struct image_loaded *loaded) {
	int rc = image_store_reserve(job->store, slot);
	enum image_load_result result;
	uint8_t sha256[32];
	int64_t filled;

	if (rc < 0)
		return rc == -EBUSY ? IMAGE_BUSY : IMAGE_NO_MEMORY;
	result = fill_slot(job, fd, slot, loaded, sha256);
	if (result != IMAGE_LOADED) {
		image_store_abort(job->store, slot);
		return result;
	}
	filled = image_store_commit(job->store, slot, sha256, (uint64_t)unix_ns());
	if (filled < 0)
		return IMAGE_NO_MEMORY;
	loaded->slot = (uint32_t)filled;
	return IMAGE_LOADED;
}

static enum image_load_result load_open(
	const struct image_job *job, int fd, struct image_loaded *loaded) {
	enum image_load_result result;
	int64_t slot;
	int rc = image_load_identify(fd, job->path_hash, &loaded->identity);

	if (rc < 0) {
		loaded->error = -rc;
		return IMAGE_UNREADABLE;
	}
	if (!is_settled(&loaded->identity))
		return IMAGE_CHANGING;
	slot = choose_slot(job, &loaded->identity);
	if (slot < 0)
		return IMAGE_NO_MEMORY;
	result = load_slot(job, fd, (uint32_t)slot, loaded);
	// Nobody has heard of a new slot yet.
	if (slot != job->slot && (result != IMAGE_LOADED || loaded->slot != slot))
		image_store_retire(job->store, (uint32_t)slot, NULL);
	return result;
}

enum image_load_result image_load(const struct image_job *job, struct image_loaded *loaded) {
	int fd = image_walk_open(job->root_fd, job->path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	enum image_load_result result;

	*loaded = (struct image_loaded){.slot = UINT32_MAX};
	if (fd < 0) {
		loaded->error = -fd;
		return IMAGE_UNREADABLE;
	}
	result = load_open(job, fd, loaded);
	close(fd);
	return result;
}
