// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A TFTP read client as a state machine (RFC 1350, 2090, 2347, 2348, 2349, 7440): packets and the
// time go in, at most one packet to send and the bytes of the file come out. It owns no socket and
// no memory. As it is set it behaves as careful firmware does (blocks in order, one ACK per window,
// one ACK per gap, its own timer, a final ACK that it repeats while it lingers) or as a real client
// that is less careful.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storm_retry.h"

#define STORM_TFTP_SEND_SIZE 600u
#define STORM_TFTP_TEXT_SIZE 80u

enum storm_tftp_state {
	STORM_TFTP_REQUESTED, // RRQ sent, nothing heard
	STORM_TFTP_TRANSFER,
	STORM_TFTP_LINGER, // whole; answers a repeated last block
	STORM_TFTP_DONE,
	STORM_TFTP_FAILED,
};

enum storm_tftp_failure {
	STORM_TFTP_OK = 0,
	STORM_TFTP_NO_ANSWER, // patience ended without any reply
	STORM_TFTP_STALLED,   // patience ended in the middle
	STORM_TFTP_ERROR,     // the server sent ERROR; see error_code
	STORM_TFTP_BAD_OACK,  // an option that was not asked for, or a value not allowed
	STORM_TFTP_TOO_LONG,  // more bytes than tsize announced
	STORM_TFTP_TOO_SHORT, // fewer
	STORM_TFTP_NO_OACK,   // DATA came where the client goes on with an OACK only
	STORM_TFTP_FAILURES,
};

// What a block that is not the next one calls forth.
enum storm_tftp_gap {
	STORM_TFTP_GAP_ONCE = 0, // one ACK per gap, one for the repeated last block of a window
	STORM_TFTP_GAP_EACH,     // EDK2, syslinux: an ACK of the block before for every such packet
	STORM_TFTP_GAP_NACK,     // U-Boot: one ACK, ahead or behind, until the next block in order
	STORM_TFTP_GAP_KEEP,     // iPXE: kept; every packet is answered with what is whole
	STORM_TFTP_GAP_OLD,      // GRUB: an old block is acknowledged as itself, others ignored
};

// How many blocks behind a gap STORM_TFTP_GAP_KEEP keeps.
#define STORM_TFTP_KEEP 64u

struct storm_tftp_settings {
	const char *name;    // of the file; at most 400 bytes
	uint16_t blksize;    // 0: not asked for
	uint16_t windowsize; // 0: not asked for
	uint8_t timeout_s;   // 0: not asked for
	bool tsize;
	bool multicast;      // ask for a group
	bool probe;          // only asks for the size: ends the transfer with ERROR 8 at the OACK
	bool needs_oack;     // GRUB: DATA without an OACK before it is not understood
	bool mute;           // GRUB: nothing is sent again once the server has answered
	const char *options; // of the request, as on the wire, in place of the four above
	uint16_t options_len;
	enum storm_tftp_gap gap;
	uint8_t extra_acks; // each ACK is sent 1 + extra_acks times
	uint32_t server;    // address, host byte order
	uint16_t port;      // where the request goes, usually 69
	struct storm_retry retry;
	uint64_t give_up_us; // without progress
	uint64_t linger_us;
};

struct storm_peer {
	uint32_t address; // host byte order
	uint16_t port;
};

struct storm_tftp_asked {
	uint16_t blksize; // 0: not asked for, as above
	uint16_t windowsize;
	uint8_t timeout_s;
	bool tsize;
	bool multicast;
};

// The blocks that a client of a group has, one bit each.
#define STORM_TFTP_GROUP_BLOCKS 65536u
#define STORM_TFTP_BITMAP_SIZE  (STORM_TFTP_GROUP_BLOCKS / 8)

struct storm_tftp_client {
	const struct storm_tftp_settings *settings;
	struct storm_tftp_asked asked;
	enum storm_tftp_state state;
	enum storm_tftp_failure failure;
	uint16_t tid; // the server's, 0 before its first packet
	uint16_t blksize;
	uint16_t window;
	uint16_t in_window; // blocks since the last ACK
	uint16_t gap_high;  // highest block seen behind the gap
	bool gap;           // an ACK for a gap is out
	bool oack;          // the server agreed to options
	bool early;         // DATA came before an OACK that is needed
	bool tsize_known;
	bool in_group; // what follows comes from group, in any order
	bool master;   // asks for each block; all others hold their tongues until they are complete
	struct storm_peer group;
	uint8_t *bitmap; // the caller's, STORM_TFTP_BITMAP_SIZE bytes of 0; for groups only
	uint32_t tries;
	uint64_t tsize;
	uint64_t next; // block that is expected, from 1, never wraps
	uint64_t kept; // STORM_TFTP_GAP_KEEP: bit n is block next + n
	uint64_t last; // the block that is shorter than the others, 0: not seen
	uint64_t bytes;
	uint64_t started_us;
	uint64_t answered_us; // first packet of the server
	uint64_t first_us;    // first block
	uint64_t last_us;     // last block
	uint64_t progress_us;
	uint64_t deadline_us; // when storm_tftp_tick is due; UINT64_MAX: never
	uint16_t error_code;
	char error_text[STORM_TFTP_TEXT_SIZE];
	// What happened, for the report.
	uint64_t data;       // DATA received, whatever became of it
	uint64_t duplicates; // blocks that we had already, OACK again
	uint64_t ahead;      // blocks behind a gap, kept or not
	uint64_t malformed;  // too short, unknown opcode, block longer than blksize
	uint64_t foreign;    // not from the server's TID
	uint64_t retransmissions;
	uint64_t acks; // without the extra ones
	uint64_t extra_acks;
};

// What the caller has to do. data points into the packet that was given.
struct storm_tftp_out {
	uint16_t send_len; // 0: nothing
	uint16_t copies;
	struct storm_peer to;
	bool join;         // the client's group; to be joined now
	uint32_t data_len; // new bytes of the file
	const uint8_t *data;
	uint64_t data_offset; // in order, but for STORM_TFTP_GAP_KEEP and groups
	uint8_t send[STORM_TFTP_SEND_SIZE];
};

// Begins a transfer: out holds the RRQ. -ENAMETOOLONG if name and options do not fit; 0 otherwise.
int storm_tftp_start(struct storm_tftp_client *c, const struct storm_tftp_settings *settings,
	uint64_t now_us, struct storm_tftp_out *out);

// A packet arrived. Everything in it is doubted.
void storm_tftp_input(struct storm_tftp_client *c, struct storm_peer from, const uint8_t *packet,
	size_t len, uint64_t now_us, struct storm_tftp_out *out);

// The deadline has passed: a retransmission, the end of patience or of lingering.
void storm_tftp_tick(struct storm_tftp_client *c, uint64_t now_us, struct storm_tftp_out *out);

// Words for the report, such as "no_answer".
const char *storm_tftp_failure_name(enum storm_tftp_failure failure);
