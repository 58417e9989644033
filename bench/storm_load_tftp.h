// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The engine of `rouse-storm load tftp` and `load flood`: many streams on a DPDK port that read a
// file again and again; new ones that come at a rate, open loop; and requests from addresses that
// never answer.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "storm_content.h"
#include "hist.h"
#include "storm_load.h"

#define STORM_LOAD_SESSIONS_MAX 65536u

struct storm_load_tftp {
	uint32_t server;
	uint8_t server_mac[6];
	uint32_t first; // address of the first station; 1,024 clients share one
	uint32_t stations;
	uint8_t mac_base[6];
	const char *file;
	const char *new_file; // of those that come anew
	uint16_t blksize;
	uint16_t window;
	uint32_t sessions;
	uint32_t new_sessions; // at most at the same time
	uint32_t check_one_in; // 0: none
	uint64_t wait_us;      // without an answer until the last packet goes again
	uint64_t patience_us;
	double new_rate;   // new transfers per second
	double flood_rate; // spoofed requests per second, in a phase that says so
	uint32_t flood_network;
	uint32_t flood_count; // addresses of it
	struct storm_content content, new_content;
};

struct storm_load_tftp_totals {
	struct storm_load_span span;
	uint64_t data;  // in order
	uint64_t bytes; // of content
	uint64_t acks;
	uint64_t transfers; // whole
	uint64_t checked;   // of them by their content
	uint64_t wrong_content;
	uint64_t bad_checksums; // among the checked ones
	uint64_t gaps, duplicates, repetitions;
	uint64_t errors, gave_up;
	uint64_t foreign; // frames for no client
	uint64_t no_buffer;
	uint64_t new_started, new_done, new_failed;
	uint64_t new_refused; // all new_sessions were running
	uint64_t new_running; // at the end
	uint64_t flood_sent, flood_bytes;
	uint64_t flood_answers, flood_answer_bytes;
	struct hist request; // RRQ, when it was due, to OACK, ns
	struct hist ack;     // ACK to the next DATA, ns
	struct hist whole;   // RRQ to last block, us
	struct hist new_whole;
};

struct storm_load_run;

// Starts the sessions. NULL: no memory.
struct storm_load_run *storm_load_tftp_start(
	const struct storm_load_tftp *settings, const struct port *port);
// Runs for so long; totals count from here.
void storm_load_tftp_run(struct storm_load_run *run, uint64_t duration_us, bool flood,
	struct storm_load_tftp_totals *totals);
// Tells the server that the running transfers end, waits until it is silent, and frees.
void storm_load_tftp_end(struct storm_load_run *run);
