// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The send lists of the TFTP server. All operations take constant time.

#include "tftp_queue.h"

#include <string.h>

void tftp_queue_init(struct tftp_queue *queue, struct tftp_session *sessions) {
	memset(queue, 0, sizeof(*queue));
	queue->sessions = sessions;
	for (int i = 0; i < TFTP_CLASS_COUNT; i++)
		queue->head[i] = queue->tail[i] = TFTP_QUEUE_NONE;
}

static void take_out(struct tftp_queue *queue, uint32_t index) {
	struct tftp_session *session = &queue->sessions[index];
	uint32_t class = session->ready;

	if (session->ready_prev == TFTP_QUEUE_NONE) {
		queue->head[class] = session->ready_next;
		queue->burst[class] = 0;
	} else {
		queue->sessions[session->ready_prev].ready_next = session->ready_next;
	}
	if (session->ready_next == TFTP_QUEUE_NONE)
		queue->tail[class] = session->ready_prev;
	else
		queue->sessions[session->ready_next].ready_prev = session->ready_prev;
	session->ready = TFTP_CLASS_NONE;
	queue->count--;
}

static void append(struct tftp_queue *queue, uint32_t index, enum tftp_class class) {
	struct tftp_session *session = &queue->sessions[index];

	session->ready = (uint8_t) class;
	session->ready_next = TFTP_QUEUE_NONE;
	session->ready_prev = queue->tail[class];
	if (queue->tail[class] == TFTP_QUEUE_NONE)
		queue->head[class] = index;
	else
		queue->sessions[queue->tail[class]].ready_next = index;
	queue->tail[class] = index;
	queue->count++;
}

void tftp_queue_move(struct tftp_queue *queue, uint32_t index, enum tftp_class class) {
	enum tftp_class old = queue->sessions[index].ready;

	if (old == class)
		return;
	if (old != TFTP_CLASS_NONE)
		take_out(queue, index);
	if (class != TFTP_CLASS_NONE)
		append(queue, index, class);
}

// The one among the heads of what is new that has waited longest, if it has waited too long.
static uint32_t overdue(const struct tftp_queue *queue, uint64_t now_us, bool pressed) {
	uint64_t since = pressed ? now_us + 1 : now_us - TFTP_OVERDUE_US;
	uint32_t found = TFTP_QUEUE_NONE;

	if (now_us < TFTP_OVERDUE_US)
		return TFTP_QUEUE_NONE;
	for (int class = TFTP_CLASS_NEW; class < TFTP_CLASS_COUNT; class ++) {
		uint32_t head = queue->head[class];

		if (head != TFTP_QUEUE_NONE && queue->sessions[head].last_seen_us < since) {
			since = queue->sessions[head].last_seen_us;
			found = head;
		}
	}
	return found;
}

uint32_t tftp_queue_pick(struct tftp_queue *queue, uint64_t now_us, bool pressed) {
	uint32_t found = TFTP_QUEUE_NONE;

	if (++queue->picks % (pressed ? TFTP_QUEUE_PRESSED : TFTP_QUEUE_SHARE) == 0)
		found = overdue(queue, now_us, pressed);
	for (int class = TFTP_CLASS_REPEAT; found == TFTP_QUEUE_NONE && class < TFTP_CLASS_COUNT;
		class ++)
		found = queue->head[class];
	return found;
}

void tftp_queue_sent(struct tftp_queue *queue, uint32_t index, enum tftp_class class) {
	if (queue->sessions[index].ready != class) {
		tftp_queue_move(queue, index, class);
		return;
	}
	if (class == TFTP_CLASS_NONE || ++queue->burst[class] < TFTP_QUEUE_BURST)
		return;
	take_out(queue, index);
	append(queue, index, class);
}
