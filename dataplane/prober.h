// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// After a start without a lease journal nobody knows which addresses of the pools are in use. The
// main thread asks them one after the other, by ARP where they are on a port's own network and by
// ICMP echo behind routers; the worker that owns DHCP gives out what turned out to be free. Nothing
// is probed after that, and nothing during a boot.

#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "policy.h"
#include "port.h"

#define PROBER_RESULTS (1u << 21) // as many addresses as all pools can have

// What was found out, in order. A result is the address, with PROBE_IN_USE when somebody answered.
#define PROBE_IN_USE (1ULL << 32)

struct probe_results {
	uint64_t *result;       // [PROBER_RESULTS] main: rw, worker 0: ro up to count
	_Atomic uint32_t count; // main: rw, worker 0: ro
	_Atomic bool complete;  // every address has been asked
	_Atomic bool wanted;    // worker 0: sets it, main: clears it; a client waits for an address
};

// A run of addresses that are asked together.
#define PROBER_BATCH 16384u

enum prober_step {
	PROBER_FIRST = 0, // each address is asked
	PROBER_SECOND,    // and again those that have not answered
	PROBER_VERDICT,
};

enum prober_reply {
	PROBER_SILENT = 0,
	PROBER_ANSWERED,
	PROBER_NOT_ASKED, // the host does not let us: nothing is known, nothing is told
};

struct prober {
	bool active;
	bool hurry; // this batch
	struct probe_results results;
	const struct port *ports;
	uint16_t port_count;
	int arp_fd[PORT_MAX]; // one for each port of the kernel, or -1
	int icmp_fd;
	// Where it is: pool, and the batch in it.
	uint32_t pool;
	uint32_t base;
	uint32_t count;
	uint32_t sent;
	enum prober_step step;
	unsigned ticks;              // left of this step's wait
	uint8_t reply[PROBER_BATCH]; // enum prober_reply
	bool incomplete;             // some could not be asked
};

// Opens the sockets and begins. 0 or -errno.
int prober_start(struct prober *prober, const struct port *ports, uint16_t port_count);

// One tick of the main thread, with the policy that the workers go by.
void prober_tick(struct prober *prober, const struct policy *policy, const _Atomic bool *link_up);

// The pools are others: begins again, what was found out stays.
void prober_restart(struct prober *prober);

// Every pool has been asked, each address of it.
bool prober_is_complete(const struct prober *prober);

void prober_stop(struct prober *prober);
