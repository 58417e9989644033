// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The hot path is a block in order: two compares, two stores.

#include "storm_stream.h"

#include <string.h>

#include "bytes.h"

#define BLOCK_HEADER 4u
#define NUMBER_MAX   65535u

enum {
	OPCODE_DATA = 3,
	OPCODE_ERROR = 5,
	OPCODE_OACK = 6,
};

void storm_stream_ask(struct storm_stream *s, uint16_t blksize, uint16_t window, uint64_t intended,
	uint64_t now, uint64_t wait) {
	*s = (struct storm_stream){
		.asked = intended,
		.since = intended,
		.progress = now,
		.deadline = now + wait,
		.blksize = blksize,
		.window = window,
		.left = window,
		.state = STORM_STREAM_ASKING,
	};
}

static void note_answer(struct storm_stream *s, uint64_t now, uint64_t *waited) {
	if (s->since)
		*waited = now > s->since ? now - s->since : 1;
	s->since = 0;
}

static void ask_for_more(struct storm_stream *s, uint64_t now, uint64_t wait) {
	s->left = s->window;
	s->since = now;
	s->deadline = now + wait;
}

// A block that is not the next one. RFC 7440: the client tells the last that came in order, once.
static enum storm_stream_result out_of_order(
	struct storm_stream *s, uint16_t number, uint64_t now, uint64_t wait) {
	uint16_t ahead = (uint16_t)(number - (uint16_t)s->block);

	if (ahead == 0 || ahead > s->window || s->gap)
		return STORM_STREAM_DUPLICATE;
	s->gap = true;
	ask_for_more(s, now, wait);
	return STORM_STREAM_GAP;
}

static enum storm_stream_result take_data(struct storm_stream *s, const uint8_t *payload,
	uint16_t len, uint64_t now, uint64_t wait, uint16_t *content_len, uint64_t *waited) {
	uint16_t number = (uint16_t)(payload[2] << 8 | payload[3]);

	*content_len = (uint16_t)(len - BLOCK_HEADER);
	if (*content_len > s->blksize)
		return STORM_STREAM_BAD;
	if (number != (uint16_t)(s->block + 1))
		return out_of_order(s, number, now, wait);
	note_answer(s, now, waited);
	s->block++;
	s->progress = now;
	s->gap = false;
	if (*content_len < s->blksize) {
		s->state = STORM_STREAM_IDLE;
		return STORM_STREAM_DONE;
	}
	if (--s->left)
		return STORM_STREAM_TAKEN;
	ask_for_more(s, now, wait);
	return STORM_STREAM_ACK;
}

// The value of an option, UINT32_MAX if it is no number that we could have asked for.
static uint32_t number_of(const char *text) {
	uint32_t value = 0;

	if (!*text)
		return UINT32_MAX;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || value > NUMBER_MAX)
			return UINT32_MAX;
		value = value * 10 + (uint32_t)(*text - '0');
	}
	return value;
}

// The next string, NULL if there is none that ends.
static const char *next_text(struct reader *r) {
	size_t left = reader_left(r);
	const uint8_t *end = left ? memchr(r->data + r->at, 0, left) : NULL;

	return end ? (const char *)reader_take(r, (size_t)(end - (r->data + r->at)) + 1) : NULL;
}

// A rate means something only with the sizes that were asked for.
static bool is_as_asked(const struct storm_stream *s, const uint8_t *payload, uint16_t len) {
	struct reader r = reader_of(payload + 2, len - 2u);
	uint32_t blksize = 512, window = 1;

	while (reader_left(&r)) {
		const char *name = next_text(&r);
		const char *value = name ? next_text(&r) : NULL;

		if (!value)
			return false;
		if (!strcmp(name, "blksize"))
			blksize = number_of(value);
		else if (!strcmp(name, "windowsize"))
			window = number_of(value);
	}
	return blksize == s->blksize && window == s->window;
}

static enum storm_stream_result take_oack(struct storm_stream *s, uint16_t from,
	const uint8_t *payload, uint16_t len, uint64_t now, uint64_t wait, uint64_t *waited) {
	if (s->state == STORM_STREAM_READING)
		return s->tid == from ? STORM_STREAM_DUPLICATE : STORM_STREAM_BAD;
	if (!is_as_asked(s, payload, len))
		return STORM_STREAM_BAD;
	note_answer(s, now, waited);
	s->state = STORM_STREAM_READING;
	s->tid = from;
	s->progress = now;
	ask_for_more(s, now, wait);
	return STORM_STREAM_STARTED;
}

enum storm_stream_result storm_stream_packet(struct storm_stream *s, uint16_t from,
	const uint8_t *payload, uint16_t len, uint64_t now, uint64_t wait, const uint8_t **content,
	uint16_t *content_len, uint64_t *waited) {
	*waited = 0;
	if (len < BLOCK_HEADER || payload[0] || s->state == STORM_STREAM_IDLE)
		return STORM_STREAM_BAD;
	if (payload[1] == OPCODE_DATA && s->state == STORM_STREAM_READING && from == s->tid) {
		*content = payload + BLOCK_HEADER;
		return take_data(s, payload, len, now, wait, content_len, waited);
	}
	if (payload[1] == OPCODE_OACK)
		return take_oack(s, from, payload, len, now, wait, waited);
	if (payload[1] != OPCODE_ERROR || (s->state == STORM_STREAM_READING && from != s->tid))
		return STORM_STREAM_BAD;
	s->state = STORM_STREAM_IDLE;
	return STORM_STREAM_ERROR;
}

enum storm_stream_due storm_stream_tick(
	struct storm_stream *s, uint64_t now, uint64_t wait, uint64_t patience) {
	if (s->state == STORM_STREAM_IDLE || now < s->deadline)
		return STORM_STREAM_WAIT;
	if (now - s->progress >= patience) {
		s->state = STORM_STREAM_IDLE;
		return STORM_STREAM_GAVE_UP;
	}
	s->gap = false;
	s->left = s->window;
	s->deadline = now + wait;
	return s->state == STORM_STREAM_ASKING ? STORM_STREAM_ASK_AGAIN : STORM_STREAM_ACK_AGAIN;
}
