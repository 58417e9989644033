// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// net_memif unmaps the memory that it shares with its peer in the EAL's interrupt thread as soon as
// the peer is gone, whether or not a worker is just copying to it (seen with DPDK 22.11).
// So the program has a munmap of its own, which the driver finds first: it waits for the workers.

#pragma once

// From now on the interrupt thread calls wait before each munmap; NULL: no more. wait returns when
// every thread that polls ports has left them once since the call. No lock of a driver may be
// needed for that. For the program's start and end only.
void unmap_guard_set(void (*wait)(void *arg), void *arg);
