// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// From frames to the DHCP server of lib, through the journal, and back: a reply whose lease is not
// on disk yet is parked until it is. Worker 0 only.

#pragma once

#include <stdint.h>

#include "dhcp_order.h"
#include "dhcp_server.h"
#include "frame.h"
#include "order_log.h"
#include "outlook.h"
#include "parked.h"
#include "prober.h"

#define DHCP_COPIES_BYTES (256u << 10) // some 500 replies
#define DHCP_COPY_US      50000u       // after the first: what loses one packet often loses a few

struct control_region;
struct journal;
struct worker;

struct dhcp_glue {
	struct dhcp_server server;
	struct journal *journal;
	struct worker *worker;
	struct dhcp_order *order;
	struct order_log *order_log; // of boots, which has nothing to do with the orders below
	struct parked parked;
	struct parked copies; // of replies that were asked for again; they wait for their time
	struct failed_lsns failed;
	uint64_t sweep_us;            // when to sweep next
	uint64_t resume_us;           // when more may leave of what waits here; UINT64_MAX: nothing
	struct probe_results *probes; // NULL: the journal knows which addresses are free
	uint64_t in_vain;             // DISCOVERs without an address, when last looked at
	uint32_t probes_told;         // how many of them the lease table has been told
	const struct control_region *ordering; // whose orders are followed; NULL: nobody's yet
	uint64_t orders;                       // of them, that are carried out
	_Atomic uint64_t *orders_done;         // the same, in the state region
	struct dhcp_output output;
};

// Answers a message. class: an unknown machine leaves a quarter of what can wait for the disk to
// known ones. received_us: from when its phase counts.
void dhcp_glue_handle(struct dhcp_glue *glue, uint16_t port, const struct frame_view *view,
	uint64_t received_us, enum dhcp_class class);

// Whether the ports take another answer; a quarter of what they take in a pass is TFTP's.
bool dhcp_glue_can_answer(struct dhcp_glue *glue);

// Whether ports or journal are so far behind that it matters who is answered.
bool dhcp_glue_is_pressed(const struct dhcp_glue *glue);

// Sends parked replies whose records became durable; drops those whose records failed, and those
// that waited too long. Then the copies whose time has come.
void dhcp_glue_send(struct dhcp_glue *glue);

void dhcp_glue_sweep(struct dhcp_glue *glue, struct rouse_now now);

void dhcp_glue_reconfigure(struct dhcp_glue *glue, const struct outlook *next);
