// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// How a worker sleeps when nothing comes: in ppoll on its queues' descriptors and an eventfd by
// which other threads wake it.

#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#define WAIT_FDS_MAX 64

struct waiter {
	struct pollfd fds[WAIT_FDS_MAX]; // the first is the eventfd
	nfds_t count;
	bool blind; // a queue has no descriptor: only short steps find its frames
};

// 0 or -errno.
int wait_init(struct waiter *waiter);
void wait_fini(struct waiter *waiter);

// Adds a queue's descriptor; -1: it has none. -ENOSPC: too many.
int wait_add(struct waiter *waiter, int fd);

// Sleeps until a descriptor is readable or timeout_us have passed.
void wait_sleep(struct waiter *waiter, uint64_t timeout_us);

// For the calling thread: its sleeps end within a microsecond of their time, not within the 50 that
// Linux allows itself.
void wait_precisely(void);

// Sleeps for that long whatever comes.
void wait_nap(uint32_t us);

// From any thread: ends the sleep under way, or the next one.
void wait_wake(int event_fd);

static inline int wait_event_fd(const struct waiter *waiter) {
	return waiter->fds[0].fd;
}
