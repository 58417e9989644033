// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Two lines of places, one for each class, and an index by machine over both. Each class has places
// of its own, so the one can never take the other's.

#include "dhcp_queue.h"

#include <string.h>

_Static_assert(DHCP_QUEUE_PLACES < DHCP_NO_PLACE, "places are numbered by uint16_t");
_Static_assert((DHCP_QUEUE_BUCKETS & (DHCP_QUEUE_BUCKETS - 1)) == 0, "a power of two");

static void init_line(struct dhcp_queue *queue, enum dhcp_class class, uint16_t from, uint16_t to) {
	uint16_t i;

	queue->line[class] = (struct dhcp_line){
		.first = DHCP_NO_PLACE, .last = DHCP_NO_PLACE, .free = from};
	for (i = from; i < to; i++)
		queue->place[i].next = i + 1u < to ? (uint16_t)(i + 1) : DHCP_NO_PLACE;
}

void dhcp_queue_init(struct dhcp_queue *queue) {
	memset(queue->bucket, 0xff, sizeof(queue->bucket));
	init_line(queue, DHCP_CLASS_KNOWN, 0, DHCP_QUEUE_KNOWN);
	init_line(queue, DHCP_CLASS_UNKNOWN, DHCP_QUEUE_KNOWN, DHCP_QUEUE_PLACES);
}

static uint16_t *bucket_of(struct dhcp_queue *queue, uint32_t hash) {
	return &queue->bucket[hash & (DHCP_QUEUE_BUCKETS - 1)];
}

static bool is_same(const struct dhcp_sender *a, const struct dhcp_sender *b) {
	return a->hash == b->hash && a->type == b->type && a->agent == b->agent && a->replaces &&
	       b->replaces && memcmp(&a->key, &b->key, sizeof(a->key)) == 0;
}

static uint16_t find(struct dhcp_queue *queue, const struct dhcp_sender *sender) {
	uint16_t at = *bucket_of(queue, sender->hash);

	while (at != DHCP_NO_PLACE && !is_same(&queue->place[at].sender, sender))
		at = queue->place[at].chain;
	return at;
}

static void append(struct dhcp_queue *queue, struct dhcp_line *line, uint16_t place) {
	queue->place[place].next = DHCP_NO_PLACE;
	if (line->last == DHCP_NO_PLACE)
		line->first = place;
	else
		queue->place[line->last].next = place;
	line->last = place;
	line->count++;
}

enum dhcp_queued dhcp_queue_push(struct dhcp_queue *queue, enum dhcp_class class,
	const struct dhcp_sender *sender, uint16_t *place) {
	struct dhcp_line *line = &queue->line[class];
	uint16_t *bucket = bucket_of(queue, sender->hash);

	*place = sender->replaces ? find(queue, sender) : DHCP_NO_PLACE;
	if (*place != DHCP_NO_PLACE)
		return DHCP_QUEUED_INSTEAD;
	if (line->free == DHCP_NO_PLACE) {
		line->overflowed = true;
		return DHCP_QUEUED_FULL;
	}
	*place = line->free;
	line->free = queue->place[*place].next;
	queue->place[*place].sender = *sender;
	queue->place[*place].chain = *bucket;
	*bucket = *place;
	append(queue, line, *place);
	return DHCP_QUEUED_NEW;
}

static void forget(struct dhcp_queue *queue, uint16_t place) {
	uint16_t *link = bucket_of(queue, queue->place[place].sender.hash);

	while (*link != place)
		link = &queue->place[*link].chain;
	*link = queue->place[place].chain;
}

bool dhcp_queue_pop(struct dhcp_queue *queue, enum dhcp_class class, uint16_t *place) {
	struct dhcp_line *line = &queue->line[class];

	if (!line->count)
		return false;
	*place = line->first;
	line->first = queue->place[*place].next;
	if (--line->count == 0)
		line->last = DHCP_NO_PLACE;
	forget(queue, *place);
	queue->place[*place].next = line->free;
	line->free = *place;
	return true;
}

uint32_t dhcp_queue_next(
	const struct dhcp_queue *queue, enum dhcp_class class, uint16_t *place, uint32_t max) {
	const struct dhcp_line *line = &queue->line[class];
	uint16_t at = line->first;
	uint32_t i;

	for (i = 0; i < max && i < line->count; i++) {
		place[i] = at;
		at = queue->place[at].next;
	}
	return i;
}

bool dhcp_queue_overflowed(struct dhcp_queue *queue, enum dhcp_class class) {
	bool overflowed = queue->line[class].overflowed;

	queue->line[class].overflowed = false;
	return overflowed;
}
