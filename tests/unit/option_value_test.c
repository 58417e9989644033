// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "option_block.h"
#include "option_value.h"

static void bad_values_are_refused(void **state) {
	static const struct {
		const char *text;
		const char *why;
	} cases[] = {
		{"", "needs a type"},
		{"10.77.0.1", "needs a type"},
		{"IP:10.77.0.1", "needs a type"},
		{"ip:", "is not an IPv4 address"},
		{"ip:1.2.3.4,1.2.3.5", "is not an IPv4 address"},
		{"ips:", "is not an IPv4 address"},
		{"ips:1.2.3.4,", "is not an IPv4 address"},
		{"ips:1.2.3.4,,1.2.3.5", "is not an IPv4 address"},
		{"domains:", "is not a domain name"},
		{"domains:a..b", "is not a domain name"},
		{"domains:.a", "is not a domain name"},
		{"domains:0123456789012345678901234567890123456789012345678901234567890123",
			"is not a domain name"},
		{"routes:10.0.0.0/8", "is not a route"},
		{"routes:10.0.0.0/8 via", "is not a route"},
		{"routes:10.0.0.0/33 via 1.2.3.4", "is not a route"},
		{"routes:10.0.0.1/8 via 1.2.3.4", "is not a network"},
		{"u8:256", "0 to 255"},
		{"u8:-1", "0 to 255"},
		{"u8:1x", "0 to 255"},
		{"u8:", "0 to 255"},
		{"u16:65536", "0 to 65535"},
		{"u16:0x", "0 to 65535"},
		{"u16:0x-1", "0 to 65535"},
		{"u32:4294967296", "0 to 4294967295"},
		{"text:", "has no value"},
		{"hex:", "has no value"},
		{"hex:0", "pairs of hexadecimal"},
		{"hex:0g", "pairs of hexadecimal"},
		{"hex:01:", "pairs of hexadecimal"},
		{"text:0123456789012345678901234567890123456789012345678901234567890123456789",
			"longer than 64"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t out[64];
		char why[OPTION_WHY_SIZE] = "";
		int64_t len = option_value(cases[i].text, out, sizeof(out), why);

		if (len != -EINVAL || !strstr(why, cases[i].why))
			fail_msg("%s: %lld, %s", cases[i].text, (long long)len, why);
	}
}

static void good_values_are_encoded(void **state) {
	static const struct {
		const char *text;
		const char *bytes;
		size_t len;
	} cases[] = {
		{"ip:10.77.0.1", "\x0a\x4d\x00\x01", 4},
		{"ips:10.77.0.1, 10.77.0.2", "\x0a\x4d\x00\x01\x0a\x4d\x00\x02", 8},
		{"u8:1,0xff", "\x01\xff", 2},
		{"u16:0x1234", "\x12\x34", 2},
		{"u32:86400", "\x00\x01\x51\x80", 4},
		{"text:a, b:c", "a, b:c", 6},
		{"hex:0102fF", "\x01\x02\xff", 3},
		{"hex:01:02:ff", "\x01\x02\xff", 3},
		// RFC 3442: only the significant octets of the destination
		{"routes:0.0.0.0/0 via 10.77.0.1", "\x00\x0a\x4d\x00\x01", 5},
		{"routes:10.0.0.0/8 via 10.77.0.1,10.27.129.0/24 via 10.77.0.2",
			"\x08\x0a\x0a\x4d\x00\x01\x18\x0a\x1b\x81\x0a\x4d\x00\x02", 14},
		{"routes:10.229.0.128/25 via 1.2.3.4", "\x19\x0a\xe5\x00\x80\x01\x02\x03\x04", 9},
		// RFC 3397 section 2's example of compression
		{"domains:eng.apple.com,marketing.apple.com",
			"\x03"
			"eng\x05"
			"apple\x03"
			"com\x00\x09"
			"marketing\xc0\x04",
			27},
		{"domains:a.b,a.b",
			"\x01"
			"a\x01"
			"b\x00\xc0\x00",
			7},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t out[64];
		char why[OPTION_WHY_SIZE] = "";
		int64_t len = option_value(cases[i].text, out, sizeof(out), why);

		if (len != (int64_t)cases[i].len || memcmp(out, cases[i].bytes, cases[i].len) != 0)
			fail_msg("%s: %lld, %s", cases[i].text, (long long)len, why);
	}
}

static void a_subnets_block_is_in_order_of_codes(void **state) {
	uint32_t router = 0x0a4d0001;
	const uint8_t value[] = {1, 2};
	struct config_option list[] = {
		{.code = 2, .data = value, .len = 2}, {.code = 150, .data = value, .len = 2}};
	struct config_subnet subnet = {
		.network = 0x0a4d0000,
		.prefix_len = 24,
		.routers = {1, &router},
		.domain = "ab",
		.options = {2, list},
	};
	static const uint8_t expected[] = {1, 4, 255, 255, 255, 0, 2, 2, 1, 2, 3, 4, 10, 77, 0, 1,
		15, 2, 'a', 'b', 28, 4, 10, 77, 0, 255, 150, 2, 1, 2};
	struct option_block block;

	(void)state;
	assert_int_equal(option_block_subnet(&subnet, &block), 0);
	assert_int_equal(block.len, sizeof(expected));
	assert_memory_equal(block.data, expected, sizeof(expected));
}

static void a_long_value_is_split(void **state) {
	uint8_t value[600];
	struct config_option list[] = {{.code = 200, .data = value, .len = sizeof(value)}};
	struct config_subnet subnet = {.prefix_len = 24, .options = {1, list}};
	struct option_block block;
	const uint8_t *at = block.data + 12; // behind options 1 and 28

	(void)state;
	memset(value, 7, sizeof(value));
	assert_int_equal(option_block_subnet(&subnet, &block), 0);
	assert_int_equal(block.len, 12 + 600 + 3 * 2);
	assert_int_equal(at[0], 200);
	assert_int_equal(at[1], 255);
	assert_int_equal(at[257], 200);
	assert_int_equal(at[258], 255);
	assert_int_equal(at[514], 200);
	assert_int_equal(at[515], 90);
}

static void too_much_for_a_reply_is_refused(void **state) {
	uint8_t value[1000];
	struct config_option list[] = {{.code = 200, .data = value, .len = sizeof(value)},
		{.code = 201, .data = value, .len = sizeof(value)}};
	struct config_subnet subnet = {.prefix_len = 24, .options = {2, list}};
	struct option_block block;

	(void)state;
	memset(value, 7, sizeof(value));
	assert_int_equal(option_block_subnet(&subnet, &block), -EINVAL);
	assert_non_null(strstr(block.why, "more than"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_values_are_refused),
		cmocka_unit_test(good_values_are_encoded),
		cmocka_unit_test(a_subnets_block_is_in_order_of_codes),
		cmocka_unit_test(a_long_value_is_split),
		cmocka_unit_test(too_much_for_a_reply_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
