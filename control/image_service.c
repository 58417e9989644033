// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// One thread owns store, catalog and watch. Whatever happens below boot_root ends in a walk over
// all of it: events only say when. What others need crosses over in struct shared, under its lock.

#include "image_service.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"
#include "control_log.h"
#include "image_catalog.h"
#include "image_load.h"
#include "image_retire.h"
#include "image_store.h"
#include "image_watch.h"
#include "policy.h"

#define DEBOUNCE_MS  100u         // events come in groups
#define SCAN_GAP_MS  250u         // at least between two walks
#define TABLE_GAP_MS 500u         // at least between two tables while files are being loaded
#define LARGE_BYTES  (256u << 20) // takes a while to load: what is there is told before
#define REAP_MS      50u

struct shared {
	pthread_mutex_t lock;
	struct image_table *table;
	struct catalog_order order;
	bool reload;
	uint64_t published_version;
	uint64_t published_generation;
};

struct image_service {
	pthread_t thread;
	atomic_bool stop;
	int wake_fd;
	int root_fd;
	char *boot_root;
	char *runtime_dir;
	void (*notify)(void *context);
	void *context;
	struct shared shared;
	// the thread's own
	struct image_store store;
	struct image_watch watch;
	struct image_retire retire;
	struct catalog catalog;
	struct image_walk walk; // the last one: what was left out
	uint64_t memory_bytes;
	uint64_t version;     // of the next table
	uint64_t scan_due_ms; // 0: none
	uint64_t last_scan_ms;
	uint64_t last_table_ms;
	bool scanned;
	bool complete;
	bool dirty; // the table is behind the catalog
	bool told_unreliable;
};

static uint64_t now_ms(void) {
	return state_boottime_ns() / 1000000u;
}

static void schedule_scan(struct image_service *s, uint64_t delay_ms) {
	uint64_t at = now_ms() + delay_ms;

	if (at < s->last_scan_ms + SCAN_GAP_MS)
		at = s->last_scan_ms + SCAN_GAP_MS;
	if (!s->scan_due_ms || at < s->scan_due_ms)
		s->scan_due_ms = at;
}

// --- what others see

static void add_entries(struct image_service *s, struct image_table *table) {
	table->entries = arena_alloc(&table->arena, s->catalog.count * sizeof(*table->entries));
	for (size_t i = 0; i < s->catalog.count; i++) {
		const struct catalog_file *file = &s->catalog.files[i];
		bool served = file->slot != IMAGE_NO_SLOT;
		struct image_entry *entry = &table->entries[table->count++];

		*entry = (struct image_entry){
			.path = arena_text(&table->arena, file->path, strlen(file->path)),
			.size = served ? file->size : file->identity.size,
			.mtime_ns = served ? file->mtime_ns : file->identity.mtime_ns,
			.loaded_unix_ns = file->loaded_unix_ns,
			.generation = served ? file->generation : 0,
			.slot = served ? file->slot : 0,
			.state = served ? POLICY_NAME_SERVED : file->state,
			.waits_since_unix_s = file->found_unix_s,
			.served = served,
			.reason = served ? "" : file->reason,
		};
		memcpy(entry->sha256, file->sha256, sizeof(entry->sha256));
	}
}

static void add_left_out(struct image_service *s, struct image_table *table) {
	table->left_out =
		arena_alloc(&table->arena, s->walk.left_out_count * sizeof(*table->left_out));
	for (size_t i = 0; i < s->walk.left_out_count; i++) {
		const char *path = s->walk.left_out[i].path;

		table->left_out[table->left_count++] = (struct image_left){
			.path = arena_text(&table->arena, path, strlen(path)),
			.reason = s->walk.left_out[i].reason,
		};
	}
}

static struct image_table *make_table(struct image_service *s) {
	struct image_table *table = mem_alloc(sizeof(*table));

	atomic_init(&table->users, 1);
	table->version = s->version++;
	table->complete = s->complete;
	table->watching = !s->watch.unreliable;
	table->memory_bytes = s->memory_bytes;
	table->free_bytes = image_store_free_bytes(&s->store);
	table->huge = s->store.huge;
	table->region_path = arena_text(&table->arena, s->store.path, strlen(s->store.path));
	add_entries(s, table);
	add_left_out(s, table);
	return table;
}

static void hand_out(struct image_service *s) {
	struct image_table *table = make_table(s), *old;

	pthread_mutex_lock(&s->shared.lock);
	old = s->shared.table;
	s->shared.table = table;
	pthread_mutex_unlock(&s->shared.lock);
	image_table_drop(old);
	s->dirty = false;
	s->last_table_ms = now_ms();
	s->notify(s->context);
}

// --- scanning

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

// After a start: what the former process loaded and is still the same needs no reading.
static void adopt(struct image_service *s) {
	size_t adopted = 0;

	for (size_t i = 0; i < s->catalog.count; i++) {
		struct catalog_file *file = &s->catalog.files[i];
		int64_t slot = image_store_find(&s->store, &file->identity);

		if (slot < 0)
			continue;
		file->slot = (uint32_t)slot;
		file->generation = image_store_generation(&s->store, file->slot);
		file->size = file->identity.size;
		file->mtime_ns = file->identity.mtime_ns;
		file->loaded_unix_ns = s->store.slots[slot].loaded_unix_ns;
		memcpy(file->sha256, s->store.slots[slot].sha256, sizeof(file->sha256));
		file->state = POLICY_NAME_SERVED;
		file->wanted = false;
		adopted++;
	}
	for (uint32_t slot = 0; slot < s->store.used_slots; slot++)
		if (image_store_is_unclaimed(&s->store, slot))
			image_retire_add(&s->retire, slot, s->version);
	control_log(
		CONTROL_NOTICE, "%zu files are still in memory from the process before", adopted);
}

static void note_found(struct image_service *s) {
	uint32_t now = (uint32_t)time(NULL);

	for (size_t i = 0; i < s->catalog.count; i++)
		if (!s->catalog.files[i].found_unix_s)
			s->catalog.files[i].found_unix_s = now;
}

static void scan(struct image_service *s) {
	struct image_walk walk = {
		.max_files = s->store.slot_count,
		.directory = watch_directory,
		.context = s,
	};
	int rc;

	s->scan_due_ms = 0;
	s->last_scan_ms = now_ms();
	rc = image_walk_run(&walk, s->root_fd);
	if (rc < 0) {
		control_log(CONTROL_ERROR, "%s cannot be read: %s", s->boot_root, strerror(-rc));
		schedule_scan(s, IMAGE_RESCAN_MS);
		return;
	}
	tell_left_out(&walk, &s->walk);
	pthread_mutex_lock(&s->shared.lock);
	s->dirty |= catalog_merge(&s->catalog, &walk, &s->shared.order, forget_slot, s);
	pthread_mutex_unlock(&s->shared.lock);
	note_found(s);
	image_walk_free(&s->walk);
	s->walk = walk;
	if (!s->scanned && s->store.adopted)
		adopt(s);
	s->scanned = true;
}

// --- loading

static void take_loaded(
	struct image_service *s, struct catalog_file *file, const struct image_loaded *loaded) {
	if (file->slot != IMAGE_NO_SLOT)
		image_retire_add(&s->retire, file->slot, s->version);
	file->slot = loaded->slot;
	file->generation = loaded->generation;
	file->identity = loaded->identity;
	file->size = loaded->identity.size;
	file->mtime_ns = loaded->identity.mtime_ns;
	file->loaded_unix_ns = loaded->unix_ns;
	memcpy(file->sha256, loaded->sha256, sizeof(file->sha256));
	file->state = POLICY_NAME_SERVED;
	file->wanted = false;
	file->tries = 0;
	s->dirty = true;
}

// The file cannot be served as it is now. What was served of it until now goes, too: it is not what
// the operator put there.
static void refuse_file(
	struct image_service *s, struct catalog_file *file, uint16_t state, const char *reason) {
	bool news = file->state != state || file->slot != IMAGE_NO_SLOT ||
		    strcmp(file->reason, reason) != 0;

	if (file->slot != IMAGE_NO_SLOT)
		image_retire_add(&s->retire, file->slot, s->version);
	file->slot = IMAGE_NO_SLOT;
	file->state = state;
	file->reason = reason;
	file->wanted = false;
	s->dirty |= news;
	if (news)
		control_log(CONTROL_WARNING, "%s is left out: %s", file->path, reason);
}

static void load_changing(struct image_service *s, struct catalog_file *file) {
	if (++file->tries <= IMAGE_TRIES_MAX) {
		schedule_scan(s, SCAN_GAP_MS);
		return;
	}
	// An older version that is whole goes on being served.
	if (file->slot == IMAGE_NO_SLOT)
		refuse_file(s, file, POLICY_NAME_UNREADABLE, "it keeps changing while it is read");
	file->wanted = false;
	file->tries = 0;
	schedule_scan(s, 4 * SCAN_GAP_MS);
}

static void load_file(struct image_service *s, struct catalog_file *file) {
	struct image_loaded loaded;

	switch (image_load(
		&s->store, s->root_fd, file->path, file->identity.path_hash, &s->stop, &loaded)) {
	case IMAGE_LOADED:
		take_loaded(s, file, &loaded);
		break;
	case IMAGE_CHANGING:
		load_changing(s, file);
		break;
	case IMAGE_NO_MEMORY:
		refuse_file(s, file, POLICY_NAME_NO_MEMORY, "it does not fit memory:");
		break;
	case IMAGE_UNREADABLE:
		refuse_file(s, file, POLICY_NAME_UNREADABLE,
			loaded.error == EACCES ? "permission denied" : "it cannot be read");
		break;
	case IMAGE_STOPPED:
		break;
	}
}

static bool scan_is_due(const struct image_service *s) {
	return s->scan_due_ms && now_ms() >= s->scan_due_ms;
}

static bool table_is_due(const struct image_service *s) {
	return now_ms() >= s->last_table_ms + TABLE_GAP_MS;
}

static void load_wanted(struct image_service *s) {
	struct catalog_file **list;
	size_t count = catalog_wanted(&s->catalog, &list);

	for (size_t i = 0; i < count && !atomic_load(&s->stop); i++) {
		if (s->dirty && (list[i]->identity.size >= LARGE_BYTES || table_is_due(s)))
			hand_out(s);
		load_file(s, list[i]);
	}
	free(list);
}

static void tell_complete(struct image_service *s) {
	size_t served = 0;
	uint64_t bytes = 0;

	for (size_t i = 0; i < s->catalog.count; i++) {
		if (s->catalog.files[i].slot == IMAGE_NO_SLOT)
			continue;
		served++;
		bytes += s->catalog.files[i].size;
	}
	control_log(CONTROL_NOTICE, "%zu of %zu files below %s are in memory, %llu MiB, in %s",
		served, s->catalog.count, s->boot_root, (unsigned long long)(bytes >> 20),
		s->store.path);
	s->complete = true;
	s->dirty = true;
}

// --- the loop

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
	schedule_scan(s, 0);
}

static void take_events(struct image_service *s) {
	bool lost;

	follow_root(s);
	if (image_watch_drain(&s->watch, &lost))
		schedule_scan(s, DEBOUNCE_MS);
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
	if (s->watch.unreliable && now_ms() >= s->last_scan_ms + IMAGE_RESCAN_MS)
		schedule_scan(s, 0);
}

static void take_requests(struct image_service *s) {
	uint64_t version, generation, ignored;

	if (read(s->wake_fd, &ignored, sizeof(ignored)) < 0 && errno != EAGAIN)
		control_log(CONTROL_ERROR, "eventfd: %s", strerror(errno));
	pthread_mutex_lock(&s->shared.lock);
	version = s->shared.published_version;
	generation = s->shared.published_generation;
	if (s->shared.reload)
		schedule_scan(s, 0);
	s->shared.reload = false;
	pthread_mutex_unlock(&s->shared.lock);
	// Room that has become free is what a file that did not fit was waiting for.
	if (image_retire_run(&s->retire, &s->store, s->runtime_dir, version, generation))
		schedule_scan(s, 0);
}

static int timeout_ms(const struct image_service *s) {
	uint64_t now = now_ms(),
		 until = now + (s->retire.count || s->store.evicting ? REAP_MS : 1000);

	if (s->scan_due_ms && s->scan_due_ms < until)
		until = s->scan_due_ms > now ? s->scan_due_ms : now;
	return (int)(until - now);
}

static void *run(void *arg) {
	struct image_service *s = arg;

	while (!atomic_load(&s->stop)) {
		struct pollfd fds[2] = {{s->wake_fd, POLLIN, 0}, {s->watch.fd, POLLIN, 0}};

		take_requests(s);
		take_events(s);
		if (scan_is_due(s)) {
			scan(s);
			load_wanted(s);
			if (!s->complete && s->scanned && !catalog_pending(&s->catalog))
				tell_complete(s);
		}
		if (s->dirty && s->scanned)
			hand_out(s);
		if (poll(fds, 2, timeout_ms(s)) < 0 && errno != EINTR)
			break;
	}
	return NULL;
}

// --- the other side

static void wake(struct image_service *s) {
	uint64_t one = 1;

	if (write(s->wake_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		control_log(CONTROL_ERROR, "eventfd: %s", strerror(errno));
}

static void free_order(struct catalog_order *order) {
	for (size_t i = 0; i < order->preload_count; i++)
		free(order->preload[i]);
	for (size_t i = 0; i < order->boot_count; i++)
		free(order->boot[i]);
	free(order->preload);
	free(order->boot);
	*order = (struct catalog_order){0};
}

static void make_order(struct catalog_order *order, const struct config *config) {
	order->preload = mem_alloc(config->preload.count * sizeof(char *));
	order->boot = mem_alloc(config->rule_count * sizeof(char *));
	for (uint32_t i = 0; i < config->preload.count; i++)
		order->preload[order->preload_count++] = mem_text(config->preload.list[i]);
	for (uint32_t i = 0; i < config->rule_count; i++)
		if (config->rules[i].file)
			order->boot[order->boot_count++] = mem_text(config->rules[i].file);
}

static void free_service(struct image_service *s) {
	image_watch_close(&s->watch);
	image_retire_close(&s->retire);
	image_store_close(&s->store);
	catalog_free(&s->catalog);
	image_walk_free(&s->walk);
	image_table_drop(s->shared.table);
	free_order(&s->shared.order);
	if (s->root_fd >= 0)
		close(s->root_fd);
	if (s->wake_fd >= 0)
		close(s->wake_fd);
	free(s->boot_root);
	free(s->runtime_dir);
	free(s);
}

static int open_all(struct image_service *s, const struct config *config, char *why) {
	s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	s->root_fd = open(config->boot_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->root_fd < 0 || s->wake_fd < 0) {
		snprintf(why, IMAGE_SERVICE_WHY, "boot_root %.200s cannot be opened: %s",
			config->boot_root, strerror(errno));
		return -errno;
	}
	image_watch_init(&s->watch, s->root_fd);
	return image_store_open(&s->store, config->runtime_dir, config->memory_bytes, why);
}

static int start_thread(struct image_service *s, char *why) {
	sigset_t all, old;
	int rc;

	// Signals are the main thread's.
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&s->thread, NULL, run, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc)
		snprintf(why, IMAGE_SERVICE_WHY, "no thread for images: %s", strerror(rc));
	return -rc;
}

int image_service_start(struct image_service **service, const struct config *config,
	void (*notify)(void *context), void *context, char why[IMAGE_SERVICE_WHY]) {
	struct image_service *s = mem_alloc(sizeof(*s));
	int rc;

	*s = (struct image_service){.root_fd = -1, .wake_fd = -1, .watch.fd = -1};
	s->notify = notify;
	s->context = context;
	s->boot_root = mem_text(config->boot_root);
	s->runtime_dir = mem_text(config->runtime_dir);
	s->memory_bytes = config->memory_bytes;
	s->version = 1;
	s->scan_due_ms = 1;
	s->last_table_ms = now_ms();
	pthread_mutex_init(&s->shared.lock, NULL);
	make_order(&s->shared.order, config);
	rc = open_all(s, config, why);
	if (rc == 0)
		rc = start_thread(s, why);
	if (rc < 0) {
		free_service(s);
		return rc;
	}
	*service = s;
	return 0;
}

void image_service_stop(struct image_service *s) {
	if (!s)
		return;
	atomic_store(&s->stop, true);
	wake(s);
	pthread_join(s->thread, NULL);
	free_service(s);
}

struct image_table *image_service_table(struct image_service *s) {
	struct image_table *table;

	pthread_mutex_lock(&s->shared.lock);
	table = image_table_hold(s->shared.table);
	pthread_mutex_unlock(&s->shared.lock);
	return table;
}

void image_service_published(struct image_service *s, uint64_t version, uint64_t generation) {
	pthread_mutex_lock(&s->shared.lock);
	s->shared.published_version = version;
	s->shared.published_generation = generation;
	pthread_mutex_unlock(&s->shared.lock);
	wake(s);
}

void image_service_reload(struct image_service *s, const struct config *config) {
	pthread_mutex_lock(&s->shared.lock);
	free_order(&s->shared.order);
	make_order(&s->shared.order, config);
	s->shared.reload = true;
	pthread_mutex_unlock(&s->shared.lock);
	wake(s);
}

void image_service_beat(struct image_service *s) {
	image_store_beat(&s->store, state_boottime_ns());
}
