// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "checksum.h"
#include "checksum_wide.h"
#include "unit.h"

// The definition, word by word, as an oracle.
static uint16_t slow_sum(const uint8_t *data, size_t len) {
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2) {
		uint16_t word = 0;

		memcpy(&word, data + i, i + 1 < len ? 2 : 1);
		sum += word;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

static void rfc1071_example(void **state) {
	const uint8_t data[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
	const uint8_t expected[] = {0xdd, 0xf2};
	uint16_t sum = checksum_fold(checksum_add(0, data, sizeof(data)));

	(void)state;
	assert_memory_equal(&sum, expected, 2);
}

static void every_length_agrees_with_the_definition(void **state) {
	uint64_t seed = 1;
	uint8_t data[1500], copy[1500];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = i % 3 ? (uint8_t)unit_random(&seed) : 0xff;
	for (size_t len = 0; len <= sizeof(data); len++) {
		uint16_t expected = slow_sum(data, len);
		size_t cut = len / 2 & ~(size_t)1;
		uint32_t parts = checksum_add(checksum_add(0, data, cut), data + cut, len - cut);

		memset(copy, 0, sizeof(copy));
		assert_int_equal(checksum_fold(checksum_add(0, data, len)), expected);
		assert_int_equal(checksum_fold(parts), expected);
		assert_int_equal(checksum_fold(checksum_copy(0, copy, data, len)), expected);
		assert_memory_equal(copy, data, len);
		if (len % 4 == 0)
			assert_int_equal(checksum_fold(checksum_header(0, data, len)), expected);
	}
}

// Both ways, from any address to any address, and not a byte beside it.
static void wide_and_narrow_agree_at_any_address(void **state) {
	uint64_t seed = 2;
	uint8_t data[4096] = {0}, wide[4096], narrow[4096];

	(void)state;
	for (int turn = 0; turn < 20000; turn++) {
		size_t len = unit_random(&seed) % 4000, from = unit_random(&seed) % 96;
		size_t to = unit_random(&seed) % 96;
		uint32_t sum = (uint32_t)unit_random(&seed);

		data[turn % sizeof(data)] = (uint8_t)unit_random(&seed);
		memset(wide, 0xa5, sizeof(wide));
		memset(narrow, 0xa5, sizeof(narrow));
		assert_int_equal(checksum_fold(checksum_copy(sum, wide + to, data + from, len)),
			checksum_fold(checksum_add_narrow(sum, narrow + to, data + from, len)));
		assert_memory_equal(wide, narrow, sizeof(wide));
		assert_int_equal(checksum_fold(checksum_add(sum, data + from, len)),
			checksum_fold(checksum_add_narrow(sum, NULL, data + from, len)));
	}
}

static void a_long_run_of_ones_does_not_overflow(void **state) {
	size_t len = 65536;
	uint8_t *data = malloc(len);

	(void)state;
	memset(data, 0xff, len);
	assert_int_equal(checksum_fold(checksum_add(0xffffffff, data, len)), 0xffff);
	assert_int_equal(checksum_fold(checksum_add_narrow(0xffffffff, NULL, data, len)), 0xffff);
	free(data);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc1071_example),
		cmocka_unit_test(every_length_agrees_with_the_definition),
		cmocka_unit_test(wide_and_narrow_agree_at_any_address),
		cmocka_unit_test(a_long_run_of_ones_does_not_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
