// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The ring of wanted images with a worker and a consumer that may both be fooled: the input is a
// list of steps, of which some push and pop and others write nonsense into head, tails and entries.
// While nobody writes nonsense, every want that was taken comes out once and in its order.

#include "fuzz.h"
#include "wants.h"

#define STEP 9u // a byte that says what, eight of value

struct ends {
	struct worker_block worker;
	_Atomic uint64_t *ring;
	_Atomic uint64_t seen_tail;
	struct wants wants;
	uint64_t tail;
	uint64_t pushed; // while sane
	uint64_t popped;
	bool sane;
};

// What is pushed as number n, so that the order can be told.
static uint64_t want_of(uint64_t n) {
	return IMAGE_LINK(n * 40503 % IMAGE_MAX_SLOTS, n) | (n % 3 ? 0 : WANT_NETASCII);
}

static void push(struct ends *e) {
	bool room = e->pushed - e->seen_tail < WANT_RING_SIZE;
	bool taken = wants_push(&e->wants, want_of(e->pushed));

	if (e->sane)
		FUZZ_ASSERT(taken == room);
	e->pushed += taken;
}

static void pop(struct ends *e) {
	uint64_t want = 0, before = e->tail;
	bool got = wants_pop(&e->worker, e->ring, &e->tail, &want);

	FUZZ_ASSERT(WANT_SLOT(want) < IMAGE_MAX_SLOTS);
	FUZZ_ASSERT(!got || e->tail != before);
	if (!e->sane)
		return;
	FUZZ_ASSERT(got == (e->popped < e->pushed));
	if (!got)
		return;
	FUZZ_ASSERT(want == want_of(e->popped) && WANT_GENERATION(want) == e->popped);
	e->popped++;
}

static void step(struct ends *e, uint8_t what, uint64_t value) {
	switch (what % 16) {
	case 13:
		e->seen_tail = value;
		break;
	case 14:
		e->worker.want_head = value;
		break;
	case 15:
		e->ring[value % WANT_RING_SIZE] = value;
		break;
	case 12:
		e->tail = value;
		break;
	case 10:
	case 11:
		e->seen_tail = e->tail;
		return;
	default:
		for (uint64_t n = value % 64 + 1; n; n--)
			what % 2 ? push(e) : pop(e);
		return;
	}
	e->sane = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static _Atomic uint64_t *ring;
	struct ends e = {.sane = true};

	if (!ring)
		ring = calloc(WANT_RING_SIZE, sizeof(*ring));
	FUZZ_ASSERT(ring);
	e.ring = ring; // what former inputs left in it is as good as anything
	e.wants = (struct wants){.worker = &e.worker, .ring = ring, .tail = &e.seen_tail};
	for (; size >= STEP; data += STEP, size -= STEP) {
		uint64_t value;

		memcpy(&value, data + 1, sizeof(value));
		step(&e, data[0], value);
	}
	return 0;
}
