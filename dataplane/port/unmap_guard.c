// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The driver has marked the port as disconnected by the time it unmaps: whoever polls it from then
// on returns at once. Thus one pass of each worker is enough.

#include "unmap_guard.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rte_interrupts.h>

static struct {
	void *arg;                       // main: rw, interrupt thread: ro
	void (*_Atomic wait)(void *arg); // main: rw, interrupt thread: ro
} guard;

void unmap_guard_set(void (*wait)(void *arg), void *arg) {
	if (wait)
		guard.arg = arg;
	atomic_store(&guard.wait, wait);
}

int munmap(void *at, size_t len) {
	void (*wait)(void *arg) = atomic_load(&guard.wait);

	if (wait && rte_thread_is_intr())
		wait(guard.arg);
	return (int)syscall(SYS_munmap, at, len);
}
