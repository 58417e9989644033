// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A worker: one thread, some queues, and five verbs in a loop: recv, handle, send, sweep,
// reconfigure. All it writes is in this struct and in its lines of the state region.

#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "events.h"
#include "frame.h"
#include "handover.h"
#include "nap.h"
#include "outlook.h"
#include "shm_abi.h"
#include "stats.h"
#include "tftp_server.h"
#include "timekeeper.h"
#include "turn.h"
#include "wait.h"
#include "wants.h"
#include "worker_capture.h"

#define WORKER_BURST         32u
#define WORKER_ROUNDS        64u // bursts of each queue in a pass: what stands in a ring
#define WORKER_OUT           64u // frames that wait for their port, per port
#define WORKER_MAX_QUEUES    64u
#define WORKER_IDLE_US       5u      // after so long without work a worker sleeps
#define WORKER_SLEEP_MAX_US  100000u // control's grace periods count on it
#define WORKER_BLOCKED_US    1000u   // sleep while a port takes no frames
#define WORKER_STALLED_US    50000u // after so long its frames are dropped, for the other ports' sake
#define WORKER_HEARD_US      50000u  // a frame that came in tells for so long that the link is up
#define WORKER_PORT_BURST_NS 100000u // how far a port with a rate may be ahead of it
#define WORKER_DHCP_SWEEP_US 1000000u
#define WORKER_DHCP_SWEEP    4096u // leases looked at in one sweep

struct rte_mbuf;
struct rte_mempool;
struct dhcp_glue;

// A queue that this worker polls.
struct worker_queue {
	uint16_t port; // index among our ports
	uint16_t ethdev;
	uint16_t queue;
};

// A port as this worker uses it.
struct worker_port {
	uint16_t ethdev;
	uint16_t queue;           // for sending
	struct rte_mempool *pool; // NULL: this worker has no queue on the port
	uint32_t address;
	uint32_t broadcast;
	uint16_t mtu;
	uint16_t vlan; // tag of all frames, 0: none
	uint8_t mac[6];
	uint8_t dhcp; // enum policy_dhcp_mode
	bool kernel;  // the kernel answers ARP and ICMP, and what is not ours is its business
	uint16_t out_count;
	struct rte_mbuf *out[WORKER_OUT];
	uint64_t pace_ns;    // token bucket: when all that was sent is through at the port's rate
	uint32_t byte_ps;    // that a byte takes at the port's rate; 0: no limit
	uint64_t blocked_us; // since when the port has taken nothing; 0: it takes
	struct rte_mbuf *spare;      // taken before a packet is asked for, so that none is lost
	const _Atomic bool *link_up; // main: rw, workers: ro
	uint64_t heard_us;           // last frame in, here or handed over
};

struct worker {
	uint16_t index;
	uint16_t port_count;
	uint16_t queue_count;
	bool sleeps;
	struct worker_queue queue[WORKER_MAX_QUEUES];
	struct worker_port port[ROUSE_MAX_PORTS];

	struct timekeeper time;
	struct stats stats;
	struct events events;
	struct wants wants;
	struct worker_block *block; // in the state region
	struct phase_block *phases; // the same
	struct images images;       // copy of the outlook's, which the TFTP server points to
	struct tftp_server *tftp;
	void *tftp_memory;      // freed at the end
	struct dhcp_glue *dhcp; // worker 0 only
	uint16_t tid_first;     // of this worker's slice
	uint16_t tid_count;
	uint64_t next_timer_us;
	uint64_t last_work_us;
	struct nap nap; // whether frames come so fast that it pays to let them gather
	struct turn turn;
	bool idled;     // the last pass found nothing to do
	bool capturing; // for rouse capture, in this pass

	const struct outlook *outlook;              // what this worker goes by
	_Atomic(const struct outlook *) *published; // main: rw, workers: ro
	_Atomic(const struct outlook *) seen;       // worker: rw, main: ro
	const _Atomic bool *stop;                   // main: rw, workers: ro

	struct worker *all; // array of workers, to find a frame's owner
	uint16_t worker_count;
	struct handover *handover;
	struct waiter waiter;
	_Atomic bool sleeping; // or not begun, or ended: in no driver. worker: rw, others: ro
	struct worker_capture capture;
};

// Thread body: runs until *stop. arg: struct worker.
int worker_run(void *arg);

// A phase that began at since_us ends with what stands before the port now. PHASE_COUNT: none does.
static inline void worker_end_phase(struct worker *w, enum rouse_phase phase, uint64_t since_us) {
	if (phase < PHASE_OF_WORKERS)
		phase_add(w->phases, phase, since_us, timekeeper_us(&w->time, rte_rdtsc()));
}

// worker_rx.c: takes frames from queues and other workers and handles them. Returns how many.
uint32_t worker_recv(struct worker *w);

// worker_tx.c ------------------------------------------------------------------------------------

// Whether every port can take a packet, spare buffers included.
bool worker_can_send(struct worker *w);

// Whether this port can, its spare buffer included.
bool worker_port_can_send(struct worker *w, struct worker_port *port);

// Puts a datagram in front of the port: the payload stands in port->spare behind the headers'
// place.
void worker_send_spare(struct worker *w, uint16_t port, const struct frame_to *to,
	uint16_t payload_len, uint32_t payload_sum);

// The place for the payload of the next datagram on the port, and its size. worker_can_send is
// true.
uint8_t *worker_payload(struct worker *w, uint16_t port, size_t *size);

// Puts a finished frame of len bytes, built in the spare buffer, in front of the port.
void worker_send_frame(struct worker *w, uint16_t port, uint16_t len);

// Sends what TFTP and DHCP have ready, as far as the ports take it. Returns how many.
uint32_t worker_send(struct worker *w);

// Frees what still waits for a port.
void worker_drop_out(struct worker *w);
