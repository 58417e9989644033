// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Boots in the store, see boot_record.h.

#pragma once

#include "boot_record.h"
#include "store.h"

#define STORE_BOOTS_MAX 200000u // more are pruned, however young

// Writes a boot and those of its phases that have changed; gives it its id the first time. store:
// a struct store, so that boot_track_flush can call it. Moves saved_from to the last phase: should
// the batch not be committed, boot_track_saved moves it back.
int store_boot_save(void *store, struct boot *boot);

// The last limit boots of a node, newest first, with their phases. each may not keep them, and
// returns false to stop.
int store_boots_of(struct store *store, const uint8_t mac[6], uint32_t limit,
	bool (*each)(void *context, const struct boot *boot), void *context);

// -ENOENT. The caller frees boot->phases.
int store_boot_get(struct store *store, uint64_t id, struct boot *boot);

// Those that run, by id, to be given to boot_track_restore: each owns *boot and its phases.
int store_boots_running(
	struct store *store, void (*each)(void *context, struct boot *boot), void *context);
