// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "arp.h"

#include "checksum.h"
#include "frame.h"
#include "unit.h"

#define OWN 0x0a4d0001u

static const uint8_t OWN_MAC[6] = {0x52, 0x54, 0, 0, 0, 1};
static const uint8_t PEER_MAC[6] = {0x52, 0x54, 0, 0, 1, 1};

static const uint8_t REQUEST[42] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0, 1, 1, 8,
	6, 0, 1, 8, 0, 6, 4, 0, 1, 0x52, 0x54, 0, 0, 1, 1, 10, 77, 0, 50, 0, 0, 0, 0, 0, 0, 10, 77,
	0, 1};

static size_t answer(const uint8_t *frame, size_t len, uint8_t *reply, size_t size) {
	uint8_t *copy = unit_exact(frame, len);
	size_t result = arp_answer(copy, len, OWN, OWN_MAC, reply, size);

	free(copy);
	return result;
}

static void truncated_or_altered_requests_get_nothing(void **state) {
	static const size_t altered[] = {12, 14, 16, 18, 19, 21, 22, 41};
	uint8_t reply[64], frame[42];

	(void)state;
	for (size_t len = 0; len < sizeof(REQUEST); len++)
		assert_int_equal(answer(REQUEST, len, reply, sizeof(reply)), 0);
	for (size_t i = 0; i < COUNT_OF(altered); i++) {
		memcpy(frame, REQUEST, sizeof(frame));
		frame[altered[i]] = (uint8_t)(frame[altered[i]] + 1);
		assert_int_equal(answer(frame, sizeof(frame), reply, sizeof(reply)), 0);
	}
	assert_int_equal(answer(REQUEST, sizeof(REQUEST), reply, 59), 0);
}

static void request_for_our_address_is_answered(void **state) {
	uint8_t reply[64];

	(void)state;
	assert_int_equal(answer(REQUEST, sizeof(REQUEST), reply, sizeof(reply)), 60);
	assert_memory_equal(reply, PEER_MAC, 6);
	assert_memory_equal(reply + 6, OWN_MAC, 6);
	assert_int_equal(reply[21], 2);
	assert_memory_equal(reply + 22, OWN_MAC, 6);
	assert_memory_equal(reply + 28, REQUEST + 38, 4);
	assert_memory_equal(reply + 38, REQUEST + 28, 4);
}

// RFC 5227 probes come with sender address 0: they are answered, so that nobody takes our address.
static void address_probe_is_answered(void **state) {
	uint8_t frame[42], reply[64];

	(void)state;
	memcpy(frame, REQUEST, sizeof(frame));
	memset(frame + 28, 0, 4);
	assert_int_equal(answer(frame, sizeof(frame), reply, sizeof(reply)), 60);
}

static size_t make_echo(uint8_t *frame, size_t data_len) {
	struct frame_to to = {.src = 0x0a4d0032, .dst = OWN};
	size_t icmp_len = 8 + data_len;
	uint16_t sum;

	memcpy(to.src_mac, PEER_MAC, 6);
	memcpy(to.dst_mac, OWN_MAC, 6);
	frame_write_headers(frame, &to, (uint16_t)data_len, 0);
	frame[23] = 1;
	memset(frame + 24, 0, 2);
	sum = (uint16_t)~checksum_fold(checksum_add(0, frame + 14, 20));
	memcpy(frame + 24, &sum, 2);
	memcpy(frame + 34, (uint8_t[]){8, 0, 0, 0, 0x12, 0x34, 0, 1}, 8);
	memset(frame + 42, 'x', data_len);
	sum = (uint16_t)~checksum_fold(checksum_add(0, frame + 34, icmp_len));
	memcpy(frame + 36, &sum, 2);
	return 34 + icmp_len;
}

static void echo_is_answered_with_a_good_checksum(void **state) {
	uint8_t frame[256], reply[256];
	size_t len = make_echo(frame, 57);

	(void)state;
	assert_int_equal(answer(frame, len, reply, sizeof(reply)), len);
	assert_int_equal(reply[34], 0);
	assert_memory_equal(reply + 38, frame + 38, len - 38);
	assert_memory_equal(reply + 26, frame + 30, 4);
	assert_int_equal(checksum_fold(checksum_add(0, reply + 34, len - 34)), 0xffff);
	assert_int_equal(checksum_fold(checksum_add(0, reply + 14, 20)), 0xffff);
}

static void broken_or_foreign_echo_gets_nothing(void **state) {
	uint8_t frame[256], reply[256];
	size_t len = make_echo(frame, 20);

	(void)state;
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(answer(frame, cut, reply, sizeof(reply)), 0);
	frame[50] ^= 1;
	assert_int_equal(answer(frame, len, reply, sizeof(reply)), 0);
	len = make_echo(frame, 20);
	frame[5] ^= 1; // to another machine's MAC
	assert_int_equal(answer(frame, len, reply, sizeof(reply)), 0);
	len = make_echo(frame, 20);
	assert_int_equal(answer(frame, len, reply, len - 1), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truncated_or_altered_requests_get_nothing),
		cmocka_unit_test(request_for_our_address_is_answered),
		cmocka_unit_test(address_probe_is_answered),
		cmocka_unit_test(echo_is_answered_with_a_good_checksum),
		cmocka_unit_test(broken_or_foreign_echo_gets_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
