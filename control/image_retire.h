// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Slots on their way out for good. A slot that no current table names may still be in the snapshot
// that the dataplane follows, so it stays as it is until every worker has adopted a newer one; then
// it is evicted, and its room is free when no transfer uses it any more.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image_store.h"
#include "state_view.h"

struct image_retiring {
	uint32_t slot;
	uint64_t version; // the first table that does not name it
};

struct image_retire {
	size_t count;
	size_t size;
	struct image_retiring *list;
};

void image_retire_add(struct image_retire *retire, uint32_t slot, uint64_t version);

// Goes on with what is due; state: the dataplane's, NULL: none. version was published last, as
// generation.
void image_retire_run(struct image_retire *retire, struct image_store *store,
	const struct state_view *state, uint64_t version, uint64_t generation);

void image_retire_close(struct image_retire *retire);
