// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// DHCP replies that wait until their journal records are durable: a fixed ring of bytes, first in,
// first out. A record without a reply (RELEASE, DECLINE) waits here too. In a ring of their own
// wait copies of replies, until it is their time. One thread.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dhcp_server.h"

#define PARKED_BYTES (16u << 20) // some 30,000 replies: 50 ms at 600,000 a second

// A disk that stood still lets hundreds of replies go at once, and those to one relay must fit its
// socket: 166 do by Linux' default. So what has waited for long leaves in portions.
#define PARKED_STALL_US   10000u // a reply that waited for less leaves at once
#define PARKED_PORTION_US 1000u
#define PARKED_PORTION    64u // replies, or an eighth of what waits when that is more

struct parked_reply {
	uint32_t size; // of the entry in the ring, payload included; 0: the ring goes on at its
		       // start
	uint16_t len; // of the payload; 0: nothing is sent
	uint16_t port;
	uint8_t record_count;
	uint8_t phase;        // enum rouse_phase that it ends
	bool again;           // a copy may follow
	uint64_t wait_lsn;    // sent when this and all before is durable
	uint64_t since_us;    // when it was parked
	uint64_t received_us; // when the message came that it answers
	struct frame_to to;
	struct journal_record record[DHCP_RECORDS_MAX];
	uint8_t payload[];
};

struct parked {
	uint8_t *ring; // size bytes, given by the caller
	uint32_t size;
	uint32_t head; // where the next entry goes
	uint32_t tail; // the oldest entry
	uint32_t count;
	uint64_t portion_us; // when the portion began
	uint32_t portion;    // what is left of it
};

// memory: size bytes, aligned to 8. size: a multiple of 8, at least twice the largest entry.
void parked_init(struct parked *parked, void *memory, uint32_t size);

// Whether the largest possible reply fits.
bool parked_has_room(const struct parked *parked);

// Whether three quarters of the ring are in use.
bool parked_is_low(const struct parked *parked);

// Copies output with its records; parked_has_room must be true. received_us: when the message came,
// which may have waited to be answered.
void parked_push(struct parked *parked, const struct dhcp_output *output, uint16_t port,
	uint64_t received_us, uint64_t now_us);

// The reply again, without its records; parked_has_room must be true.
void parked_copy(struct parked *parked, const struct parked_reply *reply, uint64_t now_us);

// Whether the reply has waited longer than DHCP_PARK_MAX_MS and must not be sent any more.
bool parked_is_late(const struct parked_reply *reply, uint64_t now_us);

// Whether the oldest reply may leave now, as far as portions go; takes it from the portion.
bool parked_may_leave(struct parked *parked, const struct parked_reply *reply, uint64_t now_us);

// When the next portion begins.
static inline uint64_t parked_resume_us(const struct parked *parked) {
	return parked->portion_us + PARKED_PORTION_US;
}

// The oldest entry, or NULL.
const struct parked_reply *parked_first(const struct parked *parked);

// Drops the oldest entry.
void parked_pop(struct parked *parked);

// Journal numbers that did not become durable, as ranges in ascending order. When there are more
// than fit, two neighbours become one with what lies between: replies are dropped then that could
// have been sent, never the other way round.
#define FAILED_RANGES 16

struct failed_lsns {
	struct {
		uint64_t first;
		uint64_t last;
	} range[FAILED_RANGES];
	uint32_t count;
};

// lsn is higher than every one added before.
void failed_lsns_add(struct failed_lsns *failed, uint64_t lsn);
bool failed_lsns_has(const struct failed_lsns *failed, uint64_t lsn);
