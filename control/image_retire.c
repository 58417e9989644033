// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "image_retire.h"

#include <stdlib.h>

#include "arena.h"

// A dataplane that died may come back and go on with its transfers; after this time nobody waits
// for it.
#define DEAD_MS 60000u

void image_retire_add(struct image_retire *retire, uint32_t slot, uint64_t version) {
	if (retire->count == retire->size) {
		retire->size = retire->size ? 2 * retire->size : 64;
		retire->list = mem_resize(retire->list, retire->size * sizeof(*retire->list));
	}
	retire->list[retire->count++] = (struct image_retiring){slot, version};
}

// Follows the dataplane's region. Returns it, or NULL if there is no dataplane to wait for; *wait
// is set if there is one that does not run.
static const struct state_view *look(
	struct image_retire *retire, const char *runtime_dir, bool *wait) {
	char why[SHM_WHY_SIZE];
	uint64_t age_ms;

	*wait = false;
	if (retire->attached && state_view_replaced(&retire->state, runtime_dir)) {
		state_view_close(&retire->state);
		retire->attached = false;
	}
	if (!retire->attached)
		retire->attached = state_view_open(&retire->state, runtime_dir, why) == 0;
	if (!retire->attached)
		return NULL;
	if (state_health(&retire->state.region->header, &age_ms) != STATE_DEAD)
		return &retire->state;
	*wait = age_ms < DEAD_MS;
	return NULL;
}

static bool adopted_by_all(const struct state_view *state, uint64_t generation) {
	for (uint32_t i = 0; i < state->worker_count; i++)
		if (atomic_load_explicit((_Atomic uint64_t *)&state->workers[i].policy_adopted,
			    memory_order_acquire) < generation)
			return false;
	return true;
}

static void evict(struct image_retire *retire, struct image_store *store,
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

bool image_retire_run(struct image_retire *retire, struct image_store *store,
	const char *runtime_dir, uint64_t version, uint64_t generation) {
	const struct state_view *state;
	bool wait;

	if (!retire->count && !store->evicting)
		return false;
	state = look(retire, runtime_dir, &wait);
	if (wait)
		return false;
	if (!state || adopted_by_all(state, generation))
		evict(retire, store, state, version);
	return image_store_reap(store, state) > 0;
}

void image_retire_close(struct image_retire *retire) {
	if (retire->attached)
		state_view_close(&retire->state);
	free(retire->list);
	*retire = (struct image_retire){0};
}
