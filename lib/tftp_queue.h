// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Which session sends next: lists by class, linked by index inside the session records, each served
// in turn. In a boot storm what is repeated comes first, because a client that has missed a packet
// is the one about to fail; what runs comes before what is new.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "shm_abi.h"

enum tftp_class {
	TFTP_CLASS_NONE = 0,
	TFTP_CLASS_OACK,   // answers to requests
	TFTP_CLASS_REPEAT, // blocks that were sent before
	TFTP_CLASS_RUN,    // further blocks
	TFTP_CLASS_NEW,    // the first blocks of a transfer
	TFTP_CLASS_COUNT,
};

#define TFTP_QUEUE_BURST 8  // packets of one session before it is the next one's turn
#define TFTP_QUEUE_AGING 64 // of so many packets one is of a new transfer, so that none starves
#define TFTP_QUEUE_NONE  UINT32_MAX

struct tftp_queue {
	struct tftp_session *sessions; // ready, ready_next, ready_prev are used
	uint32_t head[TFTP_CLASS_COUNT];
	uint32_t tail[TFTP_CLASS_COUNT];
	uint32_t burst[TFTP_CLASS_COUNT]; // packets that the head has sent in this turn
	uint32_t picks;
};

void tftp_queue_init(struct tftp_queue *queue, struct tftp_session *sessions);

// Puts session index at the end of a class, moving it from the one that it is in; in the same
// class, or with TFTP_CLASS_NONE and in none, nothing happens.
void tftp_queue_move(struct tftp_queue *queue, uint32_t index, enum tftp_class class);

static inline bool tftp_queue_is_empty(const struct tftp_queue *queue) {
	for (int class = TFTP_CLASS_OACK; class < TFTP_CLASS_COUNT; class ++)
		if (queue->head[class] != TFTP_QUEUE_NONE)
			return false;
	return true;
}

// Whose turn it is, TFTP_QUEUE_NONE: nobody's. The caller sends one packet of it and then calls
// tftp_queue_sent with the class that the session is in from then on.
uint32_t tftp_queue_pick(struct tftp_queue *queue);
void tftp_queue_sent(struct tftp_queue *queue, uint32_t index, enum tftp_class class);
