// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Sessions that have something to send and wait for their token bucket: a hashed wheel of 1,024
// slots of 16 us, lists linked by index inside the session records. Time is looked at once per call
// of the server, so finer slots would only be emptied together. A session that waits longer than
// the wheel's turn (16 ms) comes up early and is put back.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "shm_abi.h"

#define PACE_WHEEL_SHIFT 4 // us per slot, as a power of two
#define PACE_WHEEL_SLOTS 1024u
#define PACE_WHEEL_NONE  UINT32_MAX

struct pace_wheel {
	struct tftp_session *sessions; // pace_slot, ready_next and ready_prev are used
	uint64_t tick;                 // slots before it are empty
	uint32_t count;                // sessions that wait
	uint64_t occupied[PACE_WHEEL_SLOTS / 64];
	uint32_t head[PACE_WHEEL_SLOTS];
};

void pace_wheel_init(struct pace_wheel *wheel, struct tftp_session *sessions, uint64_t now_us);

// Makes session index, which is in no list, come up at due_us or up to a slot later. now_us is not
// before that of any earlier call.
void pace_wheel_add(struct pace_wheel *wheel, uint32_t index, uint64_t due_us, uint64_t now_us);

// Takes out a session that is in the wheel.
void pace_wheel_remove(struct pace_wheel *wheel, uint32_t index);

// Takes out one whose time has come, PACE_WHEEL_NONE when there is none.
uint32_t pace_wheel_expired(struct pace_wheel *wheel, uint64_t now_us);

// When to call pace_wheel_expired again, in us; UINT64_MAX: nobody waits.
uint64_t pace_wheel_due(const struct pace_wheel *wheel);
