// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A TFTP server with everything around it that it needs, for its tests: a policy, an image region
// whose files are views of the same few extents (so that one may be larger than 4 GiB), counters,
// an event ring, and a clock that the test moves.

#pragma once

#include "bytes.h"
#include "lease.h"
#include "policy_fixture.h"
#include "tftp.h"
#include "tftp_server.h"

#define WORLD_EXTENTS   4u
#define WORLD_MAP       2100u // of 2 MiB: a little over 4 GiB
#define WORLD_FILES     32u
#define WORLD_LEASES    16u
#define WORLD_PAYLOAD   (TFTP_BLKSIZE_MAX + TFTP_HEADER_BYTES)
#define WORLD_TID_FIRST 40000
#define WORLD_OWN       0x0a4d0001u // 10.77.0.1
#define WORLD_CLIENT    0x0a4d000bu // 10.77.0.11
#define WORLD_FAR       0x0a580032u // 10.88.0.50
#define WORLD_PORT      2000
#define WORLD_MAC(address)                                                                         \
	{ 0x52, 0x54, 0, 0, 1, (uint8_t)(address) } // of every client
#define WORLD_EDGE_RATE 1000000000ull

struct world {
	struct fixture fixture;
	struct image_slot slot[WORLD_FILES];
	_Atomic uint32_t map[WORLD_MAP];
	struct images images;
	uint32_t file_count;
	uint32_t session_count;
	struct tftp_session *sessions;
	_Atomic uint32_t pins[WORLD_FILES];
	_Atomic uint64_t last_use[WORLD_FILES];
	_Atomic uint64_t hits[WORLD_FILES];
	_Atomic uint64_t order_used[ORDER_SLOTS];
	uint64_t orders_recorded[ORDER_SLOTS];
	struct order_log orders;
	_Atomic uint64_t *want_ring;
	_Atomic uint64_t want_tail;
	struct wants wants;
	struct worker_block *worker;
	struct phase_block *phases;
	struct event_record *ring;
	uint64_t event_tail;
	struct events events;
	struct stats stats;
	struct lease_table *leases; // or NULL
	struct lease_record lease_records[WORLD_LEASES];
	_Atomic uint64_t lease_high;
	struct tftp_server_setup setup;
	void *memory;
	struct tftp_server *server;
	struct rouse_now now;
	uint16_t mtu;
	const uint8_t *frame_mac; // of all frames from now on; NULL: WORLD_MAC of the client
};

// A packet that the server sent.
struct sent {
	struct frame_to to;
	enum tftp_packet_kind kind;
	uint64_t block; // absolute, of DATA
	bool answers;
	size_t len;
	uint8_t payload[WORLD_PAYLOAD];
};

// Begins; then world_file for each file; then world_start.
struct world *world_begin(uint32_t session_count, uint16_t max_blksize, uint16_t max_windowsize);
// The same with another edge rate than WORLD_EDGE_RATE.
struct world *world_begin_at(
	uint64_t edge_rate, uint32_t session_count, uint16_t max_blksize, uint16_t max_windowsize);
void world_file(struct world *world, const char *name, uint64_t size);
void world_name(struct world *world, const char *name, enum policy_name_state state);
void world_start(struct world *world);
// Its contents leave the memory, or come back.
void world_set_state(struct world *world, const char *name, enum image_state state);
// Another file is what it is in netascii; NULL: it is not to be had in it.
void world_set_netascii(struct world *world, const char *name, const char *variant);
// What control was asked for next, with " in netascii" behind it if so; NULL: nothing.
const char *world_wanted(struct world *world);
// A machine with WORLD_CLIENT's address takes a lease; after world_start.
void world_lease(struct world *world, const uint8_t mac[6], bool ipxe, bool send_ahead);
// The subnet of WORLD_FAR behind a router; before world_start.
void world_far(struct world *world);
// A machine has a lease of the address; after world_start.
void world_bind(struct world *world, uint32_t address, const uint8_t mac[6]);
// Frees everything; fails when a pin is left over while no session is.
void world_end(struct world *world);

// A world as most tests want it: 64 sessions, the subnet's limits 1468 and 64, a few files.
struct world *world_usual(void);

// The server's process dies and another takes over its memory.
uint32_t world_restart(struct world *world);

// A datagram from a client to port 69, and to a TID.
void world_request(
	struct world *world, uint32_t address, uint16_t port, const void *bytes, size_t len);
void world_packet(struct world *world, uint32_t address, uint16_t port, uint16_t tid,
	const void *bytes, size_t len);
void world_ack(struct world *world, const struct sent *last, uint16_t block);
void world_error(struct world *world, const struct sent *last, uint16_t code);

// An octet read request of WORLD_CLIENT with options (name, value, name, value, …, NULL).
#define world_read(world, port, ...) world_read_from(world, WORLD_CLIENT, port, __VA_ARGS__, NULL)
void world_read_from(struct world *world, uint32_t address, uint16_t port, const char *name, ...)
	__attribute__((sentinel));
// Whether it is an OACK of exactly these (name, value, …, NULL), and nothing behind the last NUL.
#define world_is_oack(sent, ...) world_is_oack_of(sent, __VA_ARGS__, NULL)
bool world_is_oack_of(const struct sent *sent, ...) __attribute__((sentinel));
bool world_is_data(const struct sent *sent, uint64_t block);

// The next packet, if one may leave at this very moment.
bool world_take_now(struct world *world, struct sent *sent);
// The next packet, also if the clock has to go on for its tokens; with its checksum sum verified,
// in a buffer of exactly the size that it may take.
bool world_take(struct world *world, struct sent *sent);
// Takes all packets that are due; returns how many. The last is left in *sent if it is not NULL.
uint32_t world_drain(struct world *world, struct sent *sent);
// Moves the clock and runs the timers.
void world_wait(struct world *world, uint64_t us);

// Whether bytes are what the files hold at offset.
bool world_holds(const struct world *world, uint64_t offset, const uint8_t *bytes, size_t len);

uint64_t world_stat(const struct world *world, enum rouse_stat stat);
uint64_t world_drops(const struct world *world);
uint32_t world_pins(const struct world *world);

// The next event of a kind, skipping others; false: there is none.
bool world_event(struct world *world, enum event_kind kind, struct event_record *event);
