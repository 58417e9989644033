// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The worker's loop, when it sleeps, and how it takes a new policy.

#include "worker.h"

#include <rte_cycles.h>
#include <rte_pause.h>

#include "dhcp_glue.h"
#include "tftp_glue.h"

#include "hot.h"

static void tell_adopted(struct worker *w) {
	struct event_record event = {
		.kind = EVENT_POLICY_ADOPTED,
		.unix_ns = rouse_unix_ns(w->time.now),
		.value = w->outlook->generation,
	};

	events_push(&w->events, &event, NULL, 0);
}

// Takes what main has published. The old outlook is main's to free when all workers have moved on.
static void reconfigure(struct worker *w) {
	const struct outlook *next = atomic_load_explicit(w->published, memory_order_acquire);
	const struct outlook *last = w->outlook;

	if (next == last)
		return;
	w->outlook = next;
	w->events.tail = next->control ? &next->control->event_tail[w->index] : NULL;
	w->wants.tail = next->control ? &next->control->want_tail[w->index] : NULL;
	tftp_glue_reconfigure(w, last, next);
	if (w->dhcp)
		dhcp_glue_reconfigure(w->dhcp, next);
	if (w->index == 0)
		tell_adopted(w);
	atomic_store_explicit(&w->block->policy_adopted, next->generation, memory_order_release);
	atomic_store_explicit(&w->seen, next, memory_order_release);
}

static void sweep(struct worker *w) {
	uint64_t wake_us = tftp_server_wake(w->tftp, &w->outlook->policy, w->time.now);

	w->next_timer_us = tftp_server_expire(w->tftp, w->time.now);
	if (wake_us < w->next_timer_us)
		w->next_timer_us = wake_us;
	atomic_store_explicit(
		&w->block->sessions, tftp_server_active(w->tftp), memory_order_relaxed);
	if (!w->dhcp)
		return;
	dhcp_glue_sweep(w->dhcp, w->time.now);
	if (w->dhcp->resume_us < w->next_timer_us)
		w->next_timer_us = w->dhcp->resume_us;
}

// How long there is nothing to do for sure; 0: do not sleep.
static uint64_t idle_us(struct worker *w) {
	uint64_t now = w->time.now.us, left = WORKER_SLEEP_MAX_US;
	uint16_t i;

	if (!w->sleeps || now - w->last_work_us < WORKER_IDLE_US)
		return 0;
	for (i = 0; i < w->port_count; i++)
		if (w->port[i].out_count)
			left = WORKER_BLOCKED_US;
	if (w->next_timer_us <= now)
		return 0;
	return w->next_timer_us - now < left ? w->next_timer_us - now : left;
}

// The clock goes on after a sleep, and the worker has slept.
static void awake(struct worker *w) {
	uint64_t slept_at_us = w->time.now.us;

	timekeeper_renew(&w->time, rte_rdtsc());
	turn_slept(&w->turn, w->time.now.us - slept_at_us);
}

// Lets DHCP gather while much of it comes. Whoever hands a frame over need not wake it: it looks
// soon.
static bool nap(struct worker *w) {
	uint64_t now = w->time.now.us;
	uint32_t us = nap_us(&w->nap, tftp_server_active(w->tftp), now);

	if (!w->sleeps || us == 0 || w->next_timer_us < now + us)
		return false;
	turn_sleep(&w->turn);
	wait_nap(us);
	awake(w);
	return true;
}

// Says that it sleeps before it looks at the rings a last time; whoever hands a frame over does it
// the other way round, so one of the two notices.
static void rest(struct worker *w) {
	uint64_t us;

	if (nap(w))
		return;
	us = idle_us(w);
	if (us == 0) {
		rte_pause();
		return;
	}
	atomic_store(&w->sleeping, true);
	if (!handover_pending(w->handover, w->index)) {
		turn_sleep(&w->turn);
		wait_sleep(&w->waiter, us);
		atomic_fetch_add_explicit(&w->block->sleeps, 1, memory_order_relaxed);
	}
	atomic_store(&w->sleeping, false);
	awake(w);
}

static void account(struct worker *w, uint64_t start_tsc, bool worked) {
	_Atomic uint64_t *cycles = worked ? &w->block->busy_cycles : &w->block->idle_cycles;
	uint64_t spent = rte_rdtsc() - start_tsc;

	atomic_store_explicit(cycles, atomic_load_explicit(cycles, memory_order_relaxed) + spent,
		memory_order_relaxed);
}

int worker_run(void *arg) {
	struct worker *w = arg;
	uint32_t work;

	wait_precisely();
	atomic_store(&w->sleeping, false);
	while (!atomic_load_explicit(w->stop, memory_order_relaxed)) {
		uint64_t start = rte_rdtsc();

		timekeeper_tick(&w->time, start);
		turn_check(&w->turn, tftp_server_active(w->tftp), w->time.now.us);
		reconfigure(w);
		w->capturing = worker_capture_wanted(w);
		work = worker_recv(w); // and handle, frame by frame
		nap_count(&w->nap, work, w->time.now.us);
		work += worker_send(w);
		sweep(w);
		if (work)
			w->last_work_us = w->time.now.us;
		else
			rest(w);
		account(w, start, work > 0);
		atomic_store_explicit(&w->block->loops,
			atomic_load_explicit(&w->block->loops, memory_order_relaxed) + 1,
			memory_order_release);
	}
	worker_drop_out(w);
	atomic_store(&w->sleeping, true);
	return 0;
}
