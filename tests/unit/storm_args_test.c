// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// storm_args: wrong options first.

#include "storm_args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "storm_list.h"
#include "storm_retry.h"

#define EIGHT "1,1,1,1,1,1,1,1,"

struct options {
	bool flag;
	uint32_t number;
	uint64_t wait_us;
	double share;
	double rate;
	const char *text;
	struct storm_server server;
	struct storm_network network;
	struct storm_retry retry;
	struct storm_list list;
	uint8_t mac[6];
};

#define AT(field) offsetof(struct options, field)

static const struct storm_arg ARGS[] = {
	{"flag", NULL, STORM_ARG_FLAG, AT(flag), .help = ""},
	{"number", "N", STORM_ARG_U32, AT(number), 1, 10, ""},
	{"wait", "S", STORM_ARG_SECONDS, AT(wait_us), .help = ""},
	{"share", "P%", STORM_ARG_PERCENT, AT(share), .help = ""},
	{"rate", "R", STORM_ARG_REAL, AT(rate), .help = ""},
	{"text", "T", STORM_ARG_TEXT, AT(text), .help = ""},
	{"server", "A[:P]", STORM_ARG_SERVER, AT(server), .help = ""},
	{"network", "CIDR", STORM_ARG_NETWORK, AT(network), .help = ""},
	{"retry", "S,S…", STORM_ARG_RETRY, AT(retry), .help = ""},
	{"list", "T", STORM_ARG_LIST, AT(list), .help = ""},
	{"mac", "MAC", STORM_ARG_MAC, AT(mac), .help = ""},
	{0},
};

static const struct storm_command COMMAND = {
	.name = "test", .usage = "", .summary = "", .args = ARGS};

static void bad_words_are_refused(void **state) {
	static char *CASES[][3] = {
		{"--unknown"},
		{"--number"},
		{"--number", "0"},
		{"--number", "11"},
		{"--number", "-1"},
		{"--number", "1x"},
		{"--number="},
		{"--flag=yes"},
		{"--share", "101"},
		{"--share", "-1"},
		{"--wait", "soon"},
		{"--rate", "nan"},
		{"--text", ""},
		{"--server", "10.0.0.1:0"},
		{"--server", "10.0.0.1:65536"},
		{"--server", "10.0.0:69"},
		{"--server", "10.0.0.1.2.3.4.5.6:69"},
		{"--network", "10.0.0.0/33"},
		{"--retry", "1,,2"},
		{"--retry", "0"},
		{"--retry", EIGHT EIGHT EIGHT EIGHT "1"}, // one more than there is room for
		{"--list", ""},
		{"--mac", "02:00:00:00:00"},
		{"word"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		struct options o = {0};
		int count = CASES[i][1] ? 2 : 1;

		if (storm_args_parse(&COMMAND, count, CASES[i], &o, NULL) != -22)
			fail_msg("accepted: %s %s", CASES[i][0], count > 1 ? CASES[i][1] : "");
	}
}

static void each_kind_is_parsed(void **state) {
	char *argv[] = {"--flag", "--number=7", "--wait", "0.25", "--share", "0.5%", "--rate",
		"1e3", "--server", "10.0.0.1:6969", "--network", "10.1.2.3/16", "--retry", "0.25,1",
		"one", "--mac", "02:00:00:00:00:09", "--text=a=b", "two"};
	struct options o = {0};
	int words;

	(void)state;
	assert_int_equal(storm_args_parse(&COMMAND, 19, argv, &o, &words), 0);
	assert_true(o.flag);
	assert_int_equal(o.number, 7);
	assert_int_equal(o.wait_us, 250000);
	assert_true(o.share > 0.00499 && o.share < 0.00501);
	assert_true(o.rate > 999.9 && o.rate < 1000.1);
	assert_int_equal(o.server.address, 0x0a000001);
	assert_int_equal(o.server.port, 6969);
	assert_int_equal(o.network.address, 0x0a010000);
	assert_int_equal(o.network.prefix_len, 16);
	assert_int_equal(o.retry.count, 2);
	assert_int_equal(o.retry.wait_us[0], 250000);
	assert_int_equal(o.mac[5], 9);
	assert_string_equal(o.text, "a=b");
	assert_int_equal(words, 2);
	assert_string_equal(argv[1], "two");
}

static void a_list_grows_until_it_is_full(void **state) {
	char *argv[STORM_LIST_MAX + 1];
	struct options o = {0};

	(void)state;
	for (uint32_t i = 0; i <= STORM_LIST_MAX; i++)
		argv[i] = i ? "--list=more" : "--list=first";
	assert_int_equal(storm_args_parse(&COMMAND, STORM_LIST_MAX, argv, &o, NULL), 0);
	assert_int_equal(o.list.count, STORM_LIST_MAX);
	assert_string_equal(o.list.items[0], "first");
	assert_string_equal(o.list.items[STORM_LIST_MAX - 1], "more");
	o.list.count = 0;
	assert_int_equal(storm_args_parse(&COMMAND, STORM_LIST_MAX + 1, argv, &o, NULL), -22);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_words_are_refused),
		cmocka_unit_test(each_kind_is_parsed),
		cmocka_unit_test(a_list_grows_until_it_is_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
