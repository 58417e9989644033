// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// In which order the DHCP messages of a pass are answered, and how many. As long as there are no
// more than a pass answers: all, as they came. Beyond that known machines first, unknown ones with
// what is left, and what is left over waits as a copy: a packet buffer that waits would be missing
// in the port. Worker 0 only.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dhcp_queue.h"
#include "frame.h"

struct dhcp_glue;
struct rte_mbuf;

// The budget of a pass: a DHCP flood costs TFTP at most so many answers between two turns, and the
// frames that are looked at for known machines (DHCP_PASS_RECEIVED and a round of bursts).
#define DHCP_PASS_ANSWERS  32u
// Of them for unknown machines while a port has more frames than a pass takes and no place is left
// for them in the queue: time goes into finding the known ones among them, and still no unknown
// machine waits for ever.
#define DHCP_PASS_UNKNOWN  4u
// After so many in a pass ports are not asked again, empty or not.
#define DHCP_PASS_RECEIVED 256u
#define DHCP_PASS_ARRIVED  64u   // sorted in one go
#define DHCP_KEPT_MAX      1472u // a message in a frame of 1,500 bytes; longer ones do not wait

struct dhcp_arrival {
	struct frame_view view; // into mbuf
	struct rte_mbuf *mbuf;
	uint16_t port;
	uint64_t record; // of a capture, see worker_capture.h; 0: none
};

struct dhcp_kept {
	struct frame_view view; // into payload
	uint64_t received_us;   // when the machine's first message came, of those it sent again
	uint16_t port;
	uint64_t record; // as in dhcp_arrival
	uint8_t payload[DHCP_KEPT_MAX];
};

struct dhcp_order {
	uint32_t arrived;  // in arrival, not sorted yet
	uint32_t received; // in this pass
	bool flooded;      // the ports had more than this pass took
	struct dhcp_arrival arrival[DHCP_PASS_ARRIVED];
	struct dhcp_queue queue;
	struct dhcp_kept kept[DHCP_QUEUE_PLACES];
};

void dhcp_order_init(struct dhcp_order *order);

// Takes a message; the buffer is the order's to free.
void dhcp_order_take(struct dhcp_glue *glue, uint16_t port, const struct frame_view *view,
	struct rte_mbuf *mbuf);

// Whether to look for more in ports that were not empty: there may be known machines behind the
// unknown ones.
bool dhcp_order_wants_more(struct dhcp_order *order);

// Answers this pass's messages. Returns how many still wait.
uint32_t dhcp_order_serve(struct dhcp_glue *glue);
