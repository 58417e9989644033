// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The whole of a running dataplane: what start makes, in order, and stop takes down again.

#pragma once

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "handover.h"
#include "order_log.h"
#include "outlook.h"
#include "policy_watch.h"
#include "port.h"
#include "prober.h"
#include "state.h"
#include "worker.h"

#define DATAPLANE_TICK_MS 25

struct dataplane {
	const char *runtime_dir;
	int lock_fd;
	struct policy_watch watch;
	const struct outlook *current; // the newest; what workers go by or are about to
	bool leftover;                 // it was found at the start, and no control has confirmed it
	const struct outlook *former;  // a worker may still use it
	_Atomic(const struct outlook *) published;
	uint8_t images_id[16];

	struct state state;
	struct order_log orders;
	uint64_t recorded_orders[ORDER_SLOTS]; // for it
	int journal_dir;
	struct journal *journal;
	uint16_t port_count;
	struct port port[PORT_MAX];
	_Atomic bool link_up[PORT_MAX];
	struct handover handover;
	uint16_t worker_count;
	bool go_first;         // workers go before other programs (turn.h)
	struct worker *worker; // [worker_count]
	struct dhcp_glue *dhcp;
	struct dhcp_order *dhcp_order; // freed at the end
	struct prober prober;
	bool probes; // under way: the journal was empty when it was begun
	bool eal_runs;
	void *lease_memory;
	struct lease_table *leases; // in it
	void *seen_memory;
	struct seen_table *seen; // in it; NULL: no port is dhcp: proxy
	void *parked_memory;
	_Atomic bool stop;
};

// Takes the lock of runtime_dir. -EBUSY: another dataplane runs there.
int dataplane_lock(struct dataplane *dp, const char *runtime_dir);

// Waits for the first usable policy; signals are the blocked ones that end the wait. 0; -EINTR: one
// of them came.
int dataplane_wait_policy(struct dataplane *dp, const sigset_t *signals);

// Starts everything up to running workers. Negative: it was logged, and everything is undone.
int dataplane_start(struct dataplane *dp);

// Runs until one of signals arrives: 0. -ERESTART: only a new start helps. What it began with was a
// leftover, and the control that has come since has a configuration of another shape; or an
// interface went and came back.
int dataplane_loop(struct dataplane *dp, const sigset_t *signals);

void dataplane_stop(struct dataplane *dp);

// Returns when every worker has been out of all drivers once since the call. arg: struct dataplane.
// For the EAL's interrupt thread (unmap_guard.h).
void dataplane_wait_workers(void *arg);
