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

static int identify(int fd, uint64_t path_hash, struct image_identity *identity) {
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
static enum image_load_result copy_file(struct image_store *store, int fd, uint32_t slot,
	uint64_t size, gnutls_hash_hd_t hash, const atomic_bool *stop, int *error) {
	uint64_t at = 0;
	char more;

	while (at < size) {
		size_t room;
		uint8_t *to = image_store_room(store, slot, at, &room);
		ssize_t n = read(fd, to, room);

		if (n < 0 && errno == EINTR)
			continue;
		*error = n < 0 ? errno : 0;
		if (n <= 0)
			return n < 0 ? IMAGE_UNREADABLE : IMAGE_CHANGING;
		gnutls_hash(hash, to, (size_t)n);
		at += (uint64_t)n;
		if (atomic_load_explicit(stop, memory_order_relaxed))
			return IMAGE_STOPPED;
	}
	return read(fd, &more, 1) == 0 ? IMAGE_LOADED : IMAGE_CHANGING;
}

static bool unchanged(int fd, const struct image_identity *before) {
	struct image_identity after;

	return identify(fd, before->path_hash, &after) == 0 && after.inode == before->inode &&
	       after.mtime_ns == before->mtime_ns && after.size == before->size;
}

static enum image_load_result fill_slot(struct image_store *store, int fd, uint32_t slot,
	const atomic_bool *stop, struct image_loaded *loaded) {
	enum image_load_result result;
	gnutls_hash_hd_t hash;

	if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) < 0) {
		loaded->error = ENOMEM;
		return IMAGE_UNREADABLE;
	}
	result = copy_file(store, fd, slot, loaded->identity.size, hash, stop, &loaded->error);
	gnutls_hash_deinit(hash, loaded->sha256);
	if (result == IMAGE_LOADED && !unchanged(fd, &loaded->identity))
		result = IMAGE_CHANGING;
	return result;
}

static enum image_load_result load_open(struct image_store *store, int fd, uint64_t path_hash,
	const atomic_bool *stop, struct image_loaded *loaded) {
	enum image_load_result result;
	int64_t slot;
	int rc = identify(fd, path_hash, &loaded->identity);

	if (rc < 0) {
		loaded->error = -rc;
		return IMAGE_UNREADABLE;
	}
	if (!is_settled(&loaded->identity))
		return IMAGE_CHANGING;
	slot = image_store_reserve(store, &loaded->identity);
	if (slot < 0)
		return IMAGE_NO_MEMORY;
	loaded->slot = (uint32_t)slot;
	result = fill_slot(store, fd, loaded->slot, stop, loaded);
	if (result != IMAGE_LOADED) {
		image_store_abort(store, loaded->slot);
		return result;
	}
	loaded->unix_ns = (uint64_t)unix_ns();
	loaded->generation =
		image_store_commit(store, loaded->slot, loaded->sha256, loaded->unix_ns);
	return IMAGE_LOADED;
}

enum image_load_result image_load(struct image_store *store, int root_fd, const char *path,
	uint64_t path_hash, const atomic_bool *stop, struct image_loaded *loaded) {
	int fd = image_walk_open(root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	enum image_load_result result;

	*loaded = (struct image_loaded){.slot = UINT32_MAX};
	if (fd < 0) {
		loaded->error = -fd;
		return IMAGE_UNREADABLE;
	}
	result = load_open(store, fd, path_hash, stop, loaded);
	close(fd);
	return result;
}
