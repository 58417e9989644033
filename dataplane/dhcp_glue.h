// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// From frames to the DHCP server of lib, through the journal, and back: a reply whose lease is not
// on disk yet is parked until it is. Worker 0 only.

#pragma once

#include <stdint.h>

#include "dhcp_server.h"
#include "frame.h"
#include "outlook.h"
#include "parked.h"
#include "prober.h"

struct journal;
struct worker;

struct dhcp_glue {
	struct dhcp_server server;
	struct journal *journal;
	struct worker *worker;
	struct parked parked;
	struct failed_lsns failed;
	uint64_t sweep_us;            // when to sweep next
	struct probe_results *probes; // NULL: the journal knows which addresses are free
	uint64_t in_vain;             // DISCOVERs without an address, when last looked at
	uint32_t probes_told;         // how many of them the lease table has been told
	struct dhcp_output output;
};

void dhcp_glue_handle(struct dhcp_glue *glue, uint16_t port, const struct frame_view *view);

// Sends parked replies whose records became durable; drops those whose records failed, and those
// that waited too long.
void dhcp_glue_send(struct dhcp_glue *glue);

void dhcp_glue_sweep(struct dhcp_glue *glue, struct rouse_now now);

void dhcp_glue_reconfigure(struct dhcp_glue *glue, const struct outlook *next);
