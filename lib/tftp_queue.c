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

static bool is_new(enum tftp_class class) {
	return class >= TFTP_CLASS_NEW;
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
	queue->waiting -= is_new(class);
}

static uint16_t low_ms(uint64_t now_us) {
	return (uint16_t)(now_us / 1000);
}

static void append(
	struct tftp_queue *queue, uint32_t index, enum tftp_class class, uint64_t now_us) {
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
	queue->waiting += is_new(class);
	session->ready_ms = low_ms(now_us);
}

void tftp_queue_move(
	struct tftp_queue *queue, uint32_t index, enum tftp_class class, uint64_t now_us) {
	enum tftp_class old = queue->sessions[index].ready;

	if (old == class)
		return;
	if (old != TFTP_CLASS_NONE)
		take_out(queue, index);
	if (class != TFTP_CLASS_NONE)
		append(queue, index, class, now_us);
}

// The one among the heads of what is new that has waited longest, if it has waited as long as it
// may, and its class does not press in.
static uint32_t overdue(const struct tftp_queue *queue, uint64_t now_us, uint32_t pressed) {
	uint16_t most = TFTP_OVERDUE_MS - 1, waited;
	uint32_t found = TFTP_QUEUE_NONE;

	for (int class = TFTP_CLASS_NEW; class < TFTP_CLASS_COUNT; class ++) {
		uint32_t head = queue->head[class];

		if (head == TFTP_QUEUE_NONE || pressed >> class & 1)
			continue;
		waited = (uint16_t)(low_ms(now_us) - queue->sessions[head].ready_ms);
		if (waited > most) {
			most = waited;
			found = head;
		}
	}
	return found;
}

// The next answer; by turns where both kinds wait.
static uint32_t shared(const struct tftp_queue *queue) {
	uint32_t known = queue->head[TFTP_CLASS_ANSWER_KNOWN];
	uint32_t stranger = queue->head[TFTP_CLASS_ANSWER];

	if (known == TFTP_QUEUE_NONE || stranger == TFTP_QUEUE_NONE)
		return known == TFTP_QUEUE_NONE ? stranger : known;
	return queue->picks / TFTP_QUEUE_TURN & 1 ? known : stranger;
}

static uint32_t pick_new(struct tftp_queue *queue, uint64_t now_us, uint32_t pressed, bool turn) {
	uint32_t found = overdue(queue, now_us, pressed);
	uint32_t answer = TFTP_QUEUE_NONE;

	queue->late = found != TFTP_QUEUE_NONE;
	if (turn && (pressed || !queue->late))
		answer = shared(queue);
	return answer == TFTP_QUEUE_NONE ? found : answer;
}

// What is new is looked at in turns, to keep the way of a block short, until something is overdue.
uint32_t tftp_queue_pick(struct tftp_queue *queue, uint64_t now_us, uint32_t pressed) {
	bool turn = ++queue->picks % TFTP_QUEUE_TURN == 0;
	uint32_t found = TFTP_QUEUE_NONE;

	if (queue->waiting && (turn || queue->late))
		found = pick_new(queue, now_us, pressed, turn);
	for (int class = TFTP_CLASS_REPEAT; found == TFTP_QUEUE_NONE && class < TFTP_CLASS_COUNT;
		class ++)
		found = queue->head[class];
	return found;
}

void tftp_queue_sent(
	struct tftp_queue *queue, uint32_t index, enum tftp_class class, uint64_t now_us) {
	if (queue->sessions[index].ready != class) {
		tftp_queue_move(queue, index, class, now_us);
		return;
	}
	if (class == TFTP_CLASS_NONE || ++queue->burst[class] < TFTP_QUEUE_BURST)
		return;
	take_out(queue, index);
	append(queue, index, class, now_us);
}
