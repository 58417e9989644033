// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What control publishes, as the main thread follows it: copies and validates snapshots, follows
// control to new region files, and makes outlooks for the workers. An images or control region that
// is new counts from the next snapshot on: the former snapshot speaks of the former images.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "outlook.h"
#include "policy_reader.h"
#include "shm.h"

#define POLICY_WATCH_PATH 256
#define POLICY_WATCH_WHY  512

// A mapped region; the outlooks that use it share it.
struct mapping {
	struct shm_map map;
	uint32_t users;
	uint64_t serial;
};

struct watched {
	char path[POLICY_WATCH_PATH];
	enum rouse_region region;
	struct mapping *mapping; // NULL: not there yet
};

struct policy_watch {
	struct watched policy;
	struct watched images;
	struct watched control;
	struct policy_reader reader;
	uint64_t serial;             // of the last mapping made
	uint64_t generation;         // last one looked at; 0: none of this region
	const struct outlook *first; // shape that every later snapshot must have
};

void policy_watch_init(struct policy_watch *watch, const char *runtime_dir);
void policy_watch_fini(struct policy_watch *watch);

// Looks for a new snapshot. 1: *outlook is made of it, to be given to policy_watch_drop when nobody
// uses it any more. 0: nothing new; why says what is missing, if anything is. Negative: what was
// published cannot be used, why says so; reported once for each publication. -ERESTART: it could be
// used by a dataplane that begins with it.
int policy_watch_poll(
	struct policy_watch *watch, const struct outlook **outlook, char why[POLICY_WATCH_WHY]);

void policy_watch_drop(const struct outlook *outlook);

// From here on only snapshots with the ports, workers, tid_range and tables of outlook are
// accepted.
void policy_watch_fix(struct policy_watch *watch, const struct outlook *outlook);

// Whether nobody stands behind outlook, which has just been made: the control that published it has
// ended, and another may have taken over its region already.
bool policy_watch_is_leftover(const struct policy_watch *watch, const struct outlook *outlook);

// The boot id of the images region that outlook uses; it changes when another control takes the
// same file over, whose content then still holds. False: it is just being written.
bool policy_watch_images_id(const struct outlook *outlook, uint8_t boot_id[16]);
