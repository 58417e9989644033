// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Entries are contiguous: one that does not fit before the end of the ring begins at its start, and
// a zero size marks the gap. Bytes and not packet buffers, so that waiting takes nothing from the
// port.

#include "parked.h"

#include <string.h>

#define ENTRY_ALIGN 8u
#define ENTRY_MAX   (ENTRY_ALIGN + sizeof(struct parked_reply) + DHCP_REPLY_MAX)

static uint32_t entry_size(uint16_t len) {
	size_t size = sizeof(struct parked_reply) + len;

	return (uint32_t)((size + ENTRY_ALIGN - 1) & ~(size_t)(ENTRY_ALIGN - 1));
}

static struct parked_reply *entry_at(const struct parked *parked, uint32_t at) {
	return (void *)(parked->ring + at);
}

void parked_init(struct parked *parked, void *memory, uint32_t size) {
	*parked = (struct parked){.ring = memory, .size = size};
}

// Where an entry of size bytes goes, or UINT32_MAX.
static uint32_t place(const struct parked *parked, uint32_t size) {
	bool wrapped = parked->count && parked->head <= parked->tail;

	if (wrapped)
		return parked->tail - parked->head >= size ? parked->head : UINT32_MAX;
	if (parked->size - parked->head >= size)
		return parked->head;
	return parked->tail >= size ? 0 : UINT32_MAX;
}

bool parked_has_room(const struct parked *parked) {
	return place(parked, ENTRY_MAX) != UINT32_MAX;
}

bool parked_is_low(const struct parked *parked) {
	uint32_t used = parked->head - parked->tail;

	if (parked->count && parked->head <= parked->tail)
		used += parked->size;
	return used > parked->size / 4 * 3;
}

// An entry with room for len bytes of payload.
static struct parked_reply *append(struct parked *parked, uint16_t len, uint64_t now_us) {
	uint32_t size = entry_size(len), at = place(parked, size);
	struct parked_reply *reply = entry_at(parked, at);

	if (at != parked->head && parked->size - parked->head >= sizeof(reply->size))
		entry_at(parked, parked->head)->size = 0;
	*reply = (struct parked_reply){.size = size, .len = len, .since_us = now_us};
	parked->head = at + size;
	parked->count++;
	return reply;
}

void parked_push(struct parked *parked, const struct dhcp_output *output, uint16_t port,
	uint64_t received_us, uint64_t now_us) {
	struct parked_reply *reply = append(parked, output->len, now_us);

	reply->port = port;
	reply->record_count = output->record_count;
	reply->phase = output->phase;
	reply->again = output->again;
	reply->wait_lsn = output->wait_lsn;
	reply->received_us = received_us;
	reply->to = output->to;
	memcpy(reply->record, output->record, sizeof(reply->record));
	memcpy(reply->payload, output->payload, output->len);
}

void parked_copy(struct parked *parked, const struct parked_reply *reply, uint64_t now_us) {
	struct parked_reply *copy = append(parked, reply->len, now_us);

	copy->port = reply->port;
	copy->phase = PHASE_COUNT;
	copy->received_us = reply->received_us;
	copy->to = reply->to;
	memcpy(copy->payload, reply->payload, reply->len);
}

bool parked_is_late(const struct parked_reply *reply, uint64_t now_us) {
	return reply->len && now_us - reply->since_us > DHCP_PARK_MAX_MS * 1000u;
}

bool parked_may_leave(struct parked *parked, const struct parked_reply *reply, uint64_t now_us) {
	if (now_us - reply->since_us < PARKED_STALL_US)
		return true;
	if (now_us >= parked_resume_us(parked)) {
		parked->portion_us = now_us;
		parked->portion = parked->count / 8;
		if (parked->portion < PARKED_PORTION)
			parked->portion = PARKED_PORTION;
	}
	if (!parked->portion)
		return false;
	parked->portion--;
	return true;
}

const struct parked_reply *parked_first(const struct parked *parked) {
	uint32_t at = parked->tail;

	if (!parked->count)
		return NULL;
	if (at == parked->size || entry_at(parked, at)->size == 0)
		at = 0;
	return entry_at(parked, at);
}

void parked_pop(struct parked *parked) {
	const struct parked_reply *first = parked_first(parked);

	parked->tail = (uint32_t)((const uint8_t *)first - parked->ring) + first->size;
	if (--parked->count == 0)
		parked->head = parked->tail = 0;
}

void failed_lsns_add(struct failed_lsns *failed, uint64_t lsn) {
	uint32_t last = failed->count - 1;

	if (failed->count && failed->range[last].last + 1 == lsn) {
		failed->range[last].last = lsn;
		return;
	}
	if (failed->count == FAILED_RANGES) {
		failed->range[1].first = failed->range[0].first;
		memmove(&failed->range[0], &failed->range[1],
			(FAILED_RANGES - 1) * sizeof(failed->range[0]));
		failed->count--;
	}
	failed->range[failed->count].first = lsn;
	failed->range[failed->count++].last = lsn;
}

bool failed_lsns_has(const struct failed_lsns *failed, uint64_t lsn) {
	uint32_t i;

	for (i = 0; i < failed->count; i++)
		if (lsn >= failed->range[i].first && lsn <= failed->range[i].last)
			return true;
	return false;
}
