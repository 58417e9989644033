// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The timers of TFTP sessions. An ACK moves a deadline, hundreds of thousands of times a second;
// only what comes up in vain is moved between slots. A deadline beyond the wheel waits in its last
// slot. A record's timer_prev is another's index, or SLOT_FLAG and the slot whose head it is.

#include "timer_wheel.h"

#include <string.h>

#define SLOT_MASK (TIMER_WHEEL_SLOTS - 1)
#define SLOT_FLAG 0x80000000u

void timer_wheel_init(struct timer_wheel *wheel, struct tftp_session *sessions, uint64_t now_us) {
	memset(wheel, 0, sizeof(*wheel));
	wheel->sessions = sessions;
	wheel->tick = now_us >> TIMER_WHEEL_SHIFT;
	static_assert(TIMER_WHEEL_NONE == UINT32_MAX, "memset below");
	memset(wheel->head, 0xff, sizeof(wheel->head));
}

static void link_first(struct timer_wheel *wheel, uint32_t index, uint64_t tick) {
	uint32_t slot = tick & SLOT_MASK;
	struct tftp_session *session = &wheel->sessions[index];

	session->timer_tick = tick;
	session->timer_prev = SLOT_FLAG | slot;
	session->timer_next = wheel->head[slot];
	if (session->timer_next != TIMER_WHEEL_NONE)
		wheel->sessions[session->timer_next].timer_prev = index;
	wheel->head[slot] = index;
	wheel->occupied[slot / 64] |= 1ULL << slot % 64;
	wheel->summary |= 1ULL << slot / 64;
}

static void set_head(struct timer_wheel *wheel, uint32_t slot, uint32_t index) {
	wheel->head[slot] = index;
	if (index != TIMER_WHEEL_NONE)
		return;
	wheel->occupied[slot / 64] &= ~(1ULL << slot % 64);
	if (!wheel->occupied[slot / 64])
		wheel->summary &= ~(1ULL << slot / 64);
}

static void unlink_session(struct timer_wheel *wheel, struct tftp_session *session) {
	if (session->timer_prev & SLOT_FLAG)
		set_head(wheel, session->timer_prev & SLOT_MASK, session->timer_next);
	else
		wheel->sessions[session->timer_prev].timer_next = session->timer_next;
	if (session->timer_next != TIMER_WHEEL_NONE)
		wheel->sessions[session->timer_next].timer_prev = session->timer_prev;
	session->timer_tick = 0;
}

void timer_wheel_arm(struct timer_wheel *wheel, uint32_t index) {
	struct tftp_session *session = &wheel->sessions[index];
	uint64_t tick = (session->deadline_us + (1u << TIMER_WHEEL_SHIFT) - 1) >> TIMER_WHEEL_SHIFT;

	if (session->timer_tick && session->timer_tick <= tick)
		return;
	if (session->timer_tick)
		unlink_session(wheel, session);
	// Tick 0 would read as "not armed".
	if (tick <= wheel->tick)
		tick = wheel->tick ? wheel->tick : 1;
	if (tick > wheel->tick + SLOT_MASK)
		tick = wheel->tick + SLOT_MASK;
	link_first(wheel, index, tick);
}

void timer_wheel_cancel(struct timer_wheel *wheel, uint32_t index) {
	struct tftp_session *session = &wheel->sessions[index];

	if (session->timer_tick)
		unlink_session(wheel, session);
	session->deadline_us = 0;
}

// The tick of the first occupied slot from wheel->tick on, UINT64_MAX if all are empty.
static uint64_t first_tick(const struct timer_wheel *wheel) {
	uint32_t from = wheel->tick & SLOT_MASK;
	uint32_t word = from / 64;
	uint64_t bits = wheel->occupied[word] & ~0ULL << from % 64;
	uint32_t slot;

	if (!bits && !wheel->summary)
		return UINT64_MAX;
	if (!bits) {
		// The words behind this one, around to this one's lower bits.
		uint32_t turn = (word + 1) % 64;
		uint64_t rest = wheel->summary >> turn | wheel->summary << (64 - turn) % 64;

		word = (turn + (uint32_t)__builtin_ctzll(rest)) % 64;
		bits = wheel->occupied[word];
	}
	slot = word * 64 + (uint32_t)__builtin_ctzll(bits);
	return wheel->tick + ((slot - from) & SLOT_MASK);
}

uint32_t timer_wheel_expired(struct timer_wheel *wheel, uint64_t now_us, uint32_t *budget) {
	uint64_t now = now_us >> TIMER_WHEEL_SHIFT;

	while (*budget) {
		uint64_t tick = first_tick(wheel);
		uint32_t index;

		if (tick > now) {
			wheel->tick = now > wheel->tick ? now : wheel->tick;
			break;
		}
		wheel->tick = tick;
		index = wheel->head[tick & SLOT_MASK];
		unlink_session(wheel, &wheel->sessions[index]);
		--*budget;
		if (wheel->sessions[index].deadline_us <= now_us)
			return index;
		timer_wheel_arm(wheel, index);
	}
	return TIMER_WHEEL_NONE;
}

uint64_t timer_wheel_due(const struct timer_wheel *wheel) {
	uint64_t tick = first_tick(wheel);

	return tick == UINT64_MAX ? UINT64_MAX : tick << TIMER_WHEEL_SHIFT;
}
