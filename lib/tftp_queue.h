// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Which session of a port sends next: lists by class, linked by index inside the session records,
// each served in turn. In a boot storm what is repeated comes first, because a client that has
// missed a packet is the one about to fail; what runs comes before what is new. The first blocks
// may wait, but not for longer than the least patient client waits before it asks again (syslinux
// and busybox: 100 ms), so what has waited for half of that comes before everything. Answers have a
// share: they are small, tell the client that it need not ask again, and begin nothing that would
// not wait in its turn. Those of a kind that presses in, strangers' or known machines', have no
// more than that.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "shm_abi.h"

enum tftp_class {
	TFTP_CLASS_NONE = 0,
	TFTP_CLASS_REPEAT,       // blocks that were sent before
	TFTP_CLASS_RUN,          // further blocks
	TFTP_CLASS_NEW,          // the first blocks of a transfer
	TFTP_CLASS_ANSWER_KNOWN, // answers to requests, of machines that have a lease of ours
	TFTP_CLASS_ANSWER,       // of others
	TFTP_CLASS_COUNT,
	TFTP_CLASS_PACED = TFTP_CLASS_COUNT, // in no list: waits for its token bucket
};

#define TFTP_QUEUE_BURST 8   // packets of one session before it is the next one's turn
#define TFTP_QUEUE_TURN  4   // of so many packets one is an answer, or looks at what is overdue
#define TFTP_OVERDUE_MS  50u // half of what the least patient client waits
#define TFTP_QUEUE_NONE  UINT32_MAX

struct tftp_queue {
	struct tftp_session *sessions; // ready, ready_next, ready_prev, ready_ms are used
	uint32_t head[TFTP_CLASS_COUNT];
	uint32_t tail[TFTP_CLASS_COUNT];
	uint32_t burst[TFTP_CLASS_COUNT]; // packets that the head has sent in this turn
	uint32_t picks;
	uint32_t count;   // sessions in the lists
	uint32_t waiting; // those of them that wait for something new
	bool late;        // one of these was overdue when last looked at
};

void tftp_queue_init(struct tftp_queue *queue, struct tftp_session *sessions);

// Puts session index at the end of a class, moving it from the one that it is in; in the same
// class, or with TFTP_CLASS_NONE and in none, nothing happens.
void tftp_queue_move(
	struct tftp_queue *queue, uint32_t index, enum tftp_class class, uint64_t now_us);

static inline bool tftp_queue_is_empty(const struct tftp_queue *queue) {
	return queue->count == 0;
}

// Whose turn it is, TFTP_QUEUE_NONE: nobody's. The caller sends one packet of it and then calls
// tftp_queue_sent with the class that the session is in from then on. pressed: the classes of
// answers, bit by number, whose requests come faster than their sessions can be kept, so that they
// must not come before everything when they are overdue.
uint32_t tftp_queue_pick(struct tftp_queue *queue, uint64_t now_us, uint32_t pressed);
void tftp_queue_sent(
	struct tftp_queue *queue, uint32_t index, enum tftp_class class, uint64_t now_us);
