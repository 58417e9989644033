// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Learns that something below boot_root may have changed. inotify is not recursive, loses events,
// and does not see what other machines do on a network file system: where it cannot be relied on, a
// scan every IMAGE_RESCAN_MS takes its place.

#pragma once

#include <stdbool.h>

#define IMAGE_RESCAN_MS 30000u

struct image_watch {
	int fd;             // readable when something happened; -1: no inotify
	bool unreliable;    // rescan from time to time
	const char *reason; // why, for the log
};

void image_watch_init(struct image_watch *watch, int root_fd);
void image_watch_close(struct image_watch *watch);

// Watches the directory behind fd. Watching one again is harmless.
void image_watch_add(struct image_watch *watch, int fd);

// Takes all events. Returns whether there was one that matters; *lost tells that the kernel dropped
// some.
bool image_watch_drain(struct image_watch *watch, bool *lost);
