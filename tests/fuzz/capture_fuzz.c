// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The reader of a capture: the input is a list of steps, of which some are a worker's and others
// write nonsense into the ring. What is read goes into a block of a file.

#include "capture.h"

#include "cli/capture_file.h"
#include "cli/pcapng.h"
#include "fuzz.h"

#define STEP 9u // a byte that says what, eight of value

static void draft(struct capture_ring *ring, uint64_t value) {
	uint32_t len = value % 1600;
	uint8_t *frame = fuzz_exact((const uint8_t[1600]){(uint8_t)value}, len);
	struct capture_note note = {
		.frame = frame,
		.len = len,
		.wire_len = len + (value >> 60),
		.vlan = value >> 12 & 0xfff,
		.port = value >> 24 & 15,
		.direction = value >> 28 & 1 ? CAPTURE_IN : CAPTURE_OUT,
		.unix_ns = (int64_t)(value >> 30),
	};

	if (len > 44)
		memcpy(frame + 12, "\x81\0\0\7\x08\0\x45", 7); // on the way to a DHCP message
	capture_wants(value, &note);
	capture_draft(ring, value >> 32 & 63, &note);
	free(frame);
}

static uint32_t length_at(const uint8_t *p) {
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void read_one(struct capture_ring *ring, int64_t settled_ns, struct capture_reader *reader) {
	uint8_t block[PCAPNG_BLOCK_MAX];
	char comment[CAPTURE_COMMENT_MAX];
	struct capture_record record;
	struct pcapng_frame frame;
	size_t len;

	if (!capture_pop(ring, settled_ns, reader, &record))
		return;
	FUZZ_ASSERT(record.len <= CAPTURE_FRAME_MAX && record.len <= record.wire_len);
	FUZZ_ASSERT(record.port < ROUSE_MAX_PORTS);
	FUZZ_ASSERT(record.direction == CAPTURE_IN || record.direction == CAPTURE_OUT);
	FUZZ_ASSERT(record.sequence == reader->tail);
	frame = (struct pcapng_frame){
		.interface = record.port,
		.unix_ns = record.unix_ns,
		.bytes = record.frame,
		.len = record.len,
		.wire_len = record.wire_len,
		.direction = record.direction,
		.lost = reader->lost,
		.comment = capture_comment(record.reason, comment),
	};
	len = pcapng_packet(block, sizeof(block), &frame);
	FUZZ_ASSERT(len > 32 && len % 4 == 0);
	FUZZ_ASSERT(length_at(block + 4) == len && length_at(block + len - 4) == len);
}

static void scribble(struct capture_ring *ring, uint64_t value) {
	struct capture_record *record = &ring->record[value % CAPTURE_RING_SIZE];

	record->sequence = value >> 16;
	record->len = (uint16_t)(value >> 20);
	record->wire_len = (uint32_t)(value >> 28);
	record->port = (uint8_t)(value >> 36);
	record->direction = (uint8_t)(value >> 40);
	record->reason = (uint32_t)(value >> 44);
}

static void step(
	struct capture_ring *ring, struct capture_reader *reader, uint8_t what, uint64_t value) {
	switch (what % 8) {
	case 0:
	case 1:
		draft(ring, value);
		break;
	case 2:
		capture_publish(ring, value % 65);
		break;
	case 3:
		capture_set_reason(ring, value >> 16, (uint32_t)value % 256);
		break;
	case 4:
	case 5:
		read_one(ring, (int64_t)value, reader);
		break;
	case 6:
		ring->head = value;
		break;
	default:
		scribble(ring, value);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct capture_ring *ring;
	struct capture_reader reader;

	if (!ring)
		ring = calloc(1, sizeof(*ring));
	FUZZ_ASSERT(ring);
	ring->head = 0; // what former inputs left in its records is as good as anything
	reader = capture_reader_at_end(ring);
	for (; size >= STEP; data += STEP, size -= STEP) {
		uint64_t value;

		memcpy(&value, data + 1, sizeof(value));
		step(ring, &reader, data[0], value);
	}
	return 0;
}
