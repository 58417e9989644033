// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "refusal.h"

#include <string.h>

#define READ_TRIES 100

void refusal_write(struct policy_refusal *shared, uint64_t generation, const char *text) {
	uint32_t seq = atomic_load_explicit(&shared->seq, memory_order_relaxed) & ~1u;
	size_t len = strnlen(text, sizeof(shared->text) - 1);

	atomic_store_explicit(&shared->seq, seq + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	shared->generation = generation;
	shared->text_len = (uint32_t)len;
	memcpy(shared->text, text, len);
	atomic_store_explicit(&shared->seq, seq + 2, memory_order_release);
}

static bool read_once(const struct policy_refusal *shared, struct refusal *refusal) {
	const volatile struct policy_refusal *unsteady = shared;
	_Atomic uint32_t *seq = (_Atomic uint32_t *)&shared->seq;
	uint32_t before = atomic_load_explicit(seq, memory_order_acquire);
	uint32_t len = unsteady->text_len;

	if (len >= sizeof(refusal->text))
		len = sizeof(refusal->text) - 1;
	refusal->generation = unsteady->generation;
	memcpy(refusal->text, shared->text, len);
	refusal->text[len] = '\0';
	atomic_thread_fence(memory_order_acquire);
	return !(before & 1) && atomic_load_explicit(seq, memory_order_relaxed) == before;
}

bool refusal_read(const struct policy_refusal *shared, struct refusal *refusal) {
	for (int i = 0; i < READ_TRIES; i++)
		if (read_once(shared, refusal))
			return refusal->generation != 0;
	return false;
}
