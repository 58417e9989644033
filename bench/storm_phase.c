// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Names and sums.

#include "storm_phase.h"

static const char *const PHASE_NAMES[STORM_PHASES] = {
	[STORM_PHASE_OFFER] = "discover_to_offer_us",
	[STORM_PHASE_ACK] = "request_to_ack_us",
	[STORM_PHASE_LEASE] = "discover_to_ack_us",
	[STORM_PHASE_ANSWER] = "request_to_answer_us",
	[STORM_PHASE_BYTES] = "first_to_last_block_us",
	[STORM_PHASE_TRANSFER] = "request_to_last_block_us",
	[STORM_PHASE_BOOT] = "discover_to_last_block_us",
};

static const char *const FAILURE_NAMES[STORM_BOOT_FAILURES] = {
	[STORM_BOOT_DHCP] = "dhcp",
	[STORM_BOOT_NO_FILE] = "no_file",
	[STORM_BOOT_TFTP] = "tftp",
	[STORM_BOOT_CONTENT] = "wrong_content",
	[STORM_BOOT_DEADLINE] = "deadline",
};

const char *storm_phase_name(enum storm_phase phase) {
	return PHASE_NAMES[phase];
}

const char *storm_boot_failure_name(enum storm_boot_failure failure) {
	return FAILURE_NAMES[failure];
}

static void add_failures(struct storm_boot_counts *sum, const struct storm_boot_counts *counts) {
	for (unsigned i = 0; i < STORM_BOOT_FAILURES; i++)
		sum->failed_by[i] += counts->failed_by[i];
	for (unsigned i = 0; i < STORM_DHCP_FAILURES; i++)
		sum->dhcp_failed_by[i] += counts->dhcp_failed_by[i];
	for (unsigned i = 0; i < STORM_TFTP_FAILURES; i++)
		sum->tftp_failed_by[i] += counts->tftp_failed_by[i];
}

void storm_boot_counts_add(struct storm_boot_counts *sum, const struct storm_boot_counts *counts) {
	sum->started += counts->started;
	sum->completed += counts->completed;
	sum->failed += counts->failed;
	sum->files += counts->files;
	sum->absent += counts->absent;
	sum->bytes += counts->bytes;
	sum->data += counts->data;
	sum->duplicates += counts->duplicates;
	sum->ahead += counts->ahead;
	sum->dhcp_retransmissions += counts->dhcp_retransmissions;
	sum->dhcp_naks += counts->dhcp_naks;
	sum->tftp_retransmissions += counts->tftp_retransmissions;
	add_failures(sum, counts);
	for (unsigned i = 0; i < STORM_PHASES; i++)
		hist_merge(&sum->phase[i], &counts->phase[i]);
}
