// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The image thread's loop, and what others call. What it does is in image_scan.c, image_fill.c and
// image_report.c; what others need crosses over in struct image_shared, under its lock.

#include "image_service.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "arena.h"
#include "control_log.h"
#include "image_keeper.h"

#define TABLE_GAP_MS 100u // at least between two tables: as often as the daemon publishes
#define WATCH_GAP_MS 250u // between two looks at boot_root itself
#define DEMAND_MS    2u   // while somebody waits
#define POLL_MS      5u   // while somebody may ask for what is on disk
#define CONVERT_MS   100u // while somebody may ask for what is in memory, in netascii
#define REAP_MS      50u
#define IDLE_MS      1000u

uint64_t image_keeper_now_ms(void) {
	return state_boottime_ns() / 1000000u;
}

static void take_requests(struct image_service *s, bool woken) {
	struct rendered_set *rendered;
	uint64_t ignored;

	if (!woken)
		return;
	if (read(s->wake_fd, &ignored, sizeof(ignored)) < 0 && errno != EAGAIN)
		control_log(CONTROL_ERROR, "eventfd: %s", strerror(errno));
	pthread_mutex_lock(&s->shared.lock);
	if (s->shared.reload)
		image_scan_schedule(s, 0);
	s->shared.reload = false;
	rendered = s->shared.rendered;
	s->shared.rendered = NULL;
	pthread_mutex_unlock(&s->shared.lock);
	if (rendered)
		image_rendered_take(s, rendered);
}

static void watch(struct image_service *s, bool event) {
	uint64_t now = image_keeper_now_ms();

	if (!event && now < s->watch_due_ms)
		return;
	s->watch_due_ms = now + WATCH_GAP_MS;
	image_scan_watch(s);
}

static uint64_t pause_ms(const struct image_service *s) {
	if (s->demand.count)
		return DEMAND_MS;
	if (s->partial && s->dataplane)
		return POLL_MS;
	if (s->partial || s->retire.count || s->store.evicting || s->rendered.missing)
		return REAP_MS;
	return s->dataplane ? CONVERT_MS : IDLE_MS;
}

static int timeout_ms(const struct image_service *s) {
	uint64_t now = image_keeper_now_ms(), until = now + pause_ms(s);

	if (s->scan_due_ms && s->scan_due_ms < until)
		until = s->scan_due_ms;
	if (s->dirty && s->scanned && s->last_table_ms + TABLE_GAP_MS < until)
		until = s->last_table_ms + TABLE_GAP_MS;
	return until > now ? (int)(until - now) : 0;
}

// Returns whether there is more to do at once.
static bool turn(struct image_service *s) {
	bool more;

	image_fill_follow(s);
	if (image_scan_is_due(s))
		image_scan_run(s);
	image_fill_demands(s);
	image_rendered_check(s);
	more = image_fill_step(s);
	if (!more && s->scanned && !s->complete)
		image_report_complete(s);
	if (s->dirty && s->scanned && image_keeper_now_ms() >= s->last_table_ms + TABLE_GAP_MS)
		image_report_table(s);
	return more;
}

static void *run(void *arg) {
	struct image_service *s = arg;
	struct pollfd fds[2] = {{.fd = s->wake_fd, .events = POLLIN}, {.events = POLLIN}};
	bool more = false;

	while (!atomic_load(&s->stop)) {
		fds[1].fd = s->watch.fd; // another one when boot_root was replaced
		if (poll(fds, 2, more ? 0 : timeout_ms(s)) < 0 && errno != EINTR)
			break;
		take_requests(s, fds[0].revents != 0);
		watch(s, fds[1].revents != 0);
		more = turn(s);
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
	image_rendered_close(s);
	image_retire_close(&s->retire);
	image_peer_close(&s->peer);
	image_demand_free(&s->demand);
	image_evictor_free(&s->evictor);
	image_store_close(&s->store);
	catalog_free(&s->catalog);
	free(s->fill);
	free(s->owner);
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

static int open_store(struct image_service *s, const struct config *config, char *why) {
	int rc = image_store_open(&s->store, config->runtime_dir, config->memory_bytes, why);

	if (rc < 0)
		return rc;
	s->owner = mem_alloc(s->store.slot_count * sizeof(*s->owner));
	memset(s->owner, 0xff, s->store.slot_count * sizeof(*s->owner));
	image_demand_init(&s->demand, s->store.slot_count);
	s->demand.netascii = image_variant_want;
	s->demand.context = s;
	image_evictor_init(&s->evictor, &s->store);
	return 0;
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
	return open_store(s, config, why);
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
	_Atomic uint64_t *want_tail, void (*notify)(void *context), void *context,
	char why[IMAGE_SERVICE_WHY]) {
	struct image_service *s = mem_alloc(sizeof(*s));
	int rc;

	*s = (struct image_service){.root_fd = -1, .wake_fd = -1, .watch.fd = -1};
	s->want_tail = want_tail;
	s->notify = notify;
	s->context = context;
	s->boot_root = mem_text(config->boot_root);
	s->runtime_dir = mem_text(config->runtime_dir);
	s->memory_bytes = config->memory_bytes;
	s->version = 1;
	s->scan_due_ms = 1;
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

void image_service_render(struct image_service *s, struct rendered_set *set) {
	struct rendered_set *unread;

	pthread_mutex_lock(&s->shared.lock);
	unread = s->shared.rendered;
	s->shared.rendered = rendered_set_hold(set);
	pthread_mutex_unlock(&s->shared.lock);
	rendered_set_drop(unread);
	wake(s);
}

void image_service_beat(struct image_service *s) {
	image_store_beat(&s->store, state_boottime_ns());
}

bool image_service_look(const struct image_service *s, uint32_t slot, uint64_t generation,
	struct image_residency *residency) {
	const struct image_slot *record = &s->store.slots[slot];
	uint64_t word;

	if (slot >= s->store.slot_count)
		return false;
	word = atomic_load_explicit((_Atomic uint64_t *)&record->word, memory_order_acquire);
	*residency = (struct image_residency){
		.state = IMAGE_WORD_STATE(word), .loaded_unix_ns = record->loaded_unix_ns};
	memcpy(residency->sha256, record->sha256, sizeof(residency->sha256));
	atomic_thread_fence(memory_order_acquire);
	return IMAGE_WORD_GENERATION(word) == generation &&
	       word == atomic_load_explicit(
			       (_Atomic uint64_t *)&record->word, memory_order_relaxed);
}

uint64_t image_service_free_bytes(const struct image_service *s) {
	return atomic_load_explicit((_Atomic uint64_t *)&s->free_bytes, memory_order_relaxed);
}
