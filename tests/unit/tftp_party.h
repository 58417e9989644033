// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Receivers of RFC 2090 and the network between them and a server under test: each packet reaches
// each receiver, or not, on its own. They behave as atftp does: a bitmap; as master an ACK of the
// block before the first hole for every DATA and every OACK with mc=1; silence otherwise; 5 s
// timers, six in a row are the end. Debian's atftp 0.8, as master, throws away every block but its
// first hole, and says so once.

#pragma once

#include "tftp_world.h"

#define PARTY_MAX        80u
#define PARTY_TIMEOUT_US 5000000u
#define PARTY_TIMEOUTS   6u

struct receiver {
	uint32_t address;
	uint16_t port;
	uint16_t tid; // 0: no OACK yet
	bool started;
	bool killed;   // hears and says nothing
	bool mute_end; // iPXE: goes without a word when it has everything
	bool in_order; // Debian's atftp
	bool told_gap; // its ACK for a block that it has thrown away is out
	bool stubborn; // acknowledges whatever it has been told
	bool master;
	bool master_once; // it has been one, so its timer repeats its ACK
	bool done;
	bool failed;
	uint16_t error_code;
	uint64_t whole; // blocks before the first hole
	uint64_t last;  // number of the last block, 0: not seen
	uint8_t *bitmap;
	uint64_t timer_us; // UINT64_MAX: none
	uint32_t timeouts;
	uint64_t data_due_us; // nothing overtakes in its multicast socket
	uint64_t done_us;
};

struct party_packet {
	uint64_t due_us;
	uint64_t order;
	uint32_t receiver;
	bool inbound; // to the server
	uint8_t opcode;
	uint16_t number;
	bool is_last; // DATA shorter than a block
	bool mc;      // of an OACK
	uint16_t tid;
};

struct party {
	struct party *next; // another group of the same server, which party_step moves as well
	uint16_t tid;       // of the group, once it is known
	struct world *world;
	const char *file;
	uint64_t size;
	const char *blksize;
	uint64_t blocks;
	uint32_t count;
	uint32_t latency_us;
	uint32_t timeout_us;
	bool doubles;      // each time, as iPXE's timer does
	uint32_t lag_us;   // DATA may wait so long in a receiver's socket
	uint32_t loss_ppm; // of each packet to each receiver, and from it
	uint64_t random;
	struct receiver receiver[PARTY_MAX];
	struct party_packet *heap;
	uint32_t heap_count;
	uint64_t order;
	uint64_t data;   // sent to the group
	uint64_t wasted; // of them, that everybody had
	uint64_t oacks;
	uint64_t begun_us;
	uint64_t acks;
};

struct party *party_begin(struct world *world, const char *file, uint64_t size, const char *blksize,
	uint32_t count, uint32_t loss_percent);
void party_end(struct party *party);

// Receiver i sends its request; also once more, with another port, after it was killed.
void party_start(struct party *party, uint32_t i);
void party_start_all(struct party *party);
void party_kill(struct party *party, uint32_t i);

// One event: a packet arrives, a timer runs, packets leave. False: nothing will ever happen.
bool party_step(struct party *party);
// Until all that are started and alive are done or have failed, or the time has passed.
void party_run(struct party *party, uint64_t us);
// Until the group has sent so much DATA.
void party_run_data(struct party *party, uint64_t data);

uint32_t party_done(const struct party *party);
// The receiver that acts as master; PARTY_MAX: none.
uint32_t party_master(const struct party *party);
// DATA sent to the group for each block of the file.
double party_ratio(const struct party *party);
