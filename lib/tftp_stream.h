// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The DATA of a multicast group (RFC 2090): which block is sent when, by the word of one client,
// the master. Its ACK n asks for block n + 1: what comes before it has. A receiver keeps every
// block that it gets and answers each DATA, and each OACK that makes it master, with the block
// before its first hole.
//
// Blocks that nobody has got yet are sent up to a small window ahead of the master's ACK: it
// will ask for each of them. Debian's atftp 0.8 keeps nothing behind a hole while it is the master;
// when that shows, it gets one block at a time. Of blocks that were sent before, only the one that
// the master asks for is sent, because it may have those behind it; after TFTP_STREAM_RUN in a row
// it lacks a run of them, as one does that has joined late, and gets that as if it were new.
//
// A block is sent again only when the master has said that it lacks it, never because time has
// passed: everybody else would have to take it, too. What is lost without a word is asked after,
// with an OACK to the master alone. So ACKs without progress have to be told apart: those that
// answer packets sent before the block, and those that tell that it was lost.
//
// It knows no packets and no members. The group's record is a struct tftp_session of which acked,
// next (0: nothing to send), highest, the timer and the token bucket are used.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "shm_abi.h"

// In flight to a group, and to one that has a single member. Receivers that share processors, as
// programs on one host do, fall behind the master by its whole turn when there is always something
// for it to read: eight atftp on two cores lost a fifth of what came eight by eight, nothing by
// two.
#define TFTP_STREAM_WINDOW     2u
#define TFTP_STREAM_ALONE      8u
#define TFTP_STREAM_RUN        4u
#define TFTP_STREAM_RTO_US     50000u // before a round trip is known
#define TFTP_STREAM_RTO_MIN_US 2000u  // asking costs no DATA, so it may be wrong
#define TFTP_STREAM_RTO_MAX_US 1000000u
// atftp reads an OACK before the DATA that came first: what its answer says missing may still be in
// its other socket. A hole that is told so is filled after so long without progress.
#define TFTP_STREAM_HOLD_US    1000u

struct tftp_stream {
	uint64_t front; // the last block sent for this master: of acked + 1 … front it has some
	uint64_t mark;  // what is missing up to here is not under way any more
	uint32_t in_flight; // packets that the master may still answer
	uint32_t stale;     // ACKs without progress that may come though nothing was lost
	uint8_t window;     // blocks in flight
	uint8_t probes;     // OACKs to the master without an answer
	uint8_t repeats;    // times that block acked + 1 was sent again
	uint8_t run;        // ACKs in a row that asked for the next block
	bool wanted;        // block acked + 1 is lost, and due
	bool hold;          // the same as soon as the timer says so
	bool in_order;      // the master keeps nothing behind a hole: one block at a time
	bool settling;      // a new master may be reading what it had not read yet: nothing is sent
};

enum tftp_stream_ack {
	TFTP_STREAM_MOVED,
	TFTP_STREAM_SAME,  // no progress
	TFTP_STREAM_OLD,   // ignored
	TFTP_STREAM_AHEAD, // of a block that was not sent: ignored
};

enum tftp_stream_timer {
	TFTP_STREAM_WAIT,
	TFTP_STREAM_SEND,  // a block is due
	TFTP_STREAM_PROBE, // the master is to be asked where it is
};

// A master takes over, and has told what it has.
void tftp_stream_begin(struct tftp_session *record, struct tftp_stream *stream, uint8_t window,
	uint64_t acked, uint64_t now_us);

enum tftp_stream_ack tftp_stream_ack(
	struct tftp_session *record, struct tftp_stream *stream, uint64_t block, uint64_t now_us);

// Takes the block to send, which is record->next and not 0; it counts as sent.
uint64_t tftp_stream_take(struct tftp_session *record, struct tftp_stream *stream, uint64_t now_us);

// The deadline has passed. sending: a block waits for the port or its token, so nobody is late.
enum tftp_stream_timer tftp_stream_timer(
	struct tftp_session *record, struct tftp_stream *stream, bool sending, uint64_t now_us);

// An OACK that it will answer was sent to the master for another reason.
void tftp_stream_probed(struct tftp_stream *stream);
