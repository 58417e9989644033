// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Whole boots: each simulated machine is of a model, obtains an address as that does, then reads
// what that reads from the server that the ACK names, all in user space with a MAC and an address
// of its own.

#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "storm_arrival.h"
#include "storm_catalog.h"
#include "storm_mix.h"
#include "storm_packet.h"
#include "storm_phase.h"
#include "storm_steal.h"
#include "storm_timeline.h"

#define STORM_BOOT_MACHINES_MAX (1u << 16)

struct storm_boot_settings {
	struct storm_mix mix;
	struct storm_list files;
	struct storm_catalog *catalog;
	struct storm_arrival arrival;
	uint32_t machines; // at the same time
	uint64_t total;
	uint32_t check_one_in; // contents of machine 0, n, 2 n ... are checked
	uint8_t mac_base[6];
	double loss, dup, reorder; // 0 to 1
	uint64_t seed;
	uint64_t deadline_us; // 0: none
	FILE *log;            // of leases, or NULL
	bool keep_timeline;   // totals.timeline, to be freed by the caller
	bool show_progress;
};

struct storm_boot_totals {
	uint64_t arp_answers;
	uint64_t foreign; // frames for none of our machines
	uint64_t lost, doubled, delayed;
	uint64_t send_failures;
	uint64_t receive_drops;
	uint64_t elapsed_us;
	struct storm_steal steal; // at the beginning
	bool deadline_passed;
	char first_file[STORM_DHCP_FILE_SIZE];
	struct storm_timeline timeline;
	struct storm_boot_counts counts[STORM_MIX_MAX]; // by model of the mix
};

// Runs to the end. 0 or -ENOMEM.
int storm_boot_run(struct storm_boot_settings *settings, struct storm_packet *packet,
	struct storm_boot_totals *totals);
