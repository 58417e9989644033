// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "tftp_park.h"

#include <stddef.h>
#include <string.h>

static uint64_t key_of(const struct frame_view *frame) {
	return (uint64_t)frame->src << 16 | frame->src_port;
}

static uint32_t find(const struct tftp_park *park, uint64_t key) {
	uint32_t i = 0;

	while (i < park->count && park->key[i] != key)
		i++;
	return i;
}

static void note_stranger(struct tftp_park *park, const struct tftp_parked *entry, int change) {
	if (!entry->known)
		park->strangers += (uint32_t)change;
}

static bool has_room(const struct tftp_park *park, bool known) {
	return park->count < TFTP_PARK_MAX && (known || park->strangers < TFTP_PARK_MAX / 2);
}

static void fill(struct tftp_park *park, uint32_t i, const struct tftp_parked *request) {
	struct tftp_parked *entry = &park->entry[i];
	const uint8_t *payload = request->frame.payload;

	memcpy(entry, request, offsetof(struct tftp_parked, payload));
	entry->frame.payload = NULL;
	memcpy(entry->payload, payload, request->frame.payload_len);
	park->key[i] = key_of(&request->frame);
	park->want[i] = request->want;
	note_stranger(park, entry, 1);
}

enum tftp_park_result tftp_park_add(struct tftp_park *park, const struct tftp_parked *request) {
	uint32_t i = find(park, key_of(&request->frame));
	uint64_t since_us;

	if (request->frame.payload_len > TFTP_PARK_BYTES)
		return TFTP_PARK_FULL;
	if (i < park->count) {
		since_us = park->entry[i].since_us;
		note_stranger(park, &park->entry[i], -1);
		fill(park, i, request);
		park->entry[i].since_us = since_us;
		return TFTP_PARK_AGAIN;
	}
	if (!has_room(park, request->known))
		return TFTP_PARK_FULL;
	fill(park, park->count++, request);
	return TFTP_PARK_NEW;
}

void tftp_park_take(struct tftp_park *park, uint32_t i, struct tftp_parked *request) {
	*request = park->entry[i];
	note_stranger(park, request, -1);
	park->count--;
	park->key[i] = park->key[park->count];
	park->want[i] = park->want[park->count];
	park->entry[i] = park->entry[park->count];
}

struct frame_view tftp_park_frame(const struct tftp_parked *request) {
	struct frame_view frame = request->frame;

	frame.payload = request->payload;
	return frame;
}

// All who wait for the same have the same time.
uint64_t tftp_park_wanted(const struct tftp_park *park, uint64_t want) {
	for (uint32_t i = 0; i < park->count; i++)
		if (park->want[i] == want)
			return park->entry[i].wanted_us;
	return 0;
}

void tftp_park_set_wanted(struct tftp_park *park, uint64_t want, uint64_t now_us) {
	for (uint32_t i = 0; i < park->count; i++)
		if (park->want[i] == want)
			park->entry[i].wanted_us = now_us;
}
