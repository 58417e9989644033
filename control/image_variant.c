// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Files in netascii, made when somebody asks for them. A variant has a slot of its own, is loaded,
// evicted and pinned like a file, and belongs to one version of its file, whose slot links to it;
// no snapshot names it.

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "image_convert.h"
#include "image_keeper.h"

#define VARIANTS_MAX 256u // of the slots that are left for other than files, 1,024 at least

static bool has_variant(const struct catalog_file *file) {
	return file->netascii != IMAGE_NO_SLOT;
}

// The version that the file's slot is of, as it is on disk.
static struct image_identity version_of(
	const struct image_service *s, const struct catalog_file *file) {
	const struct image_slot *slot = &s->store.slots[file->slot];

	return (struct image_identity){slot->path_hash, slot->inode, slot->mtime_ns, slot->size};
}

static enum image_load_result convert(const struct image_service *s,
	const struct catalog_file *file, struct image_converted *converted) {
	struct image_identity version = version_of(s, file);

	return image_convert(s->root_fd, file->path, &version, converted);
}

// --- slots

static void set_variant(struct image_service *s, struct catalog_file *file, uint32_t slot) {
	file->netascii = slot;
	s->owner[slot] = (uint32_t)(file - s->catalog.files);
	s->variant_count++;
	s->dirty = true;
	image_store_link(
		&s->store, file->slot, IMAGE_LINK(slot, image_store_generation(&s->store, slot)));
}

// Returns the slot, which is nobody's from now on.
static uint32_t unset_variant(struct image_service *s, struct catalog_file *file) {
	uint32_t slot = file->netascii;

	image_store_link(&s->store, file->slot, IMAGE_LINK_NONE);
	image_demand_drop(&s->demand, slot);
	s->owner[slot] = NO_OWNER;
	s->variant_count--;
	s->dirty = true;
	file->netascii = IMAGE_NO_SLOT;
	return slot;
}

void image_variant_release(struct image_service *s, struct catalog_file *file) {
	if (has_variant(file))
		image_retire_add(&s->retire, unset_variant(s, file), s->version);
}

void image_variant_check(struct image_service *s, struct catalog_file *file) {
	if (has_variant(file) &&
		(file->slot == IMAGE_NO_SLOT ||
			!image_store_is_variant(&s->store, file->slot, file->netascii)))
		image_variant_release(s, file);
}

static bool can_be_dropped(const struct image_service *s, const struct catalog_file *file) {
	return has_variant(file) && !s->demand.place[file->netascii] &&
	       image_store_state(&s->store, file->netascii) != IMAGE_LOADING;
}

static struct catalog_file *used_longest_ago(struct image_service *s) {
	struct catalog_file *found = NULL;
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < s->catalog.count; i++) {
		struct catalog_file *file = &s->catalog.files[i];
		uint64_t used;

		if (!can_be_dropped(s, file))
			continue;
		used = image_evictor_used_ms(&s->store, s->dataplane, file->netascii);
		if (used >= least)
			continue;
		least = used;
		found = file;
	}
	return found;
}

// Whether there may be one more variant; who asks for it asks again.
static bool make_place(struct image_service *s) {
	struct catalog_file *file;

	if (s->variant_count < VARIANTS_MAX)
		return true;
	file = s->dataplane_may_return ? NULL : used_longest_ago(s);
	if (!file)
		return false;
	image_store_retire(&s->store, unset_variant(s, file), s->dataplane);
	s->variants_dropped++;
	return true;
}

// --- wants

static void assign(struct image_service *s, struct catalog_file *file, uint64_t len) {
	struct image_identity version = version_of(s, file);
	struct image_identity identity = image_store_variant_of(&version);
	int64_t slot;

	identity.size = len;
	if (image_alloc_extents(len) > s->store.extent_count) {
		image_store_link(&s->store, file->slot, IMAGE_LINK_REFUSED);
		return;
	}
	slot = make_place(s) ? image_store_assign(&s->store, &identity) : -1;
	if (slot >= 0)
		set_variant(s, file, (uint32_t)slot);
}

// Another version than the slot's is found by the next scan.
static void begin(struct image_service *s, struct catalog_file *file) {
	struct image_converted converted;

	switch (convert(s, file, &converted)) {
	case IMAGE_LOADED:
		assign(s, file, converted.len);
		break;
	case IMAGE_NO_MEMORY:
		image_store_link(&s->store, file->slot, IMAGE_LINK_REFUSED);
		break;
	case IMAGE_CHANGING:
	case IMAGE_BUSY:
	case IMAGE_UNREADABLE:
	case IMAGE_STOPPED:
		image_scan_schedule(s, 0);
		break;
	}
	free(converted.bytes);
}

void image_variant_want(void *service, uint32_t slot, uint64_t generation) {
	struct image_service *s = service;
	struct catalog_file *file;

	if (s->owner[slot] == NO_OWNER || image_store_generation(&s->store, slot) != generation)
		return;
	file = &s->catalog.files[s->owner[slot]];
	if (file->slot != slot)
		return;
	if (!has_variant(file))
		begin(s, file);
	if (has_variant(file))
		image_demand_add(&s->demand, file->netascii,
			image_store_generation(&s->store, file->netascii), image_keeper_now_ms(),
			false);
}

// --- contents

static uint64_t unix_ns(void) {
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void copy(struct image_store *store, uint32_t slot, const struct image_converted *from) {
	for (uint64_t at = 0; at < from->len;) {
		size_t room;
		uint8_t *to = image_store_room(store, slot, at, &room);

		memcpy(to, from->bytes + at, room);
		at += room;
	}
}

// Other contents, without a sign of it on disk, are in another slot.
static void take_filled(struct image_service *s, struct catalog_file *file, uint32_t filled) {
	if (filled == file->netascii)
		return;
	image_variant_release(s, file);
	set_variant(s, file, filled);
}

static enum image_load_result fill(
	struct image_service *s, struct catalog_file *file, const struct image_converted *from) {
	uint32_t slot = file->netascii;
	uint8_t sha256[32];
	int64_t filled;
	int rc;

	if (s->store.slots[slot].size != from->len) {
		image_variant_release(s, file);
		return IMAGE_CHANGING;
	}
	if (gnutls_hash_fast(GNUTLS_DIG_SHA256, from->bytes, from->len, sha256) < 0)
		return IMAGE_UNREADABLE;
	rc = image_store_reserve(&s->store, slot);
	if (rc < 0)
		return rc == -EBUSY ? IMAGE_BUSY : IMAGE_NO_MEMORY;
	copy(&s->store, slot, from);
	filled = image_store_commit(&s->store, slot, sha256, unix_ns());
	if (filled < 0)
		return IMAGE_NO_MEMORY;
	take_filled(s, file, (uint32_t)filled);
	return IMAGE_LOADED;
}

enum image_load_result image_variant_load(struct image_service *s, struct catalog_file *file) {
	struct image_converted converted;
	enum image_load_result result = convert(s, file, &converted);

	// Its size is the file's, which has a variant and so is not too large.
	if (result == IMAGE_LOADED)
		result = fill(s, file, &converted);
	else
		image_scan_schedule(s, 0);
	free(converted.bytes);
	return result;
}
