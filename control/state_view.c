// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "state_view.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define PATH_SIZE 256

uint64_t state_boottime_ns(void) {
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static char *path_of(const char *runtime_dir, char path[PATH_SIZE]) {
	snprintf(path, PATH_SIZE, "%s/state", runtime_dir);
	return path;
}

// A pointer to count records of size at offset; NULL if they do not lie inside.
static const void *part(
	const struct state_view *view, uint64_t offset, uint64_t count, size_t size) {
	uint64_t bytes = count * size;

	if (offset % 8 || offset > view->map.size || bytes > view->map.size - offset)
		return NULL;
	return (const char *)view->map.base + offset;
}

static bool locate(struct state_view *view) {
	const struct state_region *region = view->region;

	view->worker_count = region->worker_count;
	view->port_count = region->port_count;
	view->lease_count = region->lease_count;
	view->session_count = region->session_count;
	view->image_slot_count = region->image_slot_count;
	view->tid_first = region->tid_first;
	if (!view->worker_count || view->worker_count > ROUSE_MAX_WORKERS ||
		view->image_slot_count > IMAGE_MAX_SLOTS)
		return false;
	view->workers =
		part(view, region->workers_offset, view->worker_count, sizeof(struct worker_block));
	view->phases =
		part(view, region->phases_offset, view->worker_count, sizeof(struct phase_block));
	view->sync = part(view, region->sync_offset, 1, sizeof(struct hist));
	view->events = part(view, region->events_offset,
		(uint64_t)view->worker_count * EVENT_RING_SIZE, sizeof(struct event_record));
	view->leases =
		part(view, region->leases_offset, view->lease_count, sizeof(struct lease_record));
	view->sessions = part(
		view, region->sessions_offset, view->session_count, sizeof(struct tftp_session));
	view->pins = part(view, region->pins_offset,
		(uint64_t)view->worker_count * view->image_slot_count, sizeof(uint32_t));
	view->last_use =
		part(view, region->last_use_offset, view->image_slot_count, sizeof(uint64_t));
	view->wants = part(view, region->wants_offset,
		(uint64_t)view->worker_count * WANT_RING_SIZE, sizeof(uint64_t));
	view->hits = part(view, region->hits_offset,
		(uint64_t)view->worker_count * view->image_slot_count, sizeof(uint64_t));
	view->captures = part(
		view, region->captures_offset, view->worker_count, sizeof(struct capture_ring));
	view->order_used = part(view, region->orders_offset, ORDER_SLOTS, sizeof(uint64_t));
	return view->workers && view->phases && view->sync && view->events && view->leases &&
	       view->sessions && view->pins && view->last_use && view->wants && view->hits &&
	       view->captures && view->order_used;
}

int state_view_open(struct state_view *view, const char *runtime_dir, char why[SHM_WHY_SIZE]) {
	char path[PATH_SIZE];
	int rc;

	*view = (struct state_view){0};
	rc = shm_open_region(
		path_of(runtime_dir, path), ROUSE_REGION_STATE, false, &view->map, why);
	if (rc < 0)
		return rc;
	view->region = view->map.base;
	if (view->map.size >= sizeof(*view->region) && locate(view))
		return 0;
	snprintf(why, SHM_WHY_SIZE, "%.128s: its counts point outside of its %zu bytes", path,
		view->map.size);
	state_view_close(view);
	return -EPROTO;
}

void state_view_close(struct state_view *view) {
	if (view->map.base)
		shm_unmap(&view->map);
	*view = (struct state_view){0};
}

bool state_view_replaced(const struct state_view *view, const char *runtime_dir) {
	char path[PATH_SIZE];

	return shm_replaced(path_of(runtime_dir, path), &view->map);
}

bool state_view_boot_id(const struct state_view *view, uint8_t boot_id[16]) {
	struct shm_header header;

	if (!shm_read_header(&view->region->header, &header))
		return false;
	for (int i = 0; i < 16; i++)
		boot_id[i] = header.boot_id[i];
	return true;
}

enum state_health state_health(const struct shm_header *header, uint64_t *heartbeat_age_ms) {
	uint64_t beat = atomic_load_explicit(
		(_Atomic uint64_t *)&header->heartbeat_ns, memory_order_acquire);
	uint64_t now = state_boottime_ns();

	*heartbeat_age_ms = now > beat ? (now - beat) / 1000000u : 0;
	if (!shm_writer_alive(header))
		return STATE_DEAD;
	return *heartbeat_age_ms > STATE_STALE_MS ? STATE_STALE : STATE_ALIVE;
}

const struct tftp_session *state_group_of(
	const struct state_view *view, const struct tftp_session *session) {
	uint32_t index = (uint32_t)session->tid - view->tid_first;

	if (session->state != SESSION_MEMBER || index >= view->session_count ||
		view->sessions[index].state != SESSION_GROUP)
		return NULL;
	return &view->sessions[index];
}

uint64_t state_session_bytes(const struct state_view *view, const struct tftp_session *session) {
	const struct tftp_session *group =
		session->state == SESSION_GROUP ? session : state_group_of(view, session);
	uint64_t blocks = group ? group->highest
				: atomic_load_explicit((_Atomic uint64_t *)&session->acked,
					  memory_order_relaxed);
	uint64_t bytes = blocks * session->blksize;

	return bytes < session->size ? bytes : session->size;
}

uint32_t state_pins(const struct state_view *view, uint32_t slot) {
	uint32_t sum = 0;

	if (slot >= view->image_slot_count)
		return 0;
	for (uint32_t i = 0; i < view->worker_count; i++)
		sum += atomic_load_explicit(
			(_Atomic uint32_t *)&view->pins[(size_t)i * view->image_slot_count + slot],
			memory_order_acquire);
	return sum;
}

uint64_t state_hits(const struct state_view *view, uint32_t slot, uint64_t generation) {
	uint64_t sum = 0;

	if (slot >= view->image_slot_count)
		return 0;
	for (uint32_t i = 0; i < view->worker_count; i++) {
		uint64_t word = atomic_load_explicit(
			(_Atomic uint64_t *)&view->hits[(size_t)i * view->image_slot_count + slot],
			memory_order_relaxed);

		if (word >> 32 == (uint32_t)generation)
			sum += (uint32_t)word;
	}
	return sum;
}

uint64_t state_order_used(const struct state_view *view, uint32_t slot) {
	if (slot >= ORDER_SLOTS)
		return 0;
	return atomic_load_explicit(
		(_Atomic uint64_t *)&view->order_used[slot], memory_order_acquire);
}

uint64_t state_adopted(const struct state_view *view) {
	uint64_t lowest = UINT64_MAX;

	for (uint32_t i = 0; i < view->worker_count; i++) {
		uint64_t adopted = atomic_load_explicit(
			(_Atomic uint64_t *)&view->workers[i].policy_adopted, memory_order_relaxed);

		if (adopted < lowest)
			lowest = adopted;
	}
	return lowest;
}

bool state_same_counters(const struct state_view *view) {
	return view->region->stat_names_crc == stat_names_crc();
}

uint64_t state_counter(const struct state_view *view, enum rouse_stat stat) {
	uint64_t sum = 0;

	for (uint32_t i = 0; i < view->worker_count; i++)
		sum += atomic_load_explicit(
			(_Atomic uint64_t *)&view->workers[i].counter[stat], memory_order_relaxed);
	return sum;
}

void state_phase(const struct state_view *view, enum rouse_phase phase, struct hist *sum) {
	struct hist one;

	if (phase == PHASE_SYNC) {
		hist_copy(view->sync, sum);
		return;
	}
	memset(sum, 0, sizeof(*sum));
	for (uint32_t i = 0; i < view->worker_count; i++) {
		hist_copy(&view->phases[i].phase[phase], &one);
		hist_merge(sum, &one);
	}
}
