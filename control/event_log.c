// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "event_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control_log.h"
#include "event_text.h"
#include "events.h"

// A boot storm has more events than anybody reads: the log gets so many lines a second, the rest as
// a number. rouse stats counts them all. Few at a time, and what cannot be written is not even
// copied, as a worker may share its processor with us: at 300,000 messages a second one that is
// away for 6 ms loses what does not fit its port's ring.
#define LINES_PER_SECOND 500u
#define LINES_PER_RUN    100u
#define EVENTS_PER_RUN   512u  // of one worker
#define EVENTS_FOLLOWED  4096u // the same, while somebody follows them: 40,000 a second
#define RUNS_PER_SECOND  10u
#define EVENTS_LEFT_MAX  (EVENT_RING_SIZE / 4)

int event_log_open(struct event_log *log, const char *runtime_dir, char why[SHM_WHY_SIZE]) {
	char path[256];
	int rc;

	*log = (struct event_log){.credit = LINES_PER_SECOND};
	snprintf(path, sizeof(path), "%s/control", runtime_dir);
	rc = shm_open_region(path, ROUSE_REGION_CONTROL, true, &log->map, why);
	if (rc == 0)
		shm_take_over(&log->map);
	else if (rc != -EBUSY)
		rc = shm_create_region(
			path, ROUSE_REGION_CONTROL, sizeof(struct control_region), &log->map, why);
	if (rc < 0)
		return rc;
	log->region = log->map.base;
	log->runtime_dir = mem_text(runtime_dir);
	event_log_beat(log);
	return 0;
}

void event_log_close(struct event_log *log) {
	for (size_t i = 0; i < IMAGE_MAX_SLOTS; i++)
		free(log->files[i]);
	if (log->attached)
		state_view_close(&log->state);
	if (log->map.base)
		shm_unmap(&log->map);
	free(log->runtime_dir);
	*log = (struct event_log){0};
}

void event_log_beat(struct event_log *log) {
	atomic_store_explicit(
		&log->region->header.heartbeat_ns, state_boottime_ns(), memory_order_release);
}

static void note_file(struct event_log *log, uint32_t slot, const char *path) {
	if (slot >= IMAGE_MAX_SLOTS || (log->files[slot] && !strcmp(log->files[slot], path)))
		return;
	free(log->files[slot]);
	log->files[slot] = mem_text(path);
}

// A text that several names share is told by one of them.
static void note_rendered(struct event_log *log, const struct image_table *images) {
	const struct rendered_set *set = images->rendered;

	for (size_t i = set ? set->file_count : 0; i-- > 0;) {
		const struct image_rendered_place *place =
			&images->rendered_places[set->files[i].text];

		if (place->served)
			note_file(log, place->slot, set->files[i].name);
	}
}

void event_log_images(struct event_log *log, const struct image_table *images) {
	for (size_t i = 0; i < images->count; i++)
		if (images->entries[i].served)
			note_file(log, images->entries[i].slot, images->entries[i].path);
	note_rendered(log, images);
}

static const char *host_name(const struct config *config, const uint8_t mac[6]) {
	const struct config_host *host = config_host_by_mac(config, mac);

	return host ? host->name : NULL;
}

// Events of a session name its file by the slot.
static const char *file_name(const struct event_log *log, const struct event_record *event) {
	bool by_slot = event->kind == EVENT_TFTP_OPEN || event->kind == EVENT_TFTP_DONE ||
		       event->kind == EVENT_TFTP_PROBE || event->kind == EVENT_TFTP_FAILED;

	return by_slot && event->value < IMAGE_MAX_SLOTS ? log->files[event->value] : NULL;
}

static void write_event(
	struct event_log *log, const struct config *config, const struct event_record *event) {
	char sentence[EVENT_SENTENCE_SIZE];

	if (!event_text(event, host_name(config, event->mac), file_name(log, event), sentence))
		return;
	log->credit--;
	log->lines++;
	control_log(event_is_trouble(event) ? CONTROL_WARNING : CONTROL_INFO, "%s", sentence);
}

static void refill(struct event_log *log) {
	uint64_t now_ms = state_boottime_ns() / 1000000u;

	log->lines = 0;
	log->credit += LINES_PER_SECOND / RUNS_PER_SECOND;
	if (log->credit > LINES_PER_SECOND)
		log->credit = LINES_PER_SECOND;
	if (now_ms < log->told_ms + 1000)
		return;
	log->told_ms = now_ms;
	if (log->held_back)
		control_log(CONTROL_NOTICE, "%llu more events, see rouse stats",
			(unsigned long long)log->held_back);
	log->held_back = 0;
}

// again: it was taken before, but what followed from it could not be kept.
static void take_event(struct event_log *log, const struct config *config,
	const struct event_record *event, bool again) {
	if (log->follow)
		log->follow(log->follow_context, event, file_name(log, event));
	if (again)
		return;
	if (log->credit && log->lines < LINES_PER_RUN)
		write_event(log, config, event);
	else
		log->held_back++;
}

// Whether one more event is taken in this run. Who follows them takes all that there may be.
static bool goes_on(const struct event_log *log, uint32_t taken) {
	if (log->follow)
		return taken < EVENTS_FOLLOWED;
	return taken < EVENTS_PER_RUN && log->credit && log->lines < LINES_PER_RUN;
}

static void run_worker(struct event_log *log, const struct config *config, uint32_t worker) {
	const struct worker_block *block = &log->state.workers[worker];
	uint64_t tail =
		atomic_load_explicit(&log->region->event_tail[worker], memory_order_relaxed);
	uint64_t lost;
	struct event_record event;

	for (uint32_t n = 0; goes_on(log, n); n++) {
		if (!events_pop(
			    block, state_ring(&log->state, worker), &tail, &log->held_back, &event))
			break;
		take_event(log, config, &event, tail <= log->told[worker]);
		if (tail > log->told[worker])
			log->told[worker] = tail;
	}
	// The rest can wait for the next run, as long as there are credit and room for it.
	log->held_back +=
		events_skip(block, &tail, log->credit || log->follow ? EVENTS_LEFT_MAX : 0);
	log->tail[worker] = tail;
	lost = atomic_load_explicit((_Atomic uint64_t *)&block->event_lost, memory_order_relaxed);
	if (lost > log->lost[worker])
		log->held_back += lost - log->lost[worker];
	log->lost[worker] = lost;
}

void event_log_done(struct event_log *log) {
	for (uint32_t i = 0; log->attached && i < log->state.worker_count; i++)
		atomic_store_explicit(
			&log->region->event_tail[i], log->tail[i], memory_order_release);
}

static void tell_health(struct event_log *log) {
	uint64_t age_ms;
	bool dead = state_health(&log->state.region->header, &age_ms) == STATE_DEAD;

	if (dead && !log->told_dead)
		control_log(CONTROL_WARNING, "the dataplane has ended");
	if (!dead && log->told_dead)
		control_log(CONTROL_NOTICE, "the dataplane is back");
	log->told_dead = dead;
}

static bool attach(struct event_log *log) {
	char why[SHM_WHY_SIZE];

	if (log->attached && state_view_replaced(&log->state, log->runtime_dir)) {
		state_view_close(&log->state);
		log->attached = false;
	}
	if (log->attached)
		return true;
	if (state_view_open(&log->state, log->runtime_dir, why) < 0)
		return false;
	log->attached = true;
	memset(log->told, 0, sizeof(log->told));
	// What was counted before we looked is history.
	for (uint32_t i = 0; i < log->state.worker_count; i++)
		log->lost[i] =
			atomic_load_explicit((_Atomic uint64_t *)&log->state.workers[i].event_lost,
				memory_order_relaxed);
	return true;
}

void event_log_run(struct event_log *log, const struct config *config) {
	refill(log);
	if (!attach(log))
		return;
	tell_health(log);
	for (uint32_t i = 0; i < log->state.worker_count; i++)
		run_worker(log, config, i);
}

const struct state_view *event_log_state(const struct event_log *log) {
	return log->attached && !log->told_dead ? &log->state : NULL;
}
