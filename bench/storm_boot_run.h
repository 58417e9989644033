// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Whole boots: each simulated machine obtains an address, then reads the file that the ACK names
// from the server that it names, all in user space with a MAC and an address of its own.

#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "hist.h"
#include "storm_content.h"
#include "storm_dhcp_client.h"
#include "storm_packet.h"
#include "storm_tftp_client.h"

#define STORM_BOOT_MACHINES_MAX (1u << 16)

enum storm_boot_failure {
	STORM_BOOT_DHCP,     // see the reasons of DHCP
	STORM_BOOT_NO_FILE,  // the ACK names no file
	STORM_BOOT_TFTP,     // see the reasons of TFTP
	STORM_BOOT_CONTENT,  // whole, but not the right bytes
	STORM_BOOT_DEADLINE, // the run's deadline came first
	STORM_BOOT_FAILURES,
};

struct storm_boot_settings {
	struct storm_dhcp_settings dhcp;
	struct storm_tftp_settings tftp; // server 0: from the ACK; name NULL: from the ACK
	struct storm_content content;    // of the file
	uint32_t machines;               // at the same time
	uint64_t total;
	double rate; // starts per second, 0: at once
	uint8_t mac_base[6];
	double loss, dup; // 0 to 1
	uint64_t seed;
	uint64_t deadline_us; // 0: none
	FILE *log;            // of leases, or NULL
	bool show_progress;
};

struct storm_boot_totals {
	uint64_t started;
	uint64_t completed;
	uint64_t failed;
	uint64_t failed_by[STORM_BOOT_FAILURES];
	uint64_t dhcp_failed_by[STORM_DHCP_FAILURES];
	uint64_t tftp_failed_by[STORM_TFTP_FAILURES];
	uint64_t bytes;
	uint64_t data;
	uint64_t duplicates;
	uint64_t dhcp_retransmissions;
	uint64_t tftp_retransmissions;
	uint64_t arp_answers;
	uint64_t foreign; // frames for none of our machines
	uint64_t lost, doubled;
	uint64_t send_failures;
	uint64_t receive_drops;
	uint64_t elapsed_us;
	bool deadline_passed;
	char first_file[STORM_DHCP_FILE_SIZE];
	struct hist lease;    // DISCOVER to ACK
	struct hist transfer; // RRQ to last block
	struct hist whole;    // DISCOVER to last block
};

// Runs to the end. 0 or -ENOMEM.
int storm_boot_run(struct storm_boot_settings *settings, struct storm_packet *packet,
	struct storm_boot_totals *totals);

// Words for the report, such as "no_file".
const char *storm_boot_failure_name(enum storm_boot_failure failure);
