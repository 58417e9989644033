// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Many TFTP clients at once over a transport: starts them, moves packets, keeps their timers,
// checks contents and counts.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hist.h"
#include "storm_content.h"
#include "storm_impair.h"
#include "storm_net.h"
#include "storm_tftp_client.h"

#define STORM_TFTP_FILES_MAX 64u

// Reasons beyond those of the client itself.
enum storm_tftp_run_failure {
	STORM_TFTP_RUN_CONTENT = STORM_TFTP_FAILURES, // whole, but not the right bytes
	STORM_TFTP_RUN_SOCKET,                        // no socket for the client
	STORM_TFTP_RUN_DEADLINE,                      // the run's deadline came first
	STORM_TFTP_RUN_FAILURES,
};

struct storm_tftp_run_settings {
	uint32_t clients;    // at the same time
	uint64_t total;      // transfers
	double rate;         // starts per second, 0: at once
	uint64_t rate_limit; // bits of DATA per second that all together ask for, 0: none
	uint32_t files;      // client n reads file n % files
	struct storm_tftp_settings file[STORM_TFTP_FILES_MAX];
	struct storm_content content[STORM_TFTP_FILES_MAX];
	double loss, dup, reorder; // 0 to 1
	uint64_t seed;
	uint64_t deadline_us; // from the start, 0: none
	bool show_progress;
};

struct storm_tftp_totals {
	uint64_t started;
	uint64_t completed;
	uint64_t failed;
	uint64_t failed_by[STORM_TFTP_RUN_FAILURES];
	uint64_t bytes; // of file contents, in order
	uint64_t data;
	uint64_t group_data; // of groups, each once
	uint64_t duplicates;
	uint64_t ahead;
	uint64_t malformed;
	uint64_t foreign;
	uint64_t retransmissions;
	uint64_t acks;
	uint64_t extra_acks;
	uint64_t send_failures;
	uint64_t lost, doubled, delayed; // by the impairment
	uint64_t elapsed_us;             // first start to last end
	bool deadline_passed;
	char first_error[STORM_TFTP_TEXT_SIZE + 16];
	struct hist answer;   // RRQ to first packet
	struct hist transfer; // first to last block
	struct hist whole;    // RRQ to last block
};

// Runs to the end. net has 2 * clients ports: a client that lingers keeps its own while its
// successor starts. Returns 0, or -ENOMEM.
int storm_tftp_run(struct storm_tftp_run_settings *settings, struct storm_net *net,
	struct storm_tftp_totals *totals);

const char *storm_tftp_run_failure_name(unsigned failure);
