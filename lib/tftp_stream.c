// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "tftp_stream.h"

#include "pace.h"
#include "tftp_session.h"

static void set_acked(struct tftp_session *record, uint64_t acked) {
	__atomic_store_n((uint64_t *)&record->acked, acked, __ATOMIC_RELAXED);
}

static uint32_t clamp(uint64_t value, uint32_t min, uint32_t max) {
	return value < min ? min : value > max ? max : (uint32_t)value;
}

static uint32_t window(const struct tftp_session *record, const struct tftp_stream *stream) {
	bool is_new = stream->front >= record->highest;

	if (stream->in_order)
		return 1;
	return is_new || stream->run >= TFTP_STREAM_RUN ? stream->window : 1;
}

// Holes first.
static void plan(struct tftp_session *record, const struct tftp_stream *stream) {
	uint64_t acked = tftp_session_acked(record);

	if (stream->settling)
		record->next = 0;
	else if (stream->wanted)
		record->next = acked + 1;
	else if (stream->front < record->blocks && stream->front < acked + window(record, stream))
		record->next = stream->front + 1;
	else
		record->next = 0;
}

void tftp_stream_begin(struct tftp_session *record, struct tftp_stream *stream, uint8_t window,
	uint64_t acked, uint64_t now_us) {
	*stream = (struct tftp_stream){
		.front = acked, .window = window, .settling = acked < record->highest};
	set_acked(record, acked);
	record->timed_block = 0;
	record->retries = 0;
	if (!record->rto_us)
		record->rto_us = TFTP_STREAM_RTO_US;
	record->deadline_us = now_us + (stream->settling ? TFTP_STREAM_HOLD_US : record->rto_us);
	plan(record, stream);
}

static void measure(struct tftp_session *record, uint64_t block, uint64_t now_us) {
	uint32_t sample = clamp(now_us - record->sent_us, 1, TFTP_STREAM_RTO_MAX_US);

	if (!record->timed_block || block < record->timed_block)
		return;
	record->timed_block = 0;
	record->srtt_us =
		record->srtt_us ? record->srtt_us + sample / 8 - record->srtt_us / 8 : sample;
	record->rto_us =
		clamp(4ull * record->srtt_us, TFTP_STREAM_RTO_MIN_US, TFTP_STREAM_RTO_MAX_US);
}

// Whether the hole that the master has come to was sent before a repeat that it has got. Not if it
// has moved on by the repeated block alone: then that was not lost, perhaps, but late.
static bool tells_of_second_gap(const struct tftp_stream *stream, uint64_t acked, uint64_t block) {
	return stream->repeats && block > acked + 1 && block < stream->mark;
}

// Whether it lacks, after the repeat of a lost block, the one behind it, though something behind
// the lost one had arrived: that is how it knew.
static bool keeps_nothing(const struct tftp_stream *stream, uint64_t acked, uint64_t block) {
	return stream->repeats && block == acked + 1 && block < stream->mark;
}

static void advance(
	struct tftp_session *record, struct tftp_stream *stream, uint64_t block, uint64_t now_us) {
	uint64_t acked = tftp_session_acked(record);
	bool second_gap = tells_of_second_gap(stream, acked, block);

	measure(record, block, now_us);
	set_acked(record, block);
	stream->in_order |= keeps_nothing(stream, acked, block);
	if (block > stream->front || stream->in_order) {
		stream->front = block;
		stream->run = 0;
	} else if (stream->run < TFTP_STREAM_RUN) {
		stream->run++;
	}
	// Were the block not lost, its repeat and the OACKs would be answered without progress.
	stream->stale = stream->probes + stream->repeats;
	stream->probes = 0;
	stream->repeats = 0;
	stream->hold = false;
	stream->wanted = second_gap;
	record->retries = 0;
	record->deadline_us = now_us + record->rto_us;
}

// It finds what it seemed to lack. With all of it in hand it asks for what is new.
static void settle(
	struct tftp_session *record, struct tftp_stream *stream, uint64_t block, uint64_t now_us) {
	set_acked(record, block);
	stream->front = block;
	stream->settling = block < record->highest;
	record->deadline_us = now_us + TFTP_STREAM_HOLD_US;
}

static void same(struct tftp_session *record, struct tftp_stream *stream, uint64_t now_us) {
	if (stream->front == tftp_session_acked(record) || stream->wanted)
		return;
	if (stream->probes) {
		stream->probes--;
		stream->hold = true;
		record->retries = 0;
		record->deadline_us = now_us + TFTP_STREAM_HOLD_US;
	} else if (stream->stale) {
		stream->stale--;
	} else if (!stream->hold) {
		stream->wanted = true;
	}
}

// In answer to a question the master may say that it has less than before: its program was started
// again.
static void go_back(
	struct tftp_session *record, struct tftp_stream *stream, uint64_t block, uint64_t now_us) {
	uint8_t probes = stream->probes - 1;

	tftp_stream_begin(record, stream, stream->window, block, now_us);
	stream->stale = probes;
}

enum tftp_stream_ack tftp_stream_ack(
	struct tftp_session *record, struct tftp_stream *stream, uint64_t block, uint64_t now_us) {
	uint64_t acked = tftp_session_acked(record);
	enum tftp_stream_ack result = TFTP_STREAM_SAME;

	if (block > record->highest)
		return TFTP_STREAM_AHEAD;
	if (stream->in_flight)
		stream->in_flight--;
	if (block > acked && stream->settling) {
		settle(record, stream, block, now_us);
		result = TFTP_STREAM_MOVED;
	} else if (block > acked) {
		advance(record, stream, block, now_us);
		result = TFTP_STREAM_MOVED;
	} else if (block == acked) {
		same(record, stream, now_us);
	} else if (stream->probes) {
		go_back(record, stream, block, now_us);
	} else {
		return TFTP_STREAM_OLD;
	}
	plan(record, stream);
	return result;
}

// The block that the master lacks is sent again: what it has not answered yet it will answer
// without progress.
static void take_wanted(struct tftp_session *record, struct tftp_stream *stream) {
	stream->wanted = false;
	stream->hold = false;
	stream->stale = stream->in_flight;
	stream->mark = stream->front;
	stream->repeats = 1;
	record->timed_block = 0;
}

static void take_next(
	struct tftp_session *record, struct tftp_stream *stream, uint64_t block, uint64_t now_us) {
	stream->front = block;
	if (record->timed_block)
		return;
	record->timed_block = block;
	record->sent_us = now_us;
}

uint64_t tftp_stream_take(
	struct tftp_session *record, struct tftp_stream *stream, uint64_t now_us) {
	uint64_t block = record->next;

	if (stream->wanted)
		take_wanted(record, stream);
	else
		take_next(record, stream, block, now_us);
	if (block <= record->highest)
		record->retransmitted++;
	else
		record->highest = block;
	stream->in_flight++;
	record->pace_ns = pace_take(record->pace_ns, record->block_ns, now_us * 1000);
	record->deadline_us = now_us + record->rto_us;
	plan(record, stream);
	return block;
}

void tftp_stream_probed(struct tftp_stream *stream) {
	if (stream->probes == UINT8_MAX)
		return;
	stream->probes++;
	stream->in_flight++;
}

enum tftp_stream_timer tftp_stream_timer(
	struct tftp_session *record, struct tftp_stream *stream, bool sending, uint64_t now_us) {
	uint64_t wait_us = (uint64_t)record->rto_us << (stream->probes < 10 ? stream->probes : 10);

	record->deadline_us = now_us + clamp(wait_us, 1, TFTP_STREAM_RTO_MAX_US);
	if (sending)
		return TFTP_STREAM_WAIT;
	if (stream->hold || stream->settling) {
		stream->wanted = stream->hold;
		stream->hold = false;
		stream->settling = false;
		plan(record, stream);
		return TFTP_STREAM_SEND;
	}
	record->timed_block = 0;
	stream->in_flight = stream->probes;
	stream->stale = 0;
	tftp_stream_probed(stream);
	record->retries++;
	return TFTP_STREAM_PROBE;
}
