// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A hashed timer wheel over the records of a session table: 4,096 slots of 1,024 us, lists linked
// by index inside the records. Arming for a later time costs a comparison: the record stays in its
// slot and is moved when that slot comes up. Finding the next slot costs two bit scans.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "shm_abi.h"

#define TIMER_WHEEL_SHIFT 10 // us per slot, as a power of two
#define TIMER_WHEEL_SLOTS 4096u
#define TIMER_WHEEL_NONE  UINT32_MAX

struct timer_wheel {
	struct tftp_session *sessions; // deadline_us, timer_tick, timer_next, timer_prev are used
	uint64_t tick;                 // slots before it are empty
	uint64_t summary;              // bit i: occupied[i] is not 0
	uint64_t occupied[TIMER_WHEEL_SLOTS / 64];
	uint32_t head[TIMER_WHEEL_SLOTS];
};

void timer_wheel_init(struct timer_wheel *wheel, struct tftp_session *sessions, uint64_t now_us);

// Makes session index come up at its deadline_us, or a slot later. It may be armed already; its
// timer_tick is 0 if it is not.
void timer_wheel_arm(struct timer_wheel *wheel, uint32_t index);

void timer_wheel_cancel(struct timer_wheel *wheel, uint32_t index);

// Takes out one session whose deadline has passed, TIMER_WHEEL_NONE when there is none. Looks at no
// more than *budget sessions and lowers it by as many.
uint32_t timer_wheel_expired(struct timer_wheel *wheel, uint64_t now_us, uint32_t *budget);

// When to call timer_wheel_expired again, in us; UINT64_MAX: nothing is armed.
uint64_t timer_wheel_due(const struct timer_wheel *wheel);
