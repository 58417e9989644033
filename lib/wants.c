// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A want is one word, so it is never seen half written, and the ring needs no sequence numbers: a
// consumer that is overtaken reads a newer want in an older one's place, which is as good. With a
// tail that cannot be (see events.c) the ring turns freely.

#include "wants.h"

static uint64_t load(const _Atomic uint64_t *value, memory_order order) {
	return atomic_load_explicit((_Atomic uint64_t *)value, order);
}

bool wants_push(struct wants *wants, uint64_t want) {
	uint64_t head = load(&wants->worker->want_head, memory_order_relaxed);

	if (wants->tail && head - load(wants->tail, memory_order_acquire) == WANT_RING_SIZE)
		return false;
	atomic_store_explicit(
		&wants->ring[head & (WANT_RING_SIZE - 1)], want, memory_order_relaxed);
	atomic_store_explicit(&wants->worker->want_head, head + 1, memory_order_release);
	return true;
}

bool wants_pop(const struct worker_block *worker, const _Atomic uint64_t *ring, uint64_t *tail,
	uint64_t *want) {
	uint64_t head = load(&worker->want_head, memory_order_acquire);

	if (*tail == head)
		return false;
	if (head - *tail > WANT_RING_SIZE) // overtaken, or the worker has begun anew
		*tail = head > WANT_RING_SIZE ? head - WANT_RING_SIZE : 0;
	if (*tail == head)
		return false;
	*want = load(&ring[(*tail)++ & (WANT_RING_SIZE - 1)], memory_order_relaxed);
	return true;
}
