// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Main thread only. Nothing that control can still write is ever followed: the snapshot is a
// private copy, and images.h checks each index that it reads.

#include "policy_watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

// An outlook with what it keeps alive.
struct holding {
	struct outlook outlook; // first, so that one pointer serves for both
	void *copy;             // POLICY_SNAPSHOT_MAX bytes, of which only what is used is resident
	struct mapping *images;
	struct mapping *control;
};

static void watch_region(struct watched *watched, const char *runtime_dir, const char *name,
	enum rouse_region region) {
	*watched = (struct watched){.region = region};
	snprintf(watched->path, sizeof(watched->path), "%s/%s", runtime_dir, name);
}

void policy_watch_init(struct policy_watch *watch, const char *runtime_dir) {
	*watch = (struct policy_watch){0};
	watch_region(&watch->policy, runtime_dir, "policy", ROUSE_REGION_POLICY);
	watch_region(&watch->images, runtime_dir, "images", ROUSE_REGION_IMAGES);
	watch_region(&watch->control, runtime_dir, "control", ROUSE_REGION_CONTROL);
}

static void release(struct mapping *mapping) {
	if (!mapping || --mapping->users > 0)
		return;
	shm_unmap(&mapping->map);
	free(mapping);
}

void policy_watch_fini(struct policy_watch *watch) {
	release(watch->policy.mapping);
	release(watch->images.mapping);
	release(watch->control.mapping);
	*watch = (struct policy_watch){0};
}

// Maps the region if it is new. 1: another mapping than before; 0: the same; or -errno, the mapping
// is the former one, why says what is wrong with the new one.
static int follow(struct policy_watch *watch, struct watched *watched, char why[SHM_WHY_SIZE]) {
	struct mapping *mapping;
	int rc;

	if (watched->mapping && !shm_replaced(watched->path, &watched->mapping->map))
		return 0;
	mapping = calloc(1, sizeof(*mapping));
	if (!mapping)
		return -ENOMEM;
	rc = shm_open_region(watched->path, watched->region, false, &mapping->map, why);
	if (rc < 0) {
		free(mapping);
		return rc;
	}
	release(watched->mapping);
	mapping->users = 1;
	mapping->serial = ++watch->serial;
	watched->mapping = mapping;
	return 1;
}

static int follow_policy(struct policy_watch *watch, char why[POLICY_WATCH_WHY]) {
	char reason[SHM_WHY_SIZE] = "";
	int rc = follow(watch, &watch->policy, reason);

	if (rc > 0) {
		watch->generation = 0;
		watch->reader = (struct policy_reader){0};
	}
	if (rc < 0 && !watch->policy.mapping)
		snprintf(why, POLICY_WATCH_WHY, "%s", rc == -ENOENT ? watch->policy.path : reason);
	return watch->policy.mapping ? 0 : rc;
}

static bool same_ports(const struct policy *a, const struct policy *b) {
	uint32_t i;

	if (a->count[POLICY_PORTS] != b->count[POLICY_PORTS])
		return false;
	for (i = 0; i < a->count[POLICY_PORTS]; i++) {
		const struct policy_port *p = &a->ports[i], *q = &b->ports[i];

		if (p->kind != q->kind || p->address != q->address || p->dhcp != q->dhcp ||
			p->prefix_len != q->prefix_len || p->mtu != q->mtu || p->vlan != q->vlan ||
			p->device.len != q->device.len ||
			memcmp(policy_text(a, p->device), policy_text(b, q->device),
				p->device.len) != 0)
			return false;
	}
	return true;
}

// Control refuses a reload that changes these; a snapshot that does so nevertheless is not
// followed.
static bool same_shape(const struct policy *a, const struct policy *b) {
	const struct policy_snapshot *s = a->snapshot, *t = b->snapshot;

	return s->workers == t->workers && s->tid_first == t->tid_first &&
	       s->tid_last == t->tid_last && s->max_leases == t->max_leases && s->idle == t->idle &&
	       same_ports(a, b);
}

// The regions that the snapshot speaks of; control may be absent.
static int attach(struct policy_watch *watch, struct holding *holding, char why[POLICY_WATCH_WHY]) {
	char reason[SHM_WHY_SIZE] = "";
	int rc;

	rc = follow(watch, &watch->images, reason);
	if (!watch->images.mapping) {
		snprintf(why, POLICY_WATCH_WHY, "%s", rc == -ENOENT ? watch->images.path : reason);
		return rc;
	}
	follow(watch, &watch->control, reason);
	holding->images = watch->images.mapping;
	rc = images_attach(
		holding->images->map.base, holding->images->map.size, &holding->outlook.images);
	if (rc < 0) {
		snprintf(why, POLICY_WATCH_WHY, "%s: its offsets point outside of it",
			watch->images.path);
		return rc;
	}
	holding->images->users++;
	holding->outlook.images_serial = holding->images->serial;
	holding->control = watch->control.mapping;
	if (holding->control) {
		holding->control->users++;
		holding->outlook.control = holding->control->map.base;
	}
	return 0;
}

static struct holding *make_holding(void) {
	struct holding *holding = calloc(1, sizeof(*holding));

	if (!holding)
		return NULL;
	holding->copy = mmap(NULL, POLICY_SNAPSHOT_MAX, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (holding->copy != MAP_FAILED)
		return holding;
	free(holding);
	return NULL;
}

static void drop_holding(struct holding *holding) {
	release(holding->images);
	release(holding->control);
	munmap(holding->copy, POLICY_SNAPSHOT_MAX);
	free(holding);
}

static uint64_t published(const struct policy_watch *watch) {
	const struct shm_header *header = watch->policy.mapping->map.base;

	return atomic_load_explicit((_Atomic uint64_t *)&header->generation, memory_order_acquire);
}

// Only what was published says where its snapshots are: the region is there before it is filled.
static int attach_reader(struct policy_watch *watch, char why[POLICY_WATCH_WHY]) {
	const struct shm_map *map = &watch->policy.mapping->map;
	uint64_t generation = published(watch);
	int rc;

	if (watch->reader.region)
		return 0;
	rc = policy_reader_attach(map->base, map->size, &watch->reader);
	if (rc < 0) {
		snprintf(why, POLICY_WATCH_WHY, "%s: its offsets point outside of it",
			watch->policy.path);
		watch->generation = generation;
	}
	return rc;
}

// From a snapshot in private memory to an outlook. 1, 0: its images are not there yet, or -errno.
static int complete(
	struct policy_watch *watch, struct holding *holding, char why[POLICY_WATCH_WHY]) {
	int rc;

	if (watch->first && !same_shape(&watch->first->policy, &holding->outlook.policy)) {
		snprintf(why, POLICY_WATCH_WHY,
			"ports, workers, idle, tid_range or max_leases are others: that needs a "
			"restart");
		return -ERESTART;
	}
	rc = attach(watch, holding, why);
	if (rc == -ENOENT)
		return 0;
	return rc < 0 ? rc : 1;
}

int policy_watch_poll(
	struct policy_watch *watch, const struct outlook **outlook, char why[POLICY_WATCH_WHY]) {
	struct holding *holding;
	uint64_t generation = 0;
	int rc;

	why[0] = '\0';
	rc = follow_policy(watch, why);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	if (published(watch) == watch->generation)
		return 0; // the usual poll, 40 times a second, allocates nothing
	rc = attach_reader(watch, why);
	if (rc < 0)
		return rc;
	holding = make_holding();
	if (!holding)
		return -ENOMEM;
	rc = policy_reader_poll(&watch->reader, watch->generation, holding->copy,
		POLICY_SNAPSHOT_MAX, &holding->outlook.policy, &generation, why);
	if (rc == 1)
		rc = complete(watch, holding, why);
	if (rc <= 0)
		drop_holding(holding);
	if (rc == 0 || rc == -EAGAIN)
		return 0;
	watch->generation = generation;
	if (rc < 0)
		return rc;
	holding->outlook.generation = generation;
	*outlook = &holding->outlook;
	return 1;
}

void policy_watch_drop(const struct outlook *outlook) {
	if (outlook)
		drop_holding((struct holding *)outlook);
}

void policy_watch_fix(struct policy_watch *watch, const struct outlook *outlook) {
	watch->first = outlook;
}

static int64_t now_ns(clockid_t clock) {
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// When the process began that the region's header names. Its ticks are of the boot-time clock.
static int64_t writer_started_unix_ns(const struct shm_header *header) {
	int64_t tick_ns = 1000000000 / sysconf(_SC_CLK_TCK);

	return now_ns(CLOCK_REALTIME) - now_ns(CLOCK_BOOTTIME) +
	       (int64_t)header->writer_start_ticks * tick_ns;
}

bool policy_watch_is_leftover(const struct policy_watch *watch, const struct outlook *outlook) {
	int64_t built_ns = (int64_t)outlook->policy.snapshot->built_unix_ns;
	struct shm_header header;

	if (!watch->policy.mapping || !shm_read_header(watch->policy.mapping->map.base, &header))
		return true;
	return !shm_writer_alive(&header) || writer_started_unix_ns(&header) > built_ns;
}

bool policy_watch_images_id(const struct outlook *outlook, uint8_t boot_id[16]) {
	const struct holding *holding = (const struct holding *)outlook;
	struct shm_header header;

	if (!shm_read_header(holding->images->map.base, &header))
		return false;
	memcpy(boot_id, header.boot_id, sizeof(header.boot_id));
	return true;
}
