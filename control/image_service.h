// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The image thread: watches boot_root, loads into the images region what fits and what is asked
// for, has others make room for that, and hands out a table of all files. It never makes its caller
// wait.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "image_table.h"

#define IMAGE_SERVICE_WHY 320

struct image_service;

// Opens the region and starts the thread. want_tail: the control region's, the thread's from now
// on. notify is called in the thread whenever there is a new table. 0, or -errno with a sentence in
// why.
int image_service_start(struct image_service **service, const struct config *config,
	_Atomic uint64_t *want_tail, void (*notify)(void *context), void *context,
	char why[IMAGE_SERVICE_WHY]);

// Waits for the thread's end. The region stays for the next process.
void image_service_stop(struct image_service *service);

// The latest table, held for the caller; NULL before the first.
struct image_table *image_service_table(struct image_service *service);

// The table of this version is what the dataplane gets as policy generation: slots that only older
// tables name may go when it has adopted that.
void image_service_published(struct image_service *service, uint64_t version, uint64_t generation);

// A reload: which files come first, and a scan.
void image_service_reload(struct image_service *service, const struct config *config);

// What control has rendered, in place of the set before. A table that has it follows. The set is
// finished; the service holds it, too.
void image_service_render(struct image_service *service, struct rendered_set *set);

// How a version of a file does at the moment.
struct image_residency {
	enum image_state state;
	uint64_t loaded_unix_ns; // last; 0: never, and there is no hash
	uint8_t sha256[32];
};

// From any thread. False: the slot is another version's by now, or just changes.
bool image_service_look(const struct image_service *service, uint32_t slot, uint64_t generation,
	struct image_residency *residency);

// Extents that nobody uses, in bytes; from any thread.
uint64_t image_service_free_bytes(const struct image_service *service);

// Stores the region's heartbeat; from any thread.
void image_service_beat(struct image_service *service);
