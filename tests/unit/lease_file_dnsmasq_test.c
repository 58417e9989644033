// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "lease_file_fixture.h"

#define MAC "52:54:00:00:01:01"

static void bad_lines_are_told(void **state) {
	static const struct bad_case cases[] = {
		{"one word", "rubbish\n", 1, "is not a lease of dnsmasq"},
		{"another format", "\nlease 10.0.0.1 {\n", 2, "is not a lease of dnsmasq"},
		{"cut off", "1795640000 " MAC " 10.77\n", 1, "is not a lease of dnsmasq"},
		{"six fields", "1795640000 " MAC " 10.77.0.50 a b *\n", 1, "is not a lease"},
		{"no time", "soon " MAC " 10.77.0.50 * *\n", 1, "\"soon\" is not a time"},
		{"negative time", "-1 " MAC " 10.77.0.50 * *\n", 1, "is not a time"},
		{"time of 20 digits", "99999999999999999999 " MAC " 10.77.0.50 * *\n", 1,
			"is not a time"},
		{"no MAC", "1795640000 * 10.77.0.50 * *\n", 1, "\"*\" is not a hardware address"},
		{"17 bytes", "1 1:2:3:4:5:6:7:8:9:a:b:c:d:e:f:10:11 10.77.0.50 * *\n", 1,
			"is not a hardware address"},
		{"a colon at the end", "1795640000 52:54: 10.77.0.50 * *\n", 1,
			"is not a hardware address"},
		{"neither address nor id", "1795640000 20- 10.77.0.50 * *\n", 1,
			"is not a hardware address"},
		{"no address", "1795640000 " MAC " 10.77.0.256 * *\n", 1,
			"\"10.77.0.256\" is not an IPv4 address"},
		{"address 0", "1795640000 " MAC " 0.0.0.0 * *\n", 1, "is not an IPv4 address"},
		{"control bytes", "\x01\x02\n", 1, "\"\\x01\\x02\""},
		{"the third of three",
			"0 " MAC " 10.77.0.50 * *\n0 " MAC " 10.77.0.51 * *\n0 x 10.77.0.52 * *\n",
			3, "\"x\""},
	};

	(void)state;
	check_bad_files(LEASE_FORMAT_DNSMASQ, cases, COUNT_OF(cases));
}

static void leases_are_read(void **state) {
	static const struct file_case cases[] = {
		{"as dnsmasq 2.89 writes it",
			"1795640000 " MAC " 10.77.0.50 n001 01:52:54:00:00:01:01\n", "10.77.0.50",
			MAC, LEASE_BOUND, 1795640000, 0, "n001"},
		{"without a name", "1795640000 " MAC " 10.77.0.50 * *\n", "10.77.0.50", MAC,
			LEASE_BOUND, 1795640000, 0, ""},
		{"without an end", "0 " MAC " 10.77.0.50 * *\n", "10.77.0.50", MAC, LEASE_BOUND,
			LEASE_NEVER_UNIX_S, 0, ""},
		{"that has ended", "1700000000 " MAC " 10.77.0.50 * *\n", "10.77.0.50", MAC,
			LEASE_BOUND, 1700000000, 0, ""},
		{"dnsmasq without a clock: a duration", "43200 " MAC " 10.77.0.50 * *\n",
			"10.77.0.50", MAC, LEASE_BOUND, FIXTURE_NOW + 43200, 0, ""},
		{"dnsmasq without a clock: without an end", "4294967295 " MAC " 10.77.0.50 * *\n",
			"10.77.0.50", MAC, LEASE_BOUND, LEASE_NEVER_UNIX_S, 0, ""},
		{"token ring", "1795640000 06-" MAC " 10.77.0.50 * *\n", "10.77.0.50", MAC,
			LEASE_BOUND, 1795640000, 0, ""},
		{"InfiniBand: no hardware address",
			"1795640000 20- 10.77.0.50 * ff:00:00:00:00:00:02:00:00:02:c9:00\n",
			"10.77.0.50", "id", LEASE_BOUND, 1795640000, 0, ""},
		{"no newline at the end", "1795640000 " MAC " 10.77.0.50 n001 *", "10.77.0.50", MAC,
			LEASE_BOUND, 1795640000, 0, "n001"},
		{"lines of DOS", "1795640000 " MAC " 10.77.0.50 n001 *\r\n", "10.77.0.50", MAC,
			LEASE_BOUND, 1795640000, 0, "n001"},
		{"by hand: tabs, a comment, no client id",
			"# old ones\n\n 1795640000\t" MAC "  10.77.0.50 n001\n", "10.77.0.50", MAC,
			LEASE_BOUND, 1795640000, 0, "n001"},
		{"a name of 60 bytes",
			"1795640000 " MAC " 10.77.0.50 "
			"aaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbcccccccccccccccccccc *\n",
			"10.77.0.50", MAC, LEASE_BOUND, 1795640000, 0,
			"aaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbcccccccc"},
	};

	(void)state;
	check_files(LEASE_FORMAT_DNSMASQ, cases, COUNT_OF(cases));
}

static void leases_of_ipv6_are_passed_over(void **state) {
	static const char text[] =
		"1795640000 " MAC " 10.77.0.50 n001 *\n"
		"duid 00:01:00:01:2f:0a:1b:2c:52:54:00:00:00:01\n"
		"1795640000 7602433 fd00:77::50 n001 00:01:00:01:2f:0a:1b:2c:52:54:00:00:01:01\n"
		"1795640000 T7602433 fd00:77::51 * 00:01:00:01:2f:0a:1b:2c:52:54:00:00:01:01\n";
	uint64_t passed_over;

	(void)state;
	assert_int_equal(count_leases(LEASE_FORMAT_DNSMASQ, text, &passed_over), 1);
	assert_int_equal(passed_over, 2);
	assert_int_equal(count_leases(LEASE_FORMAT_DNSMASQ, "", &passed_over), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_lines_are_told),
		cmocka_unit_test(leases_are_read),
		cmocka_unit_test(leases_of_ipv6_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
