// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// storm_stamp: what is patched equals what frame.h writes and frame_parse takes.

#include "storm_stamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct frame_to TO = {
	.src_mac = {2, 0, 0, 0, 0, 1},
	.dst_mac = {2, 0, 0, 0, 0, 2},
	.src = 0x0a4d0001,
	.dst = 0x0a4d0064,
	.src_port = 32768,
	.dst_port = 20001,
};

static void write_by_hand(
	uint8_t *frame, uint8_t opcode, uint16_t block, const uint8_t *content, size_t len) {
	uint8_t *payload = frame + FRAME_HEADER_BYTES;

	payload[0] = 0;
	payload[1] = opcode;
	payload[2] = (uint8_t)(block >> 8);
	payload[3] = (uint8_t)block;
	if (len)
		memcpy(payload + 4, content, len);
	frame_write_headers(frame, &TO, (uint16_t)(4 + len), checksum_add(0, payload, 4 + len));
}

static void each_ack_equals_a_written_one(void **state) {
	uint8_t frame[STORM_STAMP_FRAME], wanted[STORM_STAMP_FRAME];
	struct storm_stamp stamp;
	struct frame_view view;

	(void)state;
	storm_stamp_init(&stamp, &TO, 4, 4);
	for (uint32_t block = 0; block <= UINT16_MAX; block++) {
		memset(frame, 0xee, sizeof(frame));
		memset(wanted, 0, sizeof(wanted));
		storm_stamp_ack(&stamp, frame, (uint16_t)block);
		write_by_hand(wanted, 4, (uint16_t)block, NULL, 0);
		assert_memory_equal(frame, wanted, sizeof(wanted));
	}
	assert_int_equal(frame_parse(frame, sizeof(frame), 0, &view), FRAME_OK);
}

static void data_carries_the_sum_of_its_content(void **state) {
	static const size_t LENS[] = {0, 1, 2, 511, 1468};
	uint8_t content[1468], frame[1600], wanted[1600];
	struct storm_stamp stamp;

	(void)state;
	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (uint8_t)(i * 7 + (i >> 3));
	for (size_t i = 0; i < sizeof(LENS) / sizeof(LENS[0]); i++) {
		size_t len = LENS[i];

		storm_stamp_init(&stamp, &TO, 3, (uint16_t)(4 + len));
		memcpy(frame + STORM_STAMP_BYTES, content, len);
		storm_stamp_put(&stamp, frame, 0xfffe, checksum_add(0, content, len));
		write_by_hand(wanted, 3, 0xfffe, content, len);
		assert_memory_equal(frame, wanted, STORM_STAMP_BYTES + len);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_ack_equals_a_written_one),
		cmocka_unit_test(data_carries_the_sum_of_its_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
