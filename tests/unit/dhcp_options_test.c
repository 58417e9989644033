// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "dhcp_options.h"

#include "unit.h"

static void lengths_are_those_of_the_rfcs(void **state) {
	static const struct {
		const char *name;
		uint8_t code;
		size_t len;
		bool ok;
	} cases[] = {
		{"mask of 0", 1, 0, false},
		{"mask of 3", 1, 3, false},
		{"mask of 4", 1, 4, true},
		{"mask of 8", 1, 8, false},
		{"routers of 0", 3, 0, false},
		{"routers of 6", 3, 6, false},
		{"routers of 8", 3, 8, true},
		{"type of 0", 53, 0, false},
		{"type of 2", 53, 2, false},
		{"type of 1", 53, 1, true},
		{"client id of 1", 61, 1, false},
		{"client id of 2", 61, 2, true},
		{"client id of 400", 61, 400, true},
		{"arch of 0", 93, 0, false},
		{"arch of 3", 93, 3, false},
		{"arch of 4", 93, 4, true},
		{"undi of 2", 94, 2, false},
		{"uuid of 16", 97, 16, false},
		{"uuid of 17", 97, 17, true},
		{"uuid of 18", 97, 18, false},
		{"boot file of 255", 67, 255, true},
		{"boot file of 256", 67, 256, false},
		{"host name of 0", 12, 0, false},
		{"host name of 1", 12, 1, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_case(cases[i].name, dhcp_option_len_ok(dhcp_option_find(cases[i].code),
						   cases[i].len) == cases[i].ok);
	assert_null(dhcp_option_find(0));
	assert_null(dhcp_option_find(200));
	assert_null(dhcp_option_find(255));
}

static void what_the_server_computes_is_not_configurable(void **state) {
	static const uint8_t not [] = {
		0, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 61, 82, 93, 94, 97, 255};
	static const uint8_t yes[] = {
		1, 3, 6, 12, 13, 15, 28, 42, 43, 60, 66, 67, 119, 121, 150, 175, 200, 254};

	(void)state;
	for (size_t i = 0; i < sizeof(not ); i++)
		assert_false(dhcp_option_configurable(not [i]));
	for (size_t i = 0; i < sizeof(yes); i++)
		assert_true(dhcp_option_configurable(yes[i]));
}

static void blocks_are_walked_by_code(void **state) {
	uint8_t block[700];
	size_t size = 0, at = 0, len;
	uint8_t *exact;

	(void)state;
	memcpy(block, "\x03\x01R", 3);
	size = 3;
	block[size] = 43;
	block[size + 1] = 255;
	memset(block + size + 2, 'x', 255);
	size += 257;
	memcpy(block + size, "\x2b\x02yz\x96\x01q", 7);
	size += 7;
	exact = unit_exact(block, size);
	assert_ptr_equal(dhcp_block_next(exact, size, &at, &len), exact);
	assert_int_equal(len, 3);
	assert_ptr_equal(dhcp_block_next(exact, size, &at, &len), exact + 3);
	assert_int_equal(len, 257 + 4);
	assert_ptr_equal(dhcp_block_next(exact, size, &at, &len), exact + 264);
	assert_int_equal(len, 3);
	assert_null(dhcp_block_next(exact, size, &at, &len));
	assert_ptr_equal(dhcp_block_find(exact, size, 43, &len), exact + 3);
	assert_null(dhcp_block_find(exact, size, 42, &len));
	assert_null(dhcp_block_find(exact, size, 200, &len));
	free(exact);
}

static void a_block_cut_anywhere_ends_there(void **state) {
	static const uint8_t block[] = {3, 4, 1, 2, 3, 4, 6, 2, 9, 9, 42, 0};

	(void)state;
	for (size_t size = 0; size <= sizeof(block); size++) {
		uint8_t *exact = unit_exact(block, size);
		size_t at = 0, len, total = 0;

		while (dhcp_block_next(exact, size, &at, &len))
			total += len;
		assert_true(total <= size);
		assert_int_equal(total, size >= 12 ? 12 : size >= 10 ? 10 : size >= 6 ? 6 : 0);
		free(exact);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_are_those_of_the_rfcs),
		cmocka_unit_test(what_the_server_computes_is_not_configurable),
		cmocka_unit_test(blocks_are_walked_by_code),
		cmocka_unit_test(a_block_cut_anywhere_ends_there),
	};

	return cmocka_run_group_tests_name("dhcp_options", tests, NULL, NULL);
}
