// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "crc32c.h"
#include "unit.h"

// RFC 3720 B.4.
static void rfc3720_vectors(void **state) {
	uint8_t buffer[32];

	(void)state;
	memset(buffer, 0, sizeof(buffer));
	assert_int_equal(crc32c(0, buffer, 32), 0x8a9136aau);
	memset(buffer, 0xff, sizeof(buffer));
	assert_int_equal(crc32c(0, buffer, 32), 0x62a8ab43u);
	for (unsigned i = 0; i < 32; i++)
		buffer[i] = (uint8_t)i;
	assert_int_equal(crc32c(0, buffer, 32), 0x46dd794eu);
	assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283u);
	assert_int_equal(crc32c(0, "", 0), 0);
}

static void both_ways_agree_at_every_length_and_cut(void **state) {
	uint64_t seed = 7;
	uint8_t buffer[257];

	(void)state;
	for (size_t i = 0; i < sizeof(buffer); i++)
		buffer[i] = (uint8_t)unit_random(&seed);
	for (size_t len = 0; len <= sizeof(buffer); len++) {
		uint32_t whole = crc32c(0, buffer, len);
		size_t cut = len / 3;

		assert_int_equal(whole, crc32c_portable(0, buffer, len));
		assert_int_equal(whole, crc32c(crc32c(0, buffer, cut), buffer + cut, len - cut));
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc3720_vectors),
		cmocka_unit_test(both_ways_agree_at_every_length_and_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
