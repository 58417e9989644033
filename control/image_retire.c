// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "image_retire.h"

#include <stdlib.h>

#include "arena.h"

void image_retire_add(struct image_retire *retire, uint32_t slot, uint64_t version) {
	if (retire->count == retire->size) {
		retire->size = retire->size ? 2 * retire->size : 64;
		retire->list = mem_resize(retire->list, retire->size * sizeof(*retire->list));
	}
	retire->list[retire->count++] = (struct image_retiring){slot, version};
}

static bool adopted_by_all(const struct state_view *state, uint64_t generation) {
	for (uint32_t i = 0; i < state->worker_count; i++)
		if (atomic_load_explicit((_Atomic uint64_t *)&state->workers[i].policy_adopted,
			    memory_order_acquire) < generation)
			return false;
	return true;
}

static void retire_due(struct image_retire *retire, struct image_store *store,
	const struct state_view *state, uint64_t version) {
	size_t kept = 0;

	for (size_t i = 0; i < retire->count; i++) {
		if (retire->list[i].version <= version)
			image_store_retire(store, retire->list[i].slot, state);
		else
			retire->list[kept++] = retire->list[i];
	}
	retire->count = kept;
}

void image_retire_run(struct image_retire *retire, struct image_store *store,
	const struct state_view *state, uint64_t version, uint64_t generation) {
	if (retire->count && (!state || adopted_by_all(state, generation)))
		retire_due(retire, store, state, version);
}

void image_retire_close(struct image_retire *retire) {
	free(retire->list);
	*retire = (struct image_retire){0};
}
