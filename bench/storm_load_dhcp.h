// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The engine of `rouse-storm load dhcp`: a population of clients on a DPDK port whose exchanges are
// due by the clock (open loop: a late server does not slow them down), or as many at the same time
// as are allowed. Nothing is repeated: what gets no answer in time is lost, and counted.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "storm_dhcp_client.h"
#include "hist.h"
#include "storm_load.h"

#define STORM_LOAD_CLIENTS_MAX (1u << 20)

enum storm_load_message {
	STORM_LOAD_EXCHANGE, // DISCOVER, OFFER, REQUEST, ACK
	STORM_LOAD_DISCOVER, // DISCOVER, OFFER
	STORM_LOAD_REQUEST,  // REQUEST of a known address (INIT-REBOOT), ACK
	STORM_LOAD_MESSAGES,
};

struct storm_load_dhcp {
	struct storm_dhcp_settings client;
	uint32_t clients;
	uint8_t mac_base[6];
	uint32_t outstanding; // flat out: at the same time
	uint32_t reserved;    // client n must get this address + n; 0: any
	uint64_t patience_us;
};

struct storm_load_dhcp_totals {
	struct storm_load_span span;
	uint64_t started;
	uint64_t done;
	uint64_t lost;    // no answer within patience
	uint64_t skipped; // the client whose turn it was had not ended its last exchange
	uint64_t sent, received;
	uint64_t naks;
	uint64_t wrong_address; // not the reserved one, or not the one that was offered
	uint64_t conflicts;     // an address that another client holds
	uint64_t moved;         // clients that got another address than last time
	uint64_t malformed, foreign, late;
	uint64_t no_buffer;
	bool deaf;            // ended because nothing had answered for ten times the patience
	double drain_seconds; // until the last answer, after the span
	struct hist offer;    // DISCOVER, when it was due, to OFFER, ns
	struct hist ack;      // REQUEST to ACK, ns
	struct hist whole;    // first message, when it was due, to the last answer, ns
	struct hist ack_now;  // as ack, of the tenth of a second under way
	struct hist ack_p99s; // the 99th percentile of each tenth of a second, ns
};

struct storm_load_dhcp_run;

// NULL: no memory.
struct storm_load_dhcp_run *storm_load_dhcp_start(
	const struct storm_load_dhcp *settings, const struct port *port);
// Asks for offers as the first client until there is one, ten times at most: a server notices a new
// peer with some delay. -EHOSTUNREACH.
int storm_load_dhcp_knock(struct storm_load_dhcp_run *run);
// Begins exchanges, rate per second (0: flat out), for so long, or until each client has had one
// when duration_us is 0, or until nobody answers any more; then waits until none is under way.
void storm_load_dhcp_run(struct storm_load_dhcp_run *run, enum storm_load_message message,
	double rate, uint64_t duration_us, struct storm_load_dhcp_totals *totals);
void storm_load_dhcp_end(struct storm_load_dhcp_run *run);
