// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The event ring. As long as its consumer's tail can be believed, a full ring loses the new event
// and nothing is overwritten. Without a consumer, or with one whose tail makes no sense (it began
// anew), the ring turns freely; a consumer that comes later finds by the sequence numbers what it
// missed.

#include "events.h"

#include <string.h>

#define NO_SEQUENCE 0u // the record is being written

static uint64_t load(const _Atomic uint64_t *value, memory_order order) {
	return atomic_load_explicit((_Atomic uint64_t *)value, order);
}

static void count_lost(struct worker_block *worker) {
	uint64_t lost = load(&worker->event_lost, memory_order_relaxed);

	atomic_store_explicit(&worker->event_lost, lost + 1, memory_order_relaxed);
}

// Exactly full: the consumer lives and is slow. More than full cannot come from this ring.
static bool is_full(const struct events *events, uint64_t head) {
	return events->tail && head - load(events->tail, memory_order_acquire) == EVENT_RING_SIZE;
}

void events_push(struct events *events, const struct event_record *event, const void *text,
	size_t text_len) {
	uint64_t head = load(&events->worker->event_head, memory_order_relaxed);
	struct event_record *record = &events->ring[head & (EVENT_RING_SIZE - 1)];
	struct event_record copy = *event;

	if (is_full(events, head)) {
		count_lost(events->worker);
		return;
	}
	copy.text_len = (uint16_t)(text_len < EVENT_TEXT_MAX ? text_len : EVENT_TEXT_MAX);
	if (copy.text_len)
		memcpy(copy.text, text, copy.text_len);
	memset(copy.text + copy.text_len, 0, sizeof(copy.text) - copy.text_len);
	// A consumer that copies meanwhile must see that the record was in change: the mark before
	// the first byte, the new number after the last.
	atomic_store_explicit(&record->sequence, NO_SEQUENCE, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	memcpy(&record->unix_ns, &copy.unix_ns,
		sizeof(copy) - offsetof(struct event_record, unix_ns));
	atomic_store_explicit(&record->sequence, head + 1, memory_order_release);
	atomic_store_explicit(&events->worker->event_head, head + 1, memory_order_release);
}

// Whether the record is event number, and was all the while it was copied.
static bool copy_record(
	const struct event_record *record, uint64_t number, struct event_record *event) {
	if (load(&record->sequence, memory_order_acquire) != number + 1)
		return false;
	memcpy(event, record, sizeof(*event));
	atomic_thread_fence(memory_order_acquire);
	if (load(&record->sequence, memory_order_relaxed) != number + 1)
		return false;
	if (event->text_len > EVENT_TEXT_MAX)
		event->text_len = EVENT_TEXT_MAX;
	return true;
}

bool events_pop(const struct worker_block *worker, const struct event_record *ring, uint64_t *tail,
	uint64_t *lost, struct event_record *event) {
	for (uint32_t tries = 0; tries < EVENT_RING_SIZE; tries++) {
		uint64_t head = load(&worker->event_head, memory_order_acquire);
		uint64_t number = *tail;

		if (number == head)
			return false;
		if (number > head) { // the worker has begun anew; what it had before is gone
			*tail = head > EVENT_RING_SIZE ? head - EVENT_RING_SIZE : 0;
			continue;
		}
		if (head - number > EVENT_RING_SIZE) {
			*lost += head - EVENT_RING_SIZE - number;
			*tail = head - EVENT_RING_SIZE;
			continue;
		}
		*tail = number + 1;
		if (copy_record(&ring[number & (EVENT_RING_SIZE - 1)], number, event))
			return true;
		(*lost)++;
	}
	return false;
}

uint64_t events_skip(const struct worker_block *worker, uint64_t *tail, uint64_t keep) {
	uint64_t head = load(&worker->event_head, memory_order_acquire), skipped;

	if (*tail > head || head - *tail <= keep) // the worker has begun anew, or they are few
		return 0;
	skipped = head - keep - *tail;
	*tail = head - keep;
	return skipped;
}
