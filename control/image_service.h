// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The image thread: watches boot_root, loads what is new into the images region, frees what nobody
// needs, and hands out a table of all files. It never makes its caller wait.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "image_table.h"

#define IMAGE_SERVICE_WHY 320

struct image_service;

// Opens the region and starts the thread. notify is called in the thread whenever there is a new
// table. 0, or -errno with a sentence in why.
int image_service_start(struct image_service **service, const struct config *config,
	void (*notify)(void *context), void *context, char why[IMAGE_SERVICE_WHY]);

// Waits for the thread's end. The region stays for the next process.
void image_service_stop(struct image_service *service);

// The latest table, held for the caller; NULL before the first.
struct image_table *image_service_table(struct image_service *service);

// The table of this version is what the dataplane gets as policy generation: slots that only older
// tables name may go when it has adopted that.
void image_service_published(struct image_service *service, uint64_t version, uint64_t generation);

// A reload: which files come first, and a scan.
void image_service_reload(struct image_service *service, const struct config *config);

// Stores the region's heartbeat; from any thread.
void image_service_beat(struct image_service *service);
