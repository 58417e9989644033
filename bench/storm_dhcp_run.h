// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Many DHCP clients on one interface: starts exchanges, moves frames, keeps timers, logs and
// counts.

#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "hist.h"
#include "storm_dhcp_client.h"
#include "storm_log.h"
#include "storm_packet.h"

#define STORM_DHCP_CLIENTS_MAX (1u << 20)

enum storm_dhcp_exchange {
	STORM_EXCHANGE_DISCOVER, // a new machine each time: DISCOVER to ACK
	STORM_EXCHANGE_RELEASE,  // the same, then RELEASE
	STORM_EXCHANGE_DECLINE,  // the same, then DECLINE
	STORM_EXCHANGE_INFORM,   // the same, then INFORM and its ACK
	STORM_EXCHANGE_RENEW,    // machines that have a lease renew it
	STORM_EXCHANGE_REBOOT,   // machines that have a lease ask for it again (INIT-REBOOT)
	STORM_EXCHANGES,
};

struct storm_dhcp_run_settings {
	struct storm_dhcp_settings client;
	enum storm_dhcp_exchange exchange;
	uint32_t clients; // exchanges at the same time; machines for renew and reboot
	uint64_t total;   // exchanges
	double rate;      // starts per second, 0: at once
	uint8_t mac_base[6];
	const struct storm_log_entry
		*known;   // leases to renew or reboot, or NULL: obtain them first
	bool listen_only; // log what others get until the deadline
	double loss, dup; // 0 to 1
	uint64_t seed;
	uint64_t deadline_us; // 0: none
	FILE *log;            // or NULL
	bool show_progress;
};

struct storm_dhcp_totals {
	uint64_t started;
	uint64_t completed;
	uint64_t failed;
	uint64_t failed_by[STORM_DHCP_FAILURES];
	uint64_t unfinished; // at the deadline
	uint64_t offers;
	uint64_t acks;
	uint64_t informed;
	uint64_t retransmissions;
	uint64_t ignored;
	uint64_t elapsed_us;     // first start to last end
	struct hist offer; // DISCOVER to OFFER
	struct hist ack;   // REQUEST to ACK
	struct hist whole; // first message to last ACK
};

struct storm_dhcp_result {
	struct storm_dhcp_totals prepared; // the leases that renew and reboot needed first
	struct storm_dhcp_totals run;
	uint64_t malformed; // replies that do not parse
	uint64_t foreign;   // for none of our clients
	uint64_t arp_answers;
	uint64_t seen; // ACKs seen by listen_only
	uint64_t lost, doubled;
	uint64_t send_failures;
	uint64_t receive_drops;
	bool deadline_passed;
};

// Runs to the end. 0 or -ENOMEM.
int storm_dhcp_run(const struct storm_dhcp_run_settings *settings, struct storm_packet *packet,
	struct storm_dhcp_result *result);
