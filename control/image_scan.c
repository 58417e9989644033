// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What is below boot_root. Whatever happens there ends in a walk over all of it: events only say
// when. A walk gives each file that can be served a slot, so that clients find it before it is in
// memory.

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control_log.h"
#include "image_keeper.h"

#define DEBOUNCE_MS 100u // events come in groups
#define SCAN_GAP_MS 250u // at least between two walks

void image_scan_schedule(struct image_service *s, uint64_t delay_ms) {
	uint64_t at = image_keeper_now_ms() + delay_ms;

	if (at < s->last_scan_ms + SCAN_GAP_MS)
		at = s->last_scan_ms + SCAN_GAP_MS;
	if (!s->scan_due_ms || at < s->scan_due_ms)
		s->scan_due_ms = at;
}

bool image_scan_is_due(const struct image_service *s) {
	return s->scan_due_ms && image_keeper_now_ms() >= s->scan_due_ms;
}

static void watch_directory(void *context, int fd, const char *path) {
	struct image_service *s = context;

	(void)path;
	image_watch_add(&s->watch, fd);
}

static void forget_slot(void *context, uint32_t slot) {
	struct image_service *s = context;

	image_retire_add(&s->retire, slot, s->version);
}

static bool was_left_out(const struct image_walk *walk, const char *path) {
	for (size_t i = 0; i < walk->left_out_count; i++)
		if (!strcmp(walk->left_out[i].path, path))
			return true;
	return false;
}

static void tell_left_out(const struct image_walk *walk, const struct image_walk *before) {
	for (size_t i = 0; i < walk->left_out_count; i++)
		if (!was_left_out(before, walk->left_out[i].path))
			control_log(CONTROL_WARNING, "%s is left out: %s", walk->left_out[i].path,
				walk->left_out[i].reason);
}

static void adopt_variant(struct image_service *s, struct catalog_file *file) {
	int64_t variant = image_store_find_variant(&s->store, file->slot);

	if (variant >= 0)
		file->netascii = (uint32_t)variant;
}

// After a start: what the former process gave a slot and is still the same keeps it, so that the
// snapshot in force and what the dataplane wants by it go on being good.
static void adopt(struct image_service *s) {
	size_t resident = 0;

	for (size_t i = 0; i < s->catalog.count; i++) {
		struct catalog_file *file = &s->catalog.files[i];
		int64_t slot = image_store_find(&s->store, &file->identity);

		if (slot < 0)
			continue;
		file->slot = (uint32_t)slot;
		file->wanted = image_store_state(&s->store, file->slot) != IMAGE_READY;
		resident += !file->wanted;
		adopt_variant(s, file);
	}
	for (uint32_t slot = 0; slot < s->store.used_slots; slot++)
		if (image_store_is_unclaimed(&s->store, slot) && !image_rendered_is_text(s, slot))
			image_retire_add(&s->retire, slot, s->version);
	control_log(
		CONTROL_NOTICE, "%zu files are still in memory from the process before", resident);
}

// Another version is on disk than the slot is of. What is in memory goes on being served until the
// new one is loaded; what is not has nothing to go on with.
static void follow_change(struct image_service *s, struct catalog_file *file) {
	if (image_store_rename(&s->store, file->slot, &file->identity)) {
		s->dirty = true;
		return;
	}
	if (image_store_state(&s->store, file->slot) == IMAGE_READY)
		return;
	image_fill_release(s, file);
	image_fill_assign(s, file);
}

// What could not be read has no slot until it can.
static void settle_file(struct image_service *s, struct catalog_file *file) {
	if (image_alloc_extents(file->identity.size) > s->store.extent_count)
		image_fill_refuse(s, file, POLICY_NAME_NO_MEMORY, "it does not fit memory:");
	else if (file->slot != IMAGE_NO_SLOT &&
		 !image_store_is_of(&s->store, file->slot, &file->identity))
		follow_change(s, file);
	else if (file->slot == IMAGE_NO_SLOT && file->state != POLICY_NAME_UNREADABLE)
		image_fill_assign(s, file);
	if (file->slot != IMAGE_NO_SLOT)
		image_store_keep(&s->store, file->slot, file->rank == CATALOG_PRELOAD);
	image_variant_check(s, file);
}

static void settle_all(struct image_service *s) {
	memset(s->owner, 0xff, s->store.slot_count * sizeof(*s->owner));
	s->variant_count = 0;
	for (size_t i = 0; i < s->catalog.count; i++)
		s->variant_count += s->catalog.files[i].netascii != IMAGE_NO_SLOT;
	for (size_t i = 0; i < s->catalog.count; i++) {
		struct catalog_file *file = &s->catalog.files[i];

		settle_file(s, file);
		if (file->slot != IMAGE_NO_SLOT)
			s->owner[file->slot] = (uint32_t)i;
		if (file->netascii != IMAGE_NO_SLOT)
			s->owner[file->netascii] = (uint32_t)i;
	}
}

static void take_walk(struct image_service *s, struct image_walk *walk) {
	tell_left_out(walk, &s->walk);
	pthread_mutex_lock(&s->shared.lock);
	s->dirty |= catalog_merge(&s->catalog, walk, &s->shared.order, forget_slot, s);
	pthread_mutex_unlock(&s->shared.lock);
	image_walk_free(&s->walk);
	s->walk = *walk;
	if (!s->scanned && s->store.adopted)
		adopt(s);
	s->scanned = true;
	settle_all(s);
}

static uint32_t max_files(const struct image_service *s) {
	uint32_t spare = s->store.slot_count / 8;
	size_t texts = s->rendered.set ? 2 * s->rendered.set->text_count : 0;

	if (texts > s->store.slot_count / 2)
		texts = s->store.slot_count / 2;
	return s->store.slot_count - (texts > spare ? (uint32_t)texts : spare);
}

void image_scan_run(struct image_service *s) {
	struct image_walk walk = {
		// The rest is for new versions, while the old ones are still on their way out, and
		// for rendered texts.
		.max_files = max_files(s),
		.directory = watch_directory,
		.context = s,
	};
	int rc;

	s->scan_due_ms = 0;
	s->last_scan_ms = image_keeper_now_ms();
	rc = image_walk_run(&walk, s->root_fd);
	if (rc < 0) {
		control_log(CONTROL_ERROR, "%s cannot be read: %s", s->boot_root, strerror(-rc));
		image_scan_schedule(s, IMAGE_RESCAN_MS);
		return;
	}
	take_walk(s, &walk);
	image_fill_begin(s);
}

// --- changes

// Whether another directory is at boot_root's path than the one that is open: a new tree that was
// put in its place, a symbolic link that leads elsewhere now, a file system that was mounted there.
static bool root_is_replaced(const struct image_service *s) {
	struct stat open_one, there;

	if (stat(s->boot_root, &there) < 0 || fstat(s->root_fd, &open_one) < 0)
		return false; // moved away, and nothing in its place yet: what was there goes on
	return there.st_dev != open_one.st_dev || there.st_ino != open_one.st_ino;
}

static void follow_root(struct image_service *s) {
	int fd;

	if (!root_is_replaced(s))
		return;
	fd = open(s->boot_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	control_log(
		CONTROL_NOTICE, "%s is another directory now, all of it is scanned", s->boot_root);
	close(s->root_fd);
	s->root_fd = fd;
	image_watch_close(&s->watch);
	image_watch_init(&s->watch, fd);
	s->told_unreliable = false;
	image_scan_schedule(s, 0);
}

void image_scan_watch(struct image_service *s) {
	bool lost;

	follow_root(s);
	if (image_watch_drain(&s->watch, &lost))
		image_scan_schedule(s, DEBOUNCE_MS);
	if (lost)
		control_log(CONTROL_WARNING,
			"inotify has lost events, all of %s is scanned again; raise "
			"fs.inotify.max_queued_events",
			s->boot_root);
	if (s->watch.unreliable && !s->told_unreliable) {
		control_log(CONTROL_WARNING, "%s is scanned every %u s: %s", s->boot_root,
			IMAGE_RESCAN_MS / 1000, s->watch.reason);
		s->told_unreliable = true;
	}
	if (s->watch.unreliable && image_keeper_now_ms() >= s->last_scan_ms + IMAGE_RESCAN_MS)
		image_scan_schedule(s, 0);
}
