// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The TFTP server of one worker: requests, sessions, timers, and what is to be sent next. Packets
// in by tftp_server_request and tftp_server_packet; packets out one by one by tftp_server_next,
// which the caller asks only when it has room to send, so a full port loses nothing. No allocation
// after init.

#pragma once

#include "clock.h"
#include "events.h"
#include "frame.h"
#include "images.h"
#include "order_log.h"
#include "policy.h"
#include "stats.h"
#include "wants.h"

struct tftp_server; // opaque, in the memory given to tftp_server_init

struct tftp_server_setup {
	// This worker's slice of the table in state. Session i of the slice has TID tid_first + i.
	struct tftp_session *sessions;
	uint32_t session_count;
	uint16_t tid_first;
	uint16_t worker;
	uint16_t port_count; // of the policy, for as long as the server lives
	const struct images *images;
	const struct lease_table *leases; // which machines are known and what they run; or NULL
	struct seen_table *seen;          // the same where another server gives the leases; or NULL
	struct order_log *orders;         // which orders were used; NULL: none ever is
	const struct policy *policy;      // by whose orders transfers end; see tftp_server_renew
	_Atomic uint32_t *pins;           // this worker's row in state
	_Atomic uint64_t *last_use;       // unix ms, per slot
	_Atomic uint64_t *hits;           // HITS_WORD, this worker's row
	struct wants *wants;
	const struct stats *stats;
	struct phase_block *phases;
	struct events *events;
	uint64_t seed[2]; // from getrandom: TIDs are uniform over the free ones
};

struct tftp_input {
	const struct frame_view *frame;
	uint16_t port; // index of the port in the policy
	uint8_t port_mac[6];
	uint32_t own_address;
	uint16_t port_mtu;
};

enum tftp_packet_kind {
	TFTP_PACKET_ERROR,
	TFTP_PACKET_OACK,
	TFTP_PACKET_DATA,
};

struct tftp_packet {
	struct frame_to to;
	uint16_t port;
	uint16_t kind;
	bool answers;                 // it is the first to its session's request
	struct tftp_session *session; // NULL for an ERROR without one
	uint64_t block;               // absolute, of DATA
	uint16_t error_code;
	const char *error_text; // static storage
};

// memory is aligned to a cache line and lives as long as the server. init makes this worker's pins
// 0 (those of a dead process are void) and leaves the sessions alone: they are either all zero, or
// tftp_server_resume is called next.
size_t tftp_server_size(uint32_t session_count);
struct tftp_server *tftp_server_init(void *memory, const struct tftp_server_setup *setup);

// Takes over sessions that a former process left in setup->sessions: each record is believed only
// if its CRC, its fields and its image are good; the others are freed (and their peers get ERROR
// 0). Call once, after init. Returns how many go on.
uint32_t tftp_server_resume(
	struct tftp_server *server, const struct policy *policy, struct rouse_now now);

// The images region is another file from now on: every transfer is ended, its client gets ERROR 0.
// To be called while setup->images still is the former region; the caller changes it afterwards.
void tftp_server_abandon(struct tftp_server *server, struct rouse_now now);

// A datagram to port 69, and one to a TID of this worker.
void tftp_server_request(struct tftp_server *server, const struct policy *policy,
	const struct tftp_input *input, struct rouse_now now);
void tftp_server_packet(
	struct tftp_server *server, const struct tftp_input *input, struct rouse_now now);

// Answers requests whose file has come into memory meanwhile, or whose clients have waited as long
// as they can. Call it in each pass. Returns when it wants to be called next in us, UINT64_MAX:
// nothing waits.
uint64_t tftp_server_wake(
	struct tftp_server *server, const struct policy *policy, struct rouse_now now);

// Names may lead elsewhere from now on: what waits is looked up again by the next tftp_server_wake.
// policy takes the place of that in setup, which may go.
void tftp_server_renew(struct tftp_server *server, const struct policy *policy);

// The next packet to send by a port (below ROUSE_MAX_PORTS): ERRORs, then retransmissions, running
// transfers in turn, new ones, OACKs; see tftp_queue.h on what is overdue. False when there is
// nothing to send now. What it returns counts as sent.
bool tftp_server_next(struct tftp_server *server, uint16_t port, struct rouse_now now,
	struct tftp_packet *packet);

// Writes the TFTP payload of a packet (at most blksize + 4 bytes) and its checksum sum. 0: the
// image is gone, the session is being closed with ERROR, the packet is to be dropped.
size_t tftp_server_write(struct tftp_server *server, const struct tftp_packet *packet,
	uint8_t *payload, size_t size, uint32_t *sum);

// Runs the timers that are due. Returns the time of the next one in us, UINT64_MAX for none; now,
// when there is something to send (a timer that fired makes a packet, which must not wait until the
// caller wakes up again).
uint64_t tftp_server_expire(struct tftp_server *server, struct rouse_now now);

uint32_t tftp_server_active(const struct tftp_server *server);
