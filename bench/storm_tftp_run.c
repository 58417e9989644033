// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The engine of `rouse-storm tftp`. A slot is one client with one port; a finished client lingers
// in its slot, and slots are used again in the order in which they finished. Ports are closed only
// between polls, so that a batch never meets a successor.

#include "storm_tftp_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storm_clock.h"
#include "storm_late.h"
#include "storm_pace.h"
#include "storm_stop.h"

#define SWEEP_US       2000u
#define PACE_US        200u
#define STARTS_A_ROUND 256u

struct slot {
	struct storm_tftp_client client;
	struct storm_check check;
	uint8_t *bitmap; // of clients of groups
	uint32_t file;
	uint32_t generation;
	bool open;
	bool counted; // as completed or failed
};

struct run {
	struct storm_tftp_run_settings *settings;
	struct storm_tftp_totals *totals;
	struct storm_net *net;
	struct storm_impair impair;
	struct storm_late late;
	struct storm_pace pace; // used with a rate limit
	struct storm_pace_held *held;
	uint32_t *held_queue;
	struct slot *slots;
	uint8_t *bitmaps;    // by slot
	uint64_t *deadlines; // by slot, apart so that a sweep reads little memory
	uint32_t slot_count;
	uint32_t *free; // stack
	uint32_t free_count;
	uint32_t *ended; // ring of slots that linger or failed
	uint32_t ended_head, ended_tail;
	uint32_t active;
	uint64_t begin_us, end_us, now_us;
	uint64_t next_sweep_us, next_progress_us;
	uint64_t shown_data;
};

static const char *const RUN_FAILURE_NAMES[] = {
	[STORM_TFTP_RUN_CONTENT] = "wrong_content",
	[STORM_TFTP_RUN_SOCKET] = "no_socket",
	[STORM_TFTP_RUN_DEADLINE] = "deadline",
};

const char *storm_tftp_run_failure_name(unsigned failure) {
	if (failure < STORM_TFTP_FAILURES)
		return storm_tftp_failure_name((enum storm_tftp_failure)failure);
	return RUN_FAILURE_NAMES[failure];
}

static void transmit(struct run *run, uint32_t id, struct storm_peer to, const uint8_t *bytes,
	size_t len, unsigned copies) {
	struct storm_fate fate = storm_impair_next(&run->impair);
	struct storm_late_packet held = {.client = id,
		.generation = run->slots[id].generation,
		.peer = to,
		.copies = copies * fate.copies,
		.len = len};

	if (fate.copies == 0)
		return;
	if (fate.late && storm_late_hold(&run->late, held, bytes, run->now_us))
		return;
	run->net->ops->send(run->net, id, to, bytes, len, held.copies);
}

static void count_failure(struct run *run, struct slot *slot, unsigned failure) {
	struct storm_tftp_totals *t = run->totals;

	t->failed++;
	t->failed_by[failure]++;
	if (failure == STORM_TFTP_ERROR && !t->first_error[0])
		snprintf(t->first_error, sizeof(t->first_error), "%u: %s", slot->client.error_code,
			slot->client.error_text);
}

static void count_completion(struct run *run, struct slot *slot) {
	struct storm_tftp_client *c = &slot->client;
	struct storm_tftp_totals *t = run->totals;

	t->completed++;
	hist_add(&t->answer, c->answered_us - c->started_us);
	hist_add(&t->transfer, c->last_us - c->first_us);
	hist_add(&t->whole, c->last_us - c->started_us);
}

// A client has ended, well or not. Its slot waits in the ring until its lingering is over.
static void count_end(struct run *run, uint32_t id) {
	struct slot *slot = &run->slots[id];

	slot->counted = true;
	run->active--;
	run->end_us = run->now_us;
	run->ended[run->ended_head++ % run->slot_count] = id;
	if (slot->client.state == STORM_TFTP_FAILED)
		count_failure(run, slot, slot->client.failure);
	else if (!storm_check_end(&slot->check, &run->settings->content[slot->file]))
		count_failure(run, slot, STORM_TFTP_RUN_CONTENT);
	else
		count_completion(run, slot);
}

static void send_paced(struct run *run) {
	const struct storm_pace_held *h;
	uint32_t id;

	while ((h = storm_pace_next(&run->pace, run->now_us, &id)))
		transmit(run, id, h->to, h->bytes, h->len, h->copies);
}

static void dispatch(struct run *run, uint32_t id, const struct storm_tftp_out *out) {
	if (!run->settings->rate_limit) {
		transmit(run, id, out->to, out->send, out->send_len, out->copies);
		return;
	}
	storm_pace_hold(&run->pace, id, out, storm_pace_cost(&run->slots[id].client));
	send_paced(run);
}

// Without its group a client hears nothing, and fails.
static void join(struct run *run, uint32_t id) {
	if (run->net->ops->join(run->net, id, run->slots[id].client.group) < 0)
		run->net->send_failures++;
}

static void act(struct run *run, uint32_t id, const struct storm_tftp_out *out) {
	struct slot *slot = &run->slots[id];

	if (out->join)
		join(run, id);
	if (out->data_len) {
		storm_check_feed_at(&slot->check, out->data_offset, out->data, out->data_len);
		run->totals->bytes += out->data_len;
	}
	if (out->send_len)
		dispatch(run, id, out);
	run->deadlines[id] = slot->client.deadline_us;
	if (!slot->counted && slot->client.state >= STORM_TFTP_LINGER)
		count_end(run, id);
}

static void input(
	struct run *run, uint32_t id, struct storm_peer from, const uint8_t *bytes, size_t len) {
	struct storm_tftp_out out;

	storm_tftp_input(&run->slots[id].client, from, bytes, len, run->now_us, &out);
	act(run, id, &out);
}

static void receive(void *arg, uint32_t id, struct storm_peer from, const uint8_t *bytes,
	size_t len, uint64_t now_us) {
	struct run *run = arg;
	struct storm_fate fate = storm_impair_next(&run->impair);
	struct storm_late_packet held = {.client = id,
		.generation = run->slots[id].generation,
		.inbound = true,
		.peer = from,
		.copies = fate.copies,
		.len = len};

	run->now_us = now_us;
	if (fate.late && storm_late_hold(&run->late, held, bytes, now_us))
		return;
	for (unsigned i = 0; i < fate.copies; i++)
		input(run, id, from, bytes, len);
}

static void deliver_late(struct run *run) {
	struct storm_late_packet *p;

	while ((p = storm_late_due(&run->late, run->now_us))) {
		const struct slot *slot = &run->slots[p->client];

		if (slot->open && slot->generation == p->generation) {
			for (unsigned i = 0; p->inbound && i < p->copies; i++)
				input(run, p->client, p->peer, p->bytes, p->len);
			if (!p->inbound)
				run->net->ops->send(
					run->net, p->client, p->peer, p->bytes, p->len, p->copies);
		}
		free(p->bytes);
	}
}

static void add_counters(struct storm_tftp_totals *t, const struct storm_tftp_client *c) {
	t->data += c->data;
	t->duplicates += c->duplicates;
	t->ahead += c->ahead;
	t->malformed += c->malformed;
	t->foreign += c->foreign;
	t->retransmissions += c->retransmissions;
	t->acks += c->acks;
	t->extra_acks += c->extra_acks;
}

static void release(struct run *run, uint32_t id) {
	struct slot *slot = &run->slots[id];

	if (!slot->open)
		return;
	add_counters(run->totals, &slot->client);
	run->net->ops->close(run->net, id);
	run->deadlines[id] = UINT64_MAX;
	if (run->settings->rate_limit)
		storm_pace_forget(&run->pace, id);
	slot->open = false;
	slot->generation++;
	run->free[run->free_count++] = id;
}

// Slots whose lingering is over; all of them with force.
static void release_ended(struct run *run) {
	while (run->ended_tail != run->ended_head) {
		uint32_t id = run->ended[run->ended_tail % run->slot_count];

		if (run->slots[id].client.state == STORM_TFTP_LINGER && run->free_count)
			return;
		run->ended_tail++;
		release(run, id);
	}
}

static void start_one(struct run *run) {
	uint32_t id = run->free[--run->free_count];
	struct slot *slot = &run->slots[id];
	struct storm_tftp_out out;

	slot->file = (uint32_t)(run->totals->started++ % run->settings->files);
	slot->counted = false;
	if (run->net->ops->open(run->net, id) < 0) {
		run->free[run->free_count++] = id;
		count_failure(run, slot, STORM_TFTP_RUN_SOCKET);
		return;
	}
	slot->open = true;
	run->active++;
	storm_check_begin(&slot->check, &run->settings->content[slot->file]);
	storm_tftp_start(&slot->client, &run->settings->file[slot->file], run->now_us, &out);
	slot->client.bitmap = slot->bitmap;
	if (slot->bitmap)
		memset(slot->bitmap, 0, STORM_TFTP_BITMAP_SIZE);
	act(run, id, &out);
}

static uint64_t starts_allowed(const struct run *run) {
	const struct storm_tftp_run_settings *s = run->settings;
	double seconds = (double)(run->now_us - run->begin_us) / STORM_SECOND_US;

	if (s->rate <= 0 || seconds * s->rate + 1 >= (double)s->total)
		return s->total;
	return (uint64_t)(seconds * s->rate) + 1;
}

static void start_due(struct run *run) {
	uint64_t allowed = starts_allowed(run);

	release_ended(run);
	for (uint32_t i = 0; i < STARTS_A_ROUND; i++) {
		if (run->totals->started >= allowed || run->active >= run->settings->clients)
			return;
		if (!run->free_count)
			release_ended(run);
		if (!run->free_count)
			return;
		run->now_us = storm_clock_us();
		start_one(run);
	}
}

static void sweep(struct run *run) {
	struct storm_tftp_out out;

	if (run->now_us < run->next_sweep_us)
		return;
	run->next_sweep_us = run->now_us + SWEEP_US;
	for (uint32_t id = 0; id < run->slot_count; id++) {
		if (run->deadlines[id] > run->now_us)
			continue;
		storm_tftp_tick(&run->slots[id].client, run->now_us, &out);
		act(run, id, &out);
	}
}

static void show_progress(struct run *run) {
	const struct storm_tftp_totals *t = run->totals;

	if (!run->settings->show_progress || run->now_us < run->next_progress_us)
		return;
	fprintf(stderr,
		"\r%6.1f s  %llu started  %llu done  %llu failed  %u running  %.2f Gb/s \033[K",
		(double)(run->now_us - run->begin_us) / 1e6, (unsigned long long)t->started,
		(unsigned long long)t->completed, (unsigned long long)t->failed, run->active,
		(double)(t->bytes - run->shown_data) * 8 / 1e9);
	run->shown_data = t->bytes;
	run->next_progress_us = run->now_us + STORM_SECOND_US;
}

static bool running(struct run *run) {
	const struct storm_tftp_run_settings *s = run->settings;

	if (storm_stop_wanted() ||
		(s->deadline_us && run->now_us >= run->begin_us + s->deadline_us)) {
		run->totals->deadline_passed = run->active || run->totals->started < s->total;
		return false;
	}
	return run->totals->started < s->total || run->ended_head != run->ended_tail || run->active;
}

static uint64_t wait_time(const struct run *run) {
	if (run->late.head != run->late.tail)
		return STORM_LATE_WAIT_US / 4;
	if (run->settings->rate_limit && storm_pace_waits(&run->pace))
		return PACE_US;
	return run->settings->rate > 0 && run->totals->started < run->settings->total ? 200
										      : SWEEP_US;
}

static void loop(struct run *run) {
	run->begin_us = run->now_us = storm_clock_us();
	run->next_progress_us = run->begin_us + STORM_SECOND_US;
	if (run->settings->rate_limit)
		storm_pace_init(&run->pace, run->settings->rate_limit, run->held, run->held_queue,
			run->slot_count, run->begin_us);
	while (running(run)) {
		start_due(run);
		run->net->ops->poll(run->net, wait_time(run), receive, run);
		run->now_us = storm_clock_us();
		deliver_late(run);
		if (run->settings->rate_limit)
			send_paced(run);
		sweep(run);
		show_progress(run);
	}
	if (run->settings->show_progress)
		fputs("\r\033[K", stderr);
}

// What still runs when the deadline comes has failed.
static void close_all(struct run *run) {
	struct storm_tftp_totals *t = run->totals;

	if (run->active)
		run->end_us = run->now_us;
	for (uint32_t id = 0; id < run->slot_count; id++) {
		if (run->slots[id].open && !run->slots[id].counted)
			count_failure(run, &run->slots[id], STORM_TFTP_RUN_DEADLINE);
		release(run, id);
	}
	t->elapsed_us = run->end_us > run->begin_us ? run->end_us - run->begin_us : 0;
	t->lost = run->impair.dropped;
	t->doubled = run->impair.duplicated;
	t->delayed = run->impair.delayed;
	t->send_failures = run->net->send_failures;
	t->group_data = run->net->group_packets;
	storm_late_clear(&run->late);
}

static int prepare(struct run *run) {
	run->slot_count = 2 * run->settings->clients;
	run->slots = calloc(run->slot_count, sizeof(*run->slots));
	run->deadlines = calloc(run->slot_count, sizeof(*run->deadlines));
	run->free = calloc(run->slot_count, sizeof(*run->free));
	run->ended = calloc(run->slot_count, sizeof(*run->ended));
	if (run->settings->rate_limit) {
		run->held = calloc(run->slot_count, sizeof(*run->held));
		run->held_queue = calloc(run->slot_count, sizeof(*run->held_queue));
		if (!run->held || !run->held_queue)
			return -ENOMEM;
	}
	if (!run->slots || !run->deadlines || !run->free || !run->ended)
		return -ENOMEM;
	if (run->settings->file[0].multicast) {
		run->bitmaps = calloc(run->slot_count, STORM_TFTP_BITMAP_SIZE);
		if (!run->bitmaps)
			return -ENOMEM;
		for (uint32_t id = 0; id < run->slot_count; id++)
			run->slots[id].bitmap = run->bitmaps + id * (size_t)STORM_TFTP_BITMAP_SIZE;
	}
	for (uint32_t id = run->slot_count; id-- > 0;) {
		run->deadlines[id] = UINT64_MAX;
		run->free[run->free_count++] = id;
	}
	storm_impair_init(&run->impair, run->settings->loss, run->settings->dup,
		run->settings->reorder, run->settings->seed);
	return 0;
}

int storm_tftp_run(struct storm_tftp_run_settings *settings, struct storm_net *net,
	struct storm_tftp_totals *totals) {
	struct run *run = calloc(1, sizeof(*run));
	int err = -ENOMEM;

	if (!run)
		return err;
	*totals = (struct storm_tftp_totals){0};
	run->settings = settings;
	run->totals = totals;
	run->net = net;
	err = prepare(run);
	if (!err) {
		loop(run);
		close_all(run);
	}
	free(run->held_queue);
	free(run->held);
	free(run->bitmaps);
	free(run->ended);
	free(run->free);
	free(run->deadlines);
	free(run->slots);
	free(run);
	return err;
}
