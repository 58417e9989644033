// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A TFTP client for rates: one cache line of state, no loss model, no copy of what arrives. It
// asks with options (RFC 2347, 2348, 7440), acknowledges each window, repeats its last packet when
// nothing comes, and gives up when its patience ends. Pure: packets and time go in, what to do
// comes out. Times are in cycles.

#pragma once

#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

enum storm_stream_state {
	STORM_STREAM_IDLE,
	STORM_STREAM_ASKING,  // the request is out
	STORM_STREAM_READING, // the OACK came
};

enum storm_stream_result {
	STORM_STREAM_TAKEN,     // a block in order, nothing to send
	STORM_STREAM_ACK,       // a block in order that ends a window: acknowledge block
	STORM_STREAM_DONE,      // the last block: acknowledge it; the stream is idle
	STORM_STREAM_STARTED,   // the OACK: acknowledge block 0
	STORM_STREAM_GAP,       // a block is missing: acknowledge the last in order, once
	STORM_STREAM_DUPLICATE, // had it, or the gap is known
	STORM_STREAM_BAD,       // malformed, from another port, or an answer to another question
	STORM_STREAM_ERROR,     // ERROR: the stream is idle
};

enum storm_stream_due {
	STORM_STREAM_WAIT,
	STORM_STREAM_ASK_AGAIN,
	STORM_STREAM_ACK_AGAIN,
	STORM_STREAM_GAVE_UP, // the stream is idle
};

struct storm_stream {
	alignas(64) uint64_t asked; // when the first request was meant to go
	uint64_t since;    // of the request or the ACK that is not answered yet; 0: none is
	uint64_t progress; // last packet that was news
	uint64_t deadline; // of the next repetition
	uint64_t block;    // last in order
	uint16_t blksize;
	uint16_t window;
	uint16_t left; // blocks until the window ends
	uint16_t tid;  // of the server
	uint8_t state;
	bool gap; // acknowledged already
};

static_assert(sizeof(struct storm_stream) == 64, "one cache line");

// Asks at time now for a file; intended is when it was due. The caller sends the request.
void storm_stream_ask(struct storm_stream *s, uint16_t blksize, uint16_t window, uint64_t intended,
	uint64_t now, uint64_t wait);

// A packet for this stream: the payload of a datagram from a port. content is set on TAKEN, ACK and
// DONE, with its length. The time since the question is in *waited for the first packet that
// answers one, else 0. wait: until the next repetition.
enum storm_stream_result storm_stream_packet(struct storm_stream *s, uint16_t from,
	const uint8_t *payload, uint16_t len, uint64_t now, uint64_t wait, const uint8_t **content,
	uint16_t *content_len, uint64_t *waited);

// The deadline has passed.
enum storm_stream_due storm_stream_tick(
	struct storm_stream *s, uint64_t now, uint64_t wait, uint64_t patience);
