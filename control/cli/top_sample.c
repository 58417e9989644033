// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The dataplane writes while we read: each value is one load, and what belongs together may be some
// packets apart, which a rate over a second does not show.

#include "cli/top_sample.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"

static uint64_t load(const _Atomic uint64_t *value) {
	return atomic_load_explicit((_Atomic uint64_t *)value, memory_order_relaxed);
}

static uint64_t grown(uint64_t now, uint64_t before) {
	return now >= before ? now - before : now;
}

static void take_worker(const struct worker_block *block, struct top_worker *worker) {
	*worker = (struct top_worker){
		.busy_cycles = load(&block->busy_cycles),
		.idle_cycles = load(&block->idle_cycles),
		.frames = load(&block->counter[STAT_RX_FRAMES]) +
			  load(&block->counter[STAT_TX_FRAMES]),
		.sleeps = load(&block->sleeps),
		.sessions = load(&block->sessions),
	};
}

static void take_progress(struct top_sample *sample, const struct state_view *state) {
	if (sample->session_count != state->session_count) {
		sample->session_count = state->session_count;
		sample->progress = mem_resize(sample->progress,
			(sample->session_count + (size_t)1) * sizeof(*sample->progress));
	}
	for (uint32_t i = 0; i < state->session_count; i++) {
		const struct tftp_session *session = &state->sessions[i];

		if (session->state == SESSION_FREE)
			sample->progress[i] = (struct top_progress){0};
		else
			sample->progress[i] = (struct top_progress){
				.bytes = state_session_bytes(state, session),
				.started_unix_ms = session->started_unix_ms,
				.peer_address = session->peer_address,
				.peer_port = session->peer_port,
			};
	}
}

void top_sample_take(struct top_sample *sample, const struct state_view *state) {
	const struct state_region *region = state->region;

	sample->at_ns = state_boottime_ns();
	sample->started_unix_ms = region->started_unix_ms;
	sample->writer_pid = region->header.writer_pid;
	sample->worker_count = state->worker_count;
	for (int i = 0; i < STAT_COUNT; i++)
		sample->counter[i] = state_counter(state, (enum rouse_stat)i);
	sample->missed = 0;
	for (uint32_t i = 0; i < state->port_count && i < ROUSE_MAX_PORTS; i++)
		sample->missed += load(&region->port[i].rx_missed);
	for (uint32_t i = 0; i < state->worker_count; i++)
		take_worker(&state->workers[i], &sample->worker[i]);
	for (int i = 0; i < PHASE_COUNT; i++)
		state_phase(state, (enum rouse_phase)i, &sample->phase[i]);
	take_progress(sample, state);
}

void top_sample_free(struct top_sample *sample) {
	free(sample->progress);
	*sample = (struct top_sample){0};
}

bool top_sample_goes_on(const struct top_sample *before, const struct top_sample *now) {
	return before->writer_pid == now->writer_pid &&
	       before->started_unix_ms == now->started_unix_ms &&
	       before->worker_count == now->worker_count;
}

static double seconds(const struct top_sample *before, const struct top_sample *now) {
	return (double)grown(now->at_ns, before->at_ns) / 1e9;
}

static double rate(uint64_t now, uint64_t before, double s) {
	return s > 0 ? (double)grown(now, before) / s : 0;
}

static void work_between(
	const struct top_worker *before, const struct top_worker *now, struct top_worker *out) {
	*out = (struct top_worker){
		.busy_cycles = grown(now->busy_cycles, before->busy_cycles),
		.idle_cycles = grown(now->idle_cycles, before->idle_cycles),
		.frames = grown(now->frames, before->frames),
		.sleeps = grown(now->sleeps, before->sleeps),
		.sessions = now->sessions,
	};
}

static int by_frequency(const void *a, const void *b) {
	const struct top_drop *x = a, *y = b;

	if (x->per_s != y->per_s)
		return x->per_s < y->per_s ? 1 : -1;
	return x->total < y->total ? 1 : x->total > y->total ? -1 : 0;
}

static void drops_between(const struct top_sample *oldest, const struct top_sample *now,
	struct top_figures *figures) {
	uint32_t count = 0;

	for (int i = 0; i < STAT_COUNT; i++)
		if (stat_info[i].kind == STAT_KIND_DROP && now->counter[i])
			figures->drop[count++] = (struct top_drop){stat_info[i].name,
				stat_info[i].meaning,
				rate(now->counter[i], oldest->counter[i], figures->window_s),
				now->counter[i]};
	if (now->missed)
		figures->drop[count++] = (struct top_drop){"RX_MISSED",
			"frames lost by the ports' drivers: the workers were too slow",
			rate(now->missed, oldest->missed, figures->window_s), now->missed};
	qsort(figures->drop, count, sizeof(figures->drop[0]), by_frequency);
	figures->drop_count = count;
}

void top_between(const struct top_sample *oldest, const struct top_sample *before,
	const struct top_sample *now, struct top_figures *figures) {
	figures->interval_s = seconds(before, now);
	figures->window_s = seconds(oldest, now);
	for (int i = 0; i < STAT_COUNT; i++)
		figures->per_s[i] = rate(now->counter[i], before->counter[i], figures->interval_s);
	figures->worker_count = now->worker_count;
	for (uint32_t i = 0; i < now->worker_count; i++)
		work_between(&before->worker[i], &now->worker[i], &figures->worker[i]);
	for (int i = 0; i < PHASE_COUNT; i++)
		hist_between(&now->phase[i], &oldest->phase[i], &figures->phase[i]);
	drops_between(oldest, now, figures);
}
