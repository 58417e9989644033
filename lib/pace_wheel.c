// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The wheel of paced sessions. The record's ready_prev is another's index, or PACE_WHEEL_NONE for
// the first of a slot, which pace_slot names.

#include "pace_wheel.h"

#include <string.h>

#define SLOT_MASK (PACE_WHEEL_SLOTS - 1)
#define WORDS     (PACE_WHEEL_SLOTS / 64)

void pace_wheel_init(struct pace_wheel *wheel, struct tftp_session *sessions, uint64_t now_us) {
	memset(wheel, 0, sizeof(*wheel));
	wheel->sessions = sessions;
	wheel->tick = now_us >> PACE_WHEEL_SHIFT;
	static_assert(PACE_WHEEL_NONE == UINT32_MAX, "memset below");
	memset(wheel->head, 0xff, sizeof(wheel->head));
}

void pace_wheel_add(struct pace_wheel *wheel, uint32_t index, uint64_t due_us, uint64_t now_us) {
	uint64_t tick = (due_us + (1u << PACE_WHEEL_SHIFT) - 1) >> PACE_WHEEL_SHIFT;
	struct tftp_session *session = &wheel->sessions[index];
	uint32_t slot;

	// Nobody waits, so the slots that time has passed are empty.
	if (wheel->count++ == 0 && now_us >> PACE_WHEEL_SHIFT > wheel->tick)
		wheel->tick = now_us >> PACE_WHEEL_SHIFT;
	if (tick < wheel->tick)
		tick = wheel->tick;
	if (tick > wheel->tick + SLOT_MASK)
		tick = wheel->tick + SLOT_MASK;
	slot = tick & SLOT_MASK;
	session->pace_slot = (uint16_t)slot;
	session->ready_prev = PACE_WHEEL_NONE;
	session->ready_next = wheel->head[slot];
	if (session->ready_next != PACE_WHEEL_NONE)
		wheel->sessions[session->ready_next].ready_prev = index;
	wheel->head[slot] = index;
	wheel->occupied[slot / 64] |= 1ull << slot % 64;
}

void pace_wheel_remove(struct pace_wheel *wheel, uint32_t index) {
	struct tftp_session *session = &wheel->sessions[index];
	uint32_t slot = session->pace_slot;

	if (session->ready_prev != PACE_WHEEL_NONE)
		wheel->sessions[session->ready_prev].ready_next = session->ready_next;
	else
		wheel->head[slot] = session->ready_next;
	if (session->ready_next != PACE_WHEEL_NONE)
		wheel->sessions[session->ready_next].ready_prev = session->ready_prev;
	if (wheel->head[slot] == PACE_WHEEL_NONE)
		wheel->occupied[slot / 64] &= ~(1ull << slot % 64);
	wheel->count--;
}

// The tick of the first occupied slot from wheel->tick on, UINT64_MAX if all are empty.
static uint64_t first_tick(const struct pace_wheel *wheel) {
	uint32_t from = wheel->tick & SLOT_MASK;

	if (!wheel->count)
		return UINT64_MAX;
	// One word more than there are: the first one's lower bits come last.
	for (uint32_t i = 0; i <= WORDS; i++) {
		uint32_t word = (from / 64 + i) % WORDS;
		uint64_t bits = wheel->occupied[word];

		if (i == 0)
			bits &= ~0ull << from % 64;
		if (bits) {
			uint32_t slot = word * 64 + (uint32_t)__builtin_ctzll(bits);

			return wheel->tick + ((slot - from) & SLOT_MASK);
		}
	}
	return UINT64_MAX;
}

uint32_t pace_wheel_expired(struct pace_wheel *wheel, uint64_t now_us) {
	uint64_t now = now_us >> PACE_WHEEL_SHIFT;
	uint64_t tick = first_tick(wheel);
	uint32_t index;

	if (tick > now) {
		wheel->tick = now > wheel->tick ? now : wheel->tick;
		return PACE_WHEEL_NONE;
	}
	wheel->tick = tick;
	index = wheel->head[tick & SLOT_MASK];
	pace_wheel_remove(wheel, index);
	return index;
}

uint64_t pace_wheel_due(const struct pace_wheel *wheel) {
	uint64_t tick = first_tick(wheel);

	return tick == UINT64_MAX ? UINT64_MAX : tick << PACE_WHEEL_SHIFT;
}
