// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// An event ring with a worker and a consumer that may both be fooled: the input is a list of steps,
// of which some push and pop and others write nonsense into head, tail and records.

#include "events.h"
#include "fuzz.h"

#define STEP 9u // a byte that says what, eight of value

struct ends {
	struct worker_block worker;
	struct event_record *ring;
	_Atomic uint64_t seen_tail;
	struct events events;
	uint64_t tail;
	uint64_t lost;
};

static void pop(struct ends *e) {
	struct event_record event;
	uint64_t before = e->tail;

	if (!events_pop(&e->worker, e->ring, &e->tail, &e->lost, &event))
		return;
	FUZZ_ASSERT(event.text_len <= EVENT_TEXT_MAX);
	FUZZ_ASSERT(event.sequence == e->tail);
	FUZZ_ASSERT(e->tail != before);
}

static void step(struct ends *e, uint8_t what, uint64_t value) {
	struct event_record event = {.value = value, .kind = EVENT_TFTP_DONE};
	uint8_t *text;

	switch (what % 8) {
	case 0:
	case 1:
		text = fuzz_exact((const uint8_t *)&value, value % 9);
		events_push(&e->events, &event, text, value % 9);
		free(text);
		break;
	case 2:
	case 3:
		pop(e);
		break;
	case 4:
		e->seen_tail = e->tail;
		break;
	case 5:
		e->seen_tail = value;
		break;
	case 6:
		e->worker.event_head = value;
		break;
	default:
		e->ring[value % EVENT_RING_SIZE].sequence = value >> 16;
		e->ring[value % EVENT_RING_SIZE].text_len = (uint16_t)(value >> 24);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct event_record *ring;
	struct ends e = {.lost = 0};

	if (!ring)
		ring = calloc(EVENT_RING_SIZE, sizeof(*ring));
	FUZZ_ASSERT(ring);
	e.ring = ring; // what former inputs left in it is as good as anything
	e.events = (struct events){.worker = &e.worker, .ring = ring, .tail = &e.seen_tail};
	for (; size >= STEP; data += STEP, size -= STEP) {
		uint64_t value;

		memcpy(&value, data + 1, sizeof(value));
		step(&e, data[0], value);
	}
	return 0;
}
