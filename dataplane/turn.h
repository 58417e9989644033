// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// When a worker's turn on the processor comes. A worker that sleeps between frames is woken by the
// softirq that delivers them, on the processor where that runs, and Linux takes such a wake for a
// sign that whoever runs there is about to sleep: without a class of its own the worker waits
// behind it, up to the next tick, 4 ms, while another processor idles. So a worker sleeps in
// SCHED_FIFO, and what wakes it lets it run at once. One that has hardly slept lately takes turns
// like every other program: what else its processor must do, the kernel's threads for the disk
// among it, goes on. Nor while transfers run: 200 clients with a window of one block, whose
// acknowledgements gather while it waits for its turn, lose a quarter of their throughput to one
// that runs at once.
//
// Each worker has one, and only it touches it.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#define TURN_SPAN_US 4000u // a worker is judged by what it did in so long
#define TURN_SHARE   4u    // and goes first when it slept for a quarter of it

struct turn {
	bool may;         // go before other programs at all; set once
	bool earned;      // by the span before
	bool first;       // it goes before other programs now
	uint64_t span_us; // when the span began
	uint64_t slept_us;
};

// Whether this process may use SCHED_FIFO: 0 or -errno. Tries it on the calling thread, which is in
// SCHED_OTHER before and after.
int turn_probe(void);

// Before a sleep: when it has earned it, the calling thread will run at once when it is woken.
void turn_sleep(struct turn *turn);

// Takes turns like other programs from now on.
void turn_yield(struct turn *turn);

// After a sleep of so long.
static inline void turn_slept(struct turn *turn, uint64_t us) {
	turn->slept_us += us;
}

// In each pass, with so many transfers open.
static inline void turn_check(struct turn *turn, uint32_t transfers, uint64_t now_us) {
	uint64_t spent_us = now_us - turn->span_us;

	if (spent_us < TURN_SPAN_US)
		return;
	turn->earned = !transfers && turn->slept_us * TURN_SHARE >= spent_us;
	turn->span_us = now_us;
	turn->slept_us = 0;
	if (turn->first && !turn->earned)
		turn_yield(turn);
}
