// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What boot runs count and measure, for each model of the run.

#pragma once

#include "storm_dhcp_client.h"
#include "hist.h"
#include "storm_tftp_client.h"

enum storm_phase {
	STORM_PHASE_OFFER,    // first DISCOVER to first OFFER
	STORM_PHASE_ACK,      // first REQUEST to ACK
	STORM_PHASE_LEASE,    // first DISCOVER to ACK
	STORM_PHASE_ANSWER,   // first RRQ of a file to its OACK or DATA
	STORM_PHASE_BYTES,    // first byte of a file to its last
	STORM_PHASE_TRANSFER, // first RRQ of a file to its last byte
	STORM_PHASE_BOOT,     // first DISCOVER to the last byte of all
	STORM_PHASES,
};

// The name in reports, such as "discover_to_offer_us".
const char *storm_phase_name(enum storm_phase phase);

enum storm_boot_failure {
	STORM_BOOT_DHCP,     // see the reasons of DHCP
	STORM_BOOT_NO_FILE,  // the ACK names no file
	STORM_BOOT_TFTP,     // see the reasons of TFTP
	STORM_BOOT_CONTENT,  // whole, but not the right bytes
	STORM_BOOT_DEADLINE, // the run's deadline came first
	STORM_BOOT_FAILURES,
};

// Words for the report, such as "no_file".
const char *storm_boot_failure_name(enum storm_boot_failure failure);

struct storm_boot_counts {
	uint64_t started;
	uint64_t completed;
	uint64_t failed;
	uint64_t failed_by[STORM_BOOT_FAILURES];
	uint64_t dhcp_failed_by[STORM_DHCP_FAILURES];
	uint64_t tftp_failed_by[STORM_TFTP_FAILURES];
	uint64_t files;  // read whole
	uint64_t absent; // asked for, told that there is none, and gone on
	uint64_t bytes;
	uint64_t data;
	uint64_t duplicates;
	uint64_t ahead;
	uint64_t dhcp_retransmissions;
	uint64_t dhcp_naks; // after which the machine discovered anew
	uint64_t tftp_retransmissions;
	struct hist phase[STORM_PHASES];
};

void storm_boot_counts_add(struct storm_boot_counts *sum, const struct storm_boot_counts *counts);
