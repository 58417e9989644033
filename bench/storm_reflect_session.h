// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// TFTP sessions of the reflector, one for each of its ports: what a client asked for, how far it
// is. Pure: what is to be sent comes out block by block.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tftp_parse.h"

#define STORM_REFLECT_SESSIONS 32768u
#define STORM_REFLECT_TID      32768u // of session 0
#define STORM_REFLECT_BLKSIZE  1468u  // at most

struct storm_reflect_session {
	bool live;
	bool begun; // the OACK is answered, or there is none
	uint8_t mac[6];
	uint16_t port; // of the client
	uint32_t address;
	uint16_t blksize;
	uint16_t window;
	uint64_t size;
	uint64_t acked;   // blocks
	uint64_t sent_us; // when something was last sent
	uint64_t heard_us;
};

struct storm_reflect_table {
	uint16_t blksize_max; // of what is granted
	uint16_t window_max;
	uint32_t next; // where the search for a free one begins
	struct storm_reflect_session sessions[STORM_REFLECT_SESSIONS];
};

// A request for a file of this size: a session, and its OACK, which is empty when no option was
// asked for: then block 1 is due. NULL: no session is free.
struct storm_reflect_session *storm_reflect_begin(struct storm_reflect_table *table,
	const struct tftp_request *request, uint64_t size, uint64_t now_us, uint8_t *oack,
	size_t oack_size, size_t *oack_len);

// An ACK or an ERROR. The number of blocks that are due behind acked; the session has ended when it
// is not live any more.
uint32_t storm_reflect_heard(
	struct storm_reflect_session *s, const uint8_t *packet, size_t len, uint64_t now_us);

// The same when nothing has been heard for a while; also ends what is silent for long.
uint32_t storm_reflect_again(struct storm_reflect_session *s, uint64_t now_us);

static inline uint64_t storm_reflect_blocks(const struct storm_reflect_session *s) {
	return s->size / s->blksize + 1;
}
