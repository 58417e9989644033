// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Which DHCP message comes next when there are more than a pass can answer: those of known machines
// before those of unknown ones, each class in the order of arrival. What a machine sends again takes
// the place of what it has waiting, so it waits once. Here are the places only; the caller keeps the
// messages. One thread.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lease.h"

enum dhcp_class {
	DHCP_CLASS_KNOWN = 0, // a host of the policy, or a machine that had a lease before
	DHCP_CLASS_UNKNOWN,
	DHCP_CLASSES,
};

// A thousand machines that are switched on at once send some DHCP messages each within a retry
// interval: they find room, known or not. So do the known ones of a whole site after a power cut, or
// 150,000 messages a second while the worker does not run for 50 ms. A firmware whose message is
// dropped asks again after four seconds only.
#define DHCP_QUEUE_KNOWN   8192u
#define DHCP_QUEUE_UNKNOWN 2048u
#define DHCP_QUEUE_PLACES  (DHCP_QUEUE_KNOWN + DHCP_QUEUE_UNKNOWN)
#define DHCP_QUEUE_BUCKETS 16384u

// By what a message is told to be sent again: machine, message type, and the relay agent that
// brings it: of two that stand for two subnets only one can give the machine what it asks for. Not
// by xid, which a client may change (RFC 2131, 4.1) and a flood would.
struct dhcp_sender {
	struct lease_key key;
	uint8_t type;  // enum dhcp_type
	uint8_t agent; // one of 8, so that a forged giaddr makes no more places
	bool replaces; // DISCOVER, REQUEST, INFORM; DECLINE and RELEASE do something, each time
	uint32_t hash; // lease_hash of key
};

struct dhcp_waiting {
	struct dhcp_sender sender;
	uint16_t next;  // in its class, or among the free ones
	uint16_t chain; // in its bucket
};

struct dhcp_line {
	bool overflowed; // refused one since dhcp_queue_overflowed was asked last
	uint16_t first;
	uint16_t last;
	uint16_t free; // places of this class that were given back
	uint16_t count;
};

struct dhcp_queue {
	struct dhcp_line line[DHCP_CLASSES];
	uint16_t bucket[DHCP_QUEUE_BUCKETS]; // place, DHCP_NO_PLACE: empty
	struct dhcp_waiting place[DHCP_QUEUE_PLACES];
};

#define DHCP_NO_PLACE UINT16_MAX

enum dhcp_queued {
	DHCP_QUEUED_NEW = 0,
	DHCP_QUEUED_INSTEAD, // in place of an earlier message of this machine
	// Refused. The newest goes, not the oldest: all that wait are younger than any client's
	// first repetition (1 s), so none is worth less than another, those who came first are
	// answered first, and a flood cannot wash out what waits.
	DHCP_QUEUED_FULL,
};

void dhcp_queue_init(struct dhcp_queue *queue);

// place: where the caller puts the message, below DHCP_QUEUE_PLACES; its own until it is popped.
enum dhcp_queued dhcp_queue_push(struct dhcp_queue *queue, enum dhcp_class class,
	const struct dhcp_sender *sender, uint16_t *place);

// The oldest of a class. place stays the caller's until the next push. False if none waits.
bool dhcp_queue_pop(struct dhcp_queue *queue, enum dhcp_class class, uint16_t *place);

// Which will be popped next, in order: at most max places. Returns how many.
uint32_t dhcp_queue_next(
	const struct dhcp_queue *queue, enum dhcp_class class, uint16_t *place, uint32_t max);

// Whether a message of this class found no place since the last call.
bool dhcp_queue_overflowed(struct dhcp_queue *queue, enum dhcp_class class);

static inline bool dhcp_queue_is_empty(const struct dhcp_queue *queue) {
	return !queue->line[DHCP_CLASS_KNOWN].count && !queue->line[DHCP_CLASS_UNKNOWN].count;
}
