// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "text.h"

#include <errno.h>

#include "unit.h"

static void bad_addresses_are_refused(void **state) {
	static const char *const bad[] = {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4",
		"1.2.3.4 ", " 1.2.3.4", "1.2.3.", "1..2.3", "-1.2.3.4", "0x1.2.3.4", "1.2.3.4/24",
		"99999999999999999999.0.0.0"};
	uint32_t address = 5;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_case(bad[i], text_parse_ip(bad[i], &address) == -EINVAL && address == 5);
}

static void addresses_go_both_ways(void **state) {
	uint32_t address;
	uint8_t prefix;
	char out[TEXT_IP_SIZE];

	(void)state;
	assert_int_equal(text_parse_ip("255.255.255.255", &address), 0);
	assert_int_equal(address, 0xffffffff);
	assert_string_equal(text_ip(address, out), "255.255.255.255");
	assert_int_equal(text_parse_ip("10.77.0.1", &address), 0);
	assert_int_equal(address, 0x0a4d0001);
	assert_int_equal(text_parse_cidr("10.77.0.1/24", &address, &prefix), 0);
	assert_int_equal(prefix, 24);
	assert_int_equal(text_parse_cidr("10.77.0.1/33", &address, &prefix), -EINVAL);
	assert_int_equal(text_parse_cidr("10.77.0.1", &address, &prefix), -EINVAL);
	assert_int_equal(text_parse_cidr("10.77.0.1/", &address, &prefix), -EINVAL);
	assert_int_equal(text_parse_cidr("10.77.0.1/8x", &address, &prefix), -EINVAL);
}

static void macs_go_both_ways(void **state) {
	static const char *const bad[] = {"", "52:54:00:00:01", "52:54:00:00:01:01:02",
		"52:54-00:00:01:01", "525400000101", "52:54:00:00:01:0g", "52:54:00:00:01:01 ",
		"5:54:00:00:01:01", "52:54:00:00:01:"};
	uint8_t mac[6];
	char out[TEXT_MAC_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_case(bad[i], text_parse_mac(bad[i], mac) == -EINVAL);
	assert_int_equal(text_parse_mac("52:54:00:AB:01:ff", mac), 0);
	assert_string_equal(text_mac(mac, out), "52:54:00:ab:01:ff");
	assert_int_equal(text_parse_mac("52-54-00-ab-01-ff", mac), 0);
}

static void quantities_have_units_and_bounds(void **state) {
	const struct {
		int (*parse)(const char *text, uint64_t *value);
		const char *text;
		int result;
		uint64_t value;
	} cases[] = {
		{text_parse_duration, "", -EINVAL, 0},
		{text_parse_duration, "h", -EINVAL, 0},
		{text_parse_duration, "12 h", -EINVAL, 0},
		{text_parse_duration, "1.5h", -EINVAL, 0},
		{text_parse_duration, "99999999999999999999", -EINVAL, 0},
		{text_parse_duration, "18446744073709551615w", -EINVAL, 0},
		{text_parse_duration, "12h", 0, 43200},
		{text_parse_duration, "90", 0, 90},
		{text_parse_duration, "2d", 0, 172800},
		{text_parse_size, "2G", 0, 2ULL << 30},
		{text_parse_size, "64M", 0, 64ULL << 20},
		{text_parse_size, "2g", -EINVAL, 0},
		{text_parse_size, "-1", -EINVAL, 0},
		{text_parse_size, "17179869184G", -EINVAL, 0},
		{text_parse_rate, "1G", 0, 1000000000},
		{text_parse_rate, "100M", 0, 100000000},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint64_t value = 0;

		assert_case(
			cases[i].text, cases[i].parse(cases[i].text, &value) == cases[i].result);
		assert_case(cases[i].text, value == cases[i].value);
	}
}

// Option 97's first three fields are little-endian.
static void uuid_of_option_97(void **state) {
	const uint8_t uuid[16] = {
		0x78, 0x56, 0x34, 0x12, 0xbc, 0x9a, 0xf0, 0xde, 1, 2, 3, 4, 5, 6, 7, 8};
	char out[TEXT_UUID_SIZE];

	(void)state;
	assert_string_equal(text_uuid(uuid, out), "12345678-9abc-def0-0102-030405060708");
}

static void texts_are_hushed(void **state) {
	static const struct {
		const char *text;
		const char *expected;
	} cases[] = {
		{"", ""},
		{"EFI\\Boot, gr\xc3\xbc\xc3\x9f", "EFI\\Boot, gr\xc3\xbc\xc3\x9f"},
		{"\x1b[31m\n\x7f", "?[31m??"},
		{"\xc2\x9bx", "??x"},
		{"cut \xe2\x82", "cut ??"},
		{"\xff\xc3", "??"},
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		snprintf(text, sizeof(text), "%s", cases[i].text);
		assert_string_equal(text_hush(text), cases[i].expected);
	}
}

static void mac_addresses_of_machines(void **state) {
	static const struct {
		uint8_t mac[6];
		bool is_machine;
	} cases[] = {
		{{0x52, 0x54, 0, 0, 0, 1}, true},
		{{0, 0, 0, 0, 0, 1}, true},
		{{2}, true},
		{{0}, false},
		{{1, 0, 0x5e, 0, 0, 1}, false},
		{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(text_mac_is_machine(cases[i].mac), cases[i].is_machine);
}

static void uuids_that_are_none(void **state) {
	uint8_t uuid[16] = {0};

	(void)state;
	assert_false(text_uuid_is_set(uuid));
	for (int i = 0; i < 16; i++) {
		memset(uuid, 0, sizeof(uuid));
		uuid[i] = 1;
		assert_true(text_uuid_is_set(uuid));
		memset(uuid, 0xff, sizeof(uuid));
		assert_false(text_uuid_is_set(uuid));
		uuid[i] = 0xfe;
		assert_true(text_uuid_is_set(uuid));
	}
	memset(uuid, 0, 8);
	memset(uuid + 8, 0xff, 8);
	assert_true(text_uuid_is_set(uuid));
}

static void what_the_network_sent_is_clean_when_printed(void **state) {
	char out[9];

	(void)state;
	assert_string_equal(text_clean("a\nb", 3, out, sizeof(out)), "a\\x0ab");
	assert_string_equal(text_clean("\x1b[2J", 4, out, sizeof(out)), "\\x1b[2J");
	assert_string_equal(text_clean("\\", 1, out, sizeof(out)), "\\x5c");
	assert_string_equal(text_clean("12345678", 8, out, sizeof(out)), "12345678");
	assert_string_equal(text_clean("123456789", 9, out, sizeof(out)), "12345678");
	assert_string_equal(text_clean("12345\xff", 6, out, sizeof(out)), "12345");
	assert_string_equal(text_clean(NULL, 0, out, sizeof(out)), "");
	assert_string_equal(text_clean("x", 1, out, 1), "");
}

static void characters_of_utf8_stay(void **state) {
	static const struct {
		const char *text;
		const char *expected;
	} cases[] = {
		{"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
		{"\xe2\x82\xac \xf0\x9f\x98\x80", "\xe2\x82\xac \xf0\x9f\x98\x80"},
		{"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf",
			"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf"},
		{"\x1b[2J\\", "\\x1b[2J\\x5c"},
		{"\xc2\x9b", "\\xc2\\x9b"},          // CSI
		{"\xc2\xa0", "\xc2\xa0"},            // the first that is no control character
		{"\xc0\xaf", "\\xc0\\xaf"},          // a / that is too long
		{"\xe0\x9f\xbf", "\\xe0\\x9f\\xbf"}, // overlong
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"}, // a surrogate
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
		{"\xf5\x80", "\\xf5\\x80"},
		{"\xe2\x82", "\\xe2\\x82"}, // cut off
		{"\xe2(\xac", "\\xe2(\\xac"},
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_string_equal(
			text_clean_utf8(cases[i].text, strlen(cases[i].text), out, sizeof(out)),
			cases[i].expected);
	// Not cut in the middle of one.
	assert_string_equal(text_clean_utf8("ab\xe2\x82\xac", 5, out, 6), "ab\xe2\x82\xac");
	assert_string_equal(text_clean_utf8("ab\xe2\x82\xac", 5, out, 5), "ab");
	assert_string_equal(text_clean_utf8(NULL, 0, out, 1), "");
}

static void globs(void **state) {
	const struct {
		const char *pattern;
		const char *text;
		bool fold;
		bool matches;
	} cases[] = {
		{"", "", false, true},
		{"", "a", false, false},
		{"*", "", false, true},
		{"**", "abc", false, true},
		{"a*c", "abbbc", false, true},
		{"a*c", "abbbd", false, false},
		{"*.efi", "boot/ipxe.efi", false, true},
		{"*.efi", "boot/ipxe.efi.sig", false, false},
		{"52:54:00:*", "52:54:00:12:34:56", false, true},
		{"52:54:00:*", "52:54:01:12:34:56", false, false},
		{"?bc", "abc", false, true},
		{"?", "", false, false},
		{"[a-c]x", "bx", false, true},
		{"[!a-c]x", "bx", false, false},
		{"[!a-c]x", "dx", false, true},
		{"[]x]", "]", false, true},
		{"[abc", "[abc", false, true},
		{"[abc", "a", false, false},
		{"IPXE", "ipxe", false, false},
		{"IPXE", "ipxe", true, true},
		{"[A-C]*", "bcd", true, true},
		{"PXEClient:Arch:00007:*", "PXEClient:Arch:00007:UNDI:003001", false, true},
		{"a*b*c*d", "a1b2c3e", false, false},
		{"*a*b", "xaxbxab", false, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		bool matches = text_glob(cases[i].pattern, strlen(cases[i].pattern), cases[i].text,
			strlen(cases[i].text), cases[i].fold);

		assert_case(cases[i].pattern, matches == cases[i].matches);
	}
}

// 20 stars over 4,000 bytes: a recursive matcher would take longer than the universe has.
static void a_pattern_of_stars_ends_soon(void **state) {
	char text[4000];

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_false(text_glob(
		"*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", 40, text, sizeof(text), false));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_addresses_are_refused),
		cmocka_unit_test(addresses_go_both_ways),
		cmocka_unit_test(macs_go_both_ways),
		cmocka_unit_test(quantities_have_units_and_bounds),
		cmocka_unit_test(uuid_of_option_97),
		cmocka_unit_test(texts_are_hushed),
		cmocka_unit_test(mac_addresses_of_machines),
		cmocka_unit_test(uuids_that_are_none),
		cmocka_unit_test(characters_of_utf8_stay),
		cmocka_unit_test(what_the_network_sent_is_clean_when_printed),
		cmocka_unit_test(globs),
		cmocka_unit_test(a_pattern_of_stars_ends_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
