// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "capture.h"

#include "frame.h"
#include "unit.h"

#define SETTLED INT64_MAX
#define MACHINE 0x525400000007u

static int set_up(void **state) {
	*state = calloc(1, sizeof(struct capture_ring));
	return 0;
}

static int tear_down(void **state) {
	free(*state);
	return 0;
}

// Frame i is 60 bytes of i, taken at i ns.
static void put(struct capture_ring *ring, uint64_t i) {
	uint8_t frame[60];
	struct capture_note note = {.frame = frame,
		.len = sizeof(frame),
		.wire_len = sizeof(frame),
		.direction = CAPTURE_IN,
		.unix_ns = (int64_t)i};

	memset(frame, (int)i, sizeof(frame));
	capture_draft(ring, 0, &note);
	capture_publish(ring, 1);
}

static void what_makes_no_sense_is_lost(void **state) {
	static const struct {
		const char *name;
		uint32_t wire_len;
		uint16_t len;
		uint8_t port;
		uint8_t direction;
	} cases[] = {
		{"more bytes than a record has", 2000, CAPTURE_FRAME_MAX + 1, 0, CAPTURE_IN},
		{"more bytes than the frame", 59, 60, 0, CAPTURE_IN},
		{"a port that cannot be", 60, 60, ROUSE_MAX_PORTS, CAPTURE_IN},
		{"no direction", 60, 60, 0, 0},
		{"a third direction", 60, 60, 0, 3},
	};
	struct capture_ring *ring = *state;
	struct capture_reader reader = capture_reader_at_end(ring);
	struct capture_record got;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct capture_record *record = &ring->record[i];

		put(ring, i);
		record->wire_len = cases[i].wire_len;
		record->len = cases[i].len;
		record->port = cases[i].port;
		record->direction = cases[i].direction;
		assert_case(cases[i].name, !capture_pop(ring, SETTLED, &reader, &got));
		assert_case(cases[i].name, reader.lost == i + 1);
	}
}

static void an_empty_ring_gives_nothing(void **state) {
	struct capture_reader reader = capture_reader_at_end(*state);
	struct capture_record got;

	assert_false(capture_pop(*state, SETTLED, &reader, &got));
}

static void frames_come_out_as_they_went_in(void **state) {
	struct capture_ring *ring = *state;
	struct capture_reader reader = capture_reader_at_end(ring);
	struct capture_record got;

	for (uint64_t i = 1; i <= 3ull * CAPTURE_RING_SIZE; i++) {
		put(ring, i);
		assert_true(capture_pop(ring, SETTLED, &reader, &got));
		assert_int_equal(got.unix_ns, i);
		assert_int_equal(got.len, 60);
		assert_int_equal(got.frame[59], i & 255);
		assert_int_equal(got.reason, 0);
	}
	assert_int_equal(reader.lost, 0);
}

static void the_oldest_are_overwritten_and_counted(void **state) {
	struct capture_ring *ring = *state;
	struct capture_reader reader = capture_reader_at_end(ring);
	struct capture_record got;
	uint64_t count = 0;

	for (uint64_t i = 1; i <= CAPTURE_RING_SIZE + 10ull; i++)
		put(ring, i);
	assert_true(capture_pop(ring, SETTLED, &reader, &got));
	assert_int_equal(got.unix_ns, 11);
	assert_int_equal(reader.lost, 10);
	while (capture_pop(ring, SETTLED, &reader, &got))
		count++;
	assert_int_equal(count, CAPTURE_RING_SIZE - 1);
	assert_int_equal(reader.lost, 10);
}

// Drafts stand where the oldest records were, and are nobody's to read.
static void drafts_are_not_seen(void **state) {
	struct capture_ring *ring = *state;
	struct capture_reader reader = capture_reader_at_end(ring);
	struct capture_note note = {
		.frame = (const uint8_t *)"x", .len = 1, .wire_len = 1, .direction = CAPTURE_OUT};
	struct capture_record got;

	for (uint32_t i = 0; i < 3; i++)
		capture_draft(ring, i, &note);
	assert_false(capture_pop(ring, SETTLED, &reader, &got));
	capture_publish(ring, 2);
	assert_true(capture_pop(ring, SETTLED, &reader, &got));
	assert_true(capture_pop(ring, SETTLED, &reader, &got));
	assert_false(capture_pop(ring, SETTLED, &reader, &got));
	for (uint64_t i = 1; i <= CAPTURE_RING_SIZE; i++)
		put(ring, i);
	capture_draft(ring, 0, &note);
	capture_draft(ring, 1, &note);
	assert_true(capture_pop(ring, SETTLED, &reader, &got));
	assert_int_equal(got.unix_ns, 3);
	assert_int_equal(reader.lost, 2);
}

static void reasons_may_come_later(void **state) {
	struct capture_ring *ring = *state;
	struct capture_reader reader = capture_reader_at_end(ring);
	struct capture_record got;

	put(ring, 100);
	put(ring, 200);
	assert_false(capture_pop(ring, 100, &reader, &got));
	capture_set_reason(ring, 0, 7);
	assert_true(capture_pop(ring, 101, &reader, &got));
	assert_int_equal(got.reason, 7);
	assert_false(capture_pop(ring, 101, &reader, &got));
	// Half a ring does not wait: it would be overwritten.
	for (uint64_t i = 0; i < CAPTURE_RING_SIZE / 2; i++)
		put(ring, 300);
	assert_true(capture_pop(ring, 101, &reader, &got));
}

static void a_late_reason_does_not_hit_another_frame(void **state) {
	struct capture_ring *ring = *state;
	struct capture_reader reader;
	struct capture_record got;

	for (uint64_t i = 0; i < CAPTURE_RING_SIZE; i++)
		put(ring, i);
	reader = capture_reader_at_end(ring);
	put(ring, 5000); // in the place of number 0
	capture_set_reason(ring, 0, 7);
	assert_true(capture_pop(ring, SETTLED, &reader, &got));
	assert_int_equal(got.reason, 0);
}

static void a_ring_that_began_anew_is_followed(void **state) {
	struct capture_ring *ring = *state;
	struct capture_reader reader = {.tail = 1000};
	struct capture_record got;

	put(ring, 1);
	assert_false(capture_pop(ring, SETTLED, &reader, &got));
	put(ring, 2);
	assert_true(capture_pop(ring, SETTLED, &reader, &got));
	assert_int_equal(got.unix_ns, 2);
}

// A DHCP message of MACHINE, or what looks like one.
static size_t dhcp_frame(uint8_t *frame, uint16_t src_port, uint16_t dst_port) {
	struct frame_to to = {.src_mac = {2, 0, 0, 0, 0, 1},
		.dst_mac = {2, 0, 0, 0, 0, 2},
		.src = 0x0a000001,
		.dst = 0x0a000002,
		.src_port = src_port,
		.dst_port = dst_port};

	memset(frame, 0, 1500);
	memcpy(frame + FRAME_HEADER_BYTES + 28, "\x52\x54\0\0\0\7", 6);
	frame_write_headers(frame, &to, 300, 0);
	return FRAME_HEADER_BYTES + 300;
}

static void frames_of_a_machine_are_told(void **state) {
	static const struct {
		const char *name;
		uint16_t src_port, dst_port;
		uint8_t direction;
		bool tagged, from, to, wanted;
	} cases[] = {
		{"another machine's", 2000, 69, CAPTURE_IN, false, false, false, false},
		{"sent by it", 2000, 69, CAPTURE_IN, false, true, false, true},
		{"sent to it, coming in", 2000, 69, CAPTURE_IN, false, false, true, false},
		{"sent to it", 69, 2000, CAPTURE_OUT, false, false, true, true},
		{"its DHCP by a relay", 67, 67, CAPTURE_IN, false, false, false, true},
		{"its answer by broadcast", 67, 68, CAPTURE_OUT, false, false, false, true},
		{"the same in a VLAN", 67, 68, CAPTURE_OUT, true, false, false, true},
		{"its PXE request", 68, 4011, CAPTURE_IN, false, false, false, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint8_t buffer[1600], *frame = buffer + FRAME_TAG_BYTES, *exact;
		size_t len = dhcp_frame(frame, cases[i].src_port, cases[i].dst_port);
		struct capture_note note = {.direction = cases[i].direction};

		if (cases[i].from || cases[i].to)
			memcpy(frame + (cases[i].from ? 6 : 0), "\x52\x54\0\0\0\7", 6);
		if (cases[i].tagged) {
			frame_tag(frame, 7);
			frame -= FRAME_TAG_BYTES;
			len += FRAME_TAG_BYTES;
		}
		for (size_t cut = 0; cut <= len; cut++) {
			bool wanted;

			exact = unit_exact(frame, cut);
			note.frame = exact;
			note.len = (uint32_t)cut;
			wanted = capture_wants(MACHINE, &note);
			assert_case(cases[i].name, capture_wants(0, &note));
			free(exact);
			assert_case(cases[i].name,
				cut < len ? !wanted || cases[i].wanted : wanted == cases[i].wanted);
		}
	}
}

static void what_is_kept_of_a_frame(void **state) {
	static const struct {
		const char *name;
		uint32_t len;
		uint16_t vlan, src_port;
		uint8_t direction;
		uint16_t kept;
	} cases[] = {
		{"a received frame", 900, 0, 2000, CAPTURE_IN, 900},
		{"a long one", 1514, 0, 2000, CAPTURE_IN, CAPTURE_FRAME_MAX},
		{"DATA", 1514, 0, 40000, CAPTURE_OUT, CAPTURE_DATA_KEPT},
		{"a short answer", 60, 0, 40000, CAPTURE_OUT, 60},
		{"an OFFER", 500, 0, 67, CAPTURE_OUT, 500},
		{"its tag comes back", 500, 7, 67, CAPTURE_IN, 504},
		{"a tag where the room ends", 1514, 7, 67, CAPTURE_IN, CAPTURE_FRAME_MAX},
		{"too short for a tag", 10, 7, 67, CAPTURE_IN, 10},
	};
	struct capture_ring *ring = *state;
	struct capture_reader reader = capture_reader_at_end(ring);
	struct capture_record got;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint8_t frame[1514];
		struct capture_note note = {.frame = frame,
			.len = cases[i].len,
			.wire_len = cases[i].len,
			.vlan = cases[i].vlan,
			.direction = cases[i].direction};
		uint32_t tag = cases[i].vlan && cases[i].len >= 14 ? FRAME_TAG_BYTES : 0;
		bool tagged;

		memset(frame, 0, sizeof(frame));
		dhcp_frame(frame, cases[i].src_port, 2000);
		capture_draft(ring, 0, &note);
		capture_publish(ring, 1);
		assert_case(cases[i].name, capture_pop(ring, SETTLED, &reader, &got));
		assert_case(cases[i].name, got.len == cases[i].kept);
		assert_case(cases[i].name, got.wire_len == cases[i].len + tag);
		assert_case(cases[i].name,
			frame_vlan(got.frame, got.len, &tagged) == (tag ? cases[i].vlan : 0));
		assert_memory_equal(got.frame + tag + (tag ? 12 : 0), frame + (tag ? 12 : 0),
			got.len - tag - (tag ? 12 : 0));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(what_makes_no_sense_is_lost),
		TEST(an_empty_ring_gives_nothing),
		TEST(frames_come_out_as_they_went_in),
		TEST(the_oldest_are_overwritten_and_counted),
		TEST(drafts_are_not_seen),
		TEST(reasons_may_come_later),
		TEST(a_late_reason_does_not_hit_another_frame),
		TEST(a_ring_that_began_anew_is_followed),
		TEST(frames_of_a_machine_are_told),
		TEST(what_is_kept_of_a_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
