// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The sizes of all parts follow from the policy; a region with other sizes, or another version, is
// replaced. Pins have room for every slot that an images region can have, so that a new one fits.

#include "state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <rte_cycles.h>

#include "refusal.h"

#define PATH_SIZE 256

struct layout {
	uint64_t workers, phases, sync, events, leases, sessions, pins, last_use, wants, hits,
		captures, orders, total;
};

static uint64_t take(uint64_t *at, uint64_t size) {
	uint64_t offset = *at;

	*at += (size + ROUSE_PAGE - 1) & ~(uint64_t)(ROUSE_PAGE - 1);
	return offset;
}

static uint32_t session_count(const struct state_plan *plan) {
	return plan->tid_last - plan->tid_first + 1u;
}

static struct layout lay_out(const struct state_plan *plan) {
	uint64_t at = sizeof(struct state_region);
	struct layout layout;

	layout.workers = take(&at, plan->workers * sizeof(struct worker_block));
	layout.phases = take(&at, plan->workers * sizeof(struct phase_block));
	layout.sync = take(&at, sizeof(struct hist));
	layout.events =
		take(&at, (uint64_t)plan->workers * EVENT_RING_SIZE * sizeof(struct event_record));
	layout.leases = take(&at, plan->leases * sizeof(struct lease_record));
	layout.sessions = take(&at, session_count(plan) * sizeof(struct tftp_session));
	layout.pins = take(&at, (uint64_t)plan->workers * IMAGE_MAX_SLOTS * sizeof(uint32_t));
	layout.last_use = take(&at, IMAGE_MAX_SLOTS * sizeof(uint64_t));
	layout.wants = take(&at, (uint64_t)plan->workers * WANT_RING_SIZE * sizeof(uint64_t));
	layout.hits = take(&at, (uint64_t)plan->workers * IMAGE_MAX_SLOTS * sizeof(uint64_t));
	layout.captures = take(&at, plan->workers * sizeof(struct capture_ring));
	layout.orders = take(&at, ORDER_SLOTS * sizeof(uint64_t));
	layout.total = at;
	return layout;
}

static void locate(struct state *state, const struct layout *layout) {
	uint8_t *base = state->map.base;

	state->region = (void *)base;
	state->workers = (void *)(base + layout->workers);
	state->phases = (void *)(base + layout->phases);
	state->sync = (void *)(base + layout->sync);
	state->events = (void *)(base + layout->events);
	state->leases = (void *)(base + layout->leases);
	state->sessions = (void *)(base + layout->sessions);
	state->pins = (void *)(base + layout->pins);
	state->last_use = (void *)(base + layout->last_use);
	state->wants = (void *)(base + layout->wants);
	state->hits = (void *)(base + layout->hits);
	state->captures = (void *)(base + layout->captures);
	state->order_used = (void *)(base + layout->orders);
}

// Whether the former process laid its region out as we do.
static bool same_layout(const struct state_region *region, const struct layout *layout,
	const struct state_plan *plan) {
	return region->worker_count == plan->workers && region->lease_count == plan->leases &&
	       region->session_count == session_count(plan) &&
	       region->tid_first == plan->tid_first &&
	       region->image_slot_count == IMAGE_MAX_SLOTS &&
	       region->workers_offset == layout->workers &&
	       region->phases_offset == layout->phases && region->sync_offset == layout->sync &&
	       region->events_offset == layout->events && region->leases_offset == layout->leases &&
	       region->sessions_offset == layout->sessions && region->pins_offset == layout->pins &&
	       region->last_use_offset == layout->last_use &&
	       region->wants_offset == layout->wants && region->hits_offset == layout->hits &&
	       region->captures_offset == layout->captures &&
	       region->orders_offset == layout->orders;
}

static void fill_region(
	struct state_region *region, const struct layout *layout, const struct state_plan *plan) {
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	region->worker_count = plan->workers;
	region->lease_count = plan->leases;
	region->session_count = session_count(plan);
	region->image_slot_count = IMAGE_MAX_SLOTS;
	region->tid_first = plan->tid_first;
	region->tsc_hz = rte_get_tsc_hz();
	region->started_unix_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	region->workers_offset = layout->workers;
	region->phases_offset = layout->phases;
	region->sync_offset = layout->sync;
	region->events_offset = layout->events;
	region->leases_offset = layout->leases;
	region->sessions_offset = layout->sessions;
	region->pins_offset = layout->pins;
	region->last_use_offset = layout->last_use;
	region->wants_offset = layout->wants;
	region->hits_offset = layout->hits;
	region->captures_offset = layout->captures;
	region->orders_offset = layout->orders;
	memset(region->images_boot_id, 0, sizeof(region->images_boot_id));
	atomic_store(&region->lease_high, 0);
	memset(&region->journal, 0, sizeof(region->journal));
	memset(region->port, 0, sizeof(region->port));
	memset(&region->refusal, 0, sizeof(region->refusal));
	region->stat_names_crc = stat_names_crc();
}

// Counters and durations begin anew; the numbers of events and wants go on, so that their consumer
// misses none.
static void wipe_workers(struct state *state, uint16_t count) {
	uint16_t i;

	for (i = 0; i < count; i++) {
		uint64_t head = atomic_load(&state->workers[i].event_head);
		uint64_t want_head = atomic_load(&state->workers[i].want_head);

		memset(&state->phases[i], 0, sizeof(state->phases[i]));
		memset(&state->workers[i], 0, sizeof(state->workers[i]));
		atomic_store(&state->workers[i].event_head, head);
		atomic_store(&state->workers[i].want_head, want_head);
	}
	memset(state->sync, 0, sizeof(*state->sync));
}

// Takes over what the former process left: pins are void, leases come from the journal, sessions
// and events stay. Any error: create.
static int take_over(struct state *state, const char *path, const struct layout *layout,
	const struct state_plan *plan, char why[SHM_WHY_SIZE]) {
	int rc;

	rc = shm_open_region(path, ROUSE_REGION_STATE, true, &state->map, why);
	if (rc < 0)
		return rc;
	locate(state, layout);
	if (state->map.size != layout->total || !same_layout(state->region, layout, plan)) {
		shm_unmap(&state->map);
		return -EPROTO;
	}
	memcpy(state->former_images, state->region->images_boot_id, sizeof(state->former_images));
	shm_take_over(&state->map);
	wipe_workers(state, plan->workers);
	memset((uint8_t *)state->map.base + layout->pins, 0, layout->last_use - layout->pins);
	state->taken_over = true;
	return 0;
}

int state_open(struct state *state, const char *runtime_dir, const struct state_plan *plan,
	char why[SHM_WHY_SIZE]) {
	struct layout layout = lay_out(plan);
	char path[PATH_SIZE];
	int rc;

	*state = (struct state){0};
	snprintf(path, sizeof(path), "%s/state", runtime_dir);
	rc = take_over(state, path, &layout, plan, why);
	if (rc < 0)
		rc = shm_create_region(path, ROUSE_REGION_STATE, layout.total, &state->map, why);
	if (rc < 0)
		return rc;
	locate(state, &layout);
	fill_region(state->region, &layout, plan);
	atomic_fetch_add_explicit(&state->region->header.generation, 1, memory_order_release);
	state_beat(state);
	return 0;
}

void state_close(struct state *state) {
	if (state->map.base)
		shm_unmap(&state->map);
	*state = (struct state){0};
}

void state_beat(struct state *state) {
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	atomic_store_explicit(&state->region->header.heartbeat_ns,
		(uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec, memory_order_release);
}

void state_set_images(struct state *state, const uint8_t boot_id[16]) {
	memcpy(state->region->images_boot_id, boot_id, sizeof(state->region->images_boot_id));
	atomic_fetch_add_explicit(&state->region->header.generation, 1, memory_order_release);
}

void state_set_refusal(struct state *state, uint64_t generation, const char *why) {
	refusal_write(&state->region->refusal, generation, why);
}

void state_slice(const struct state *state, uint16_t worker, uint32_t *first, uint32_t *count) {
	uint32_t workers = state->region->worker_count,
		 each = state->region->session_count / workers;

	*first = worker * each;
	*count = worker + 1u == workers ? state->region->session_count - *first : each;
}
