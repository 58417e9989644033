// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A host is added wherever hosts: stands, and nothing else changes.

#include "config_edit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define BASE                                                                                       \
	"boot_root: /srv/rouse # the tree\n"                                                       \
	"ports: [{device: \"af_xdp:eth1\", address: 10.77.0.1/24}]\n"                              \
	"subnets: [{network: 10.77.0.0/24, pools: [10.77.0.50-10.77.0.60]}]\n"                     \
	"boot: [{file: a}]\n"
#define NEW   "{name: \"n009\", mac: \"52:54:00:00:00:09\", address: 10.77.0.55}"
#define OTHER "{name: n001, mac: \"52:54:00:00:00:01\"}"

static const struct config_new_host host = {
	.name = "n009", .mac = {0x52, 0x54, 0, 0, 0, 9}, .address = 0x0a4d0037};

static void a_host_is_added(void **state) {
	static const struct {
		const char *before;
		const char *after;
	} cases[] = {
		{BASE, BASE "hosts:\n  - " NEW "\n"},
		{BASE "hosts: []\n", BASE "hosts: [" NEW "]\n"},
		{BASE "hosts: [" OTHER "]\n", BASE "hosts: [" NEW ", " OTHER "]\n"},
		{BASE "hosts:\n  - " OTHER "\n", BASE "hosts:\n  - " NEW "\n  - " OTHER "\n"},
		{BASE "hosts:\n- " OTHER "\n", BASE "hosts:\n- " NEW "\n- " OTHER "\n"},
		{BASE "hosts: # all\n    # the first\n    - " OTHER "\n",
			BASE "hosts: # all\n    - " NEW "\n    # the first\n    - " OTHER "\n"},
		{"hosts:\n  - " OTHER "\n" BASE, "hosts:\n  - " NEW "\n  - " OTHER "\n" BASE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char why[256] = "";
		char *out =
			config_edit_add_host(cases[i].before, strlen(cases[i].before), &host, why);

		if (!out)
			fail_msg("case %zu: %s", i, why);
		assert_string_equal(out, cases[i].after);
		free(out);
	}
}

static void what_cannot_be_added_changes_nothing(void **state) {
	static const char *const texts[] = {
		"{boot_root: /srv/rouse, ports: [{device: \"af_xdp:eth1\", address: "
		"10.77.0.1/24}], "
		"subnets: [{network: 10.77.0.0/24, pools: [10.77.0.50-10.77.0.60]}], boot: [{file: "
		"a}]}\n",
		BASE "hosts: [{name: n009, mac: \"52:54:00:00:00:01\"}]\n",
		BASE "hosts: [{name: n1, mac: \"52:54:00:00:00:09\"}]\n",
		BASE "hosts: [{name: n1, mac: \"52:54:00:00:00:01\", address: 10.77.0.55}]\n",
		BASE "hosts: 7\n",
		"boot_root: 7\n",
		"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char why[256] = "";

		assert_null(config_edit_add_host(texts[i], strlen(texts[i]), &host, why));
		assert_true(why[0]);
	}
}

#define SECOND                                                                                     \
	"{name: \"n010\", mac: \"52:54:00:00:00:0a\", role: \"web \\\"1\\\"\", "                   \
	"vars: {a: \"x\\\\y: #\\U0000000Az\", b: \"\xc3\xbc\\U00002028\"}}"

static const struct config_new_var vars[] = {{"a", "x\\y: #\nz"}, {"b", "\xc3\xbc\xe2\x80\xa8"}};
static const struct config_new_host two[] = {
	{.name = "n009", .mac = {0x52, 0x54, 0, 0, 0, 9}, .address = 0x0a4d0037},
	{.name = "n010",
		.mac = {0x52, 0x54, 0, 0, 0, 10},
		.role = "web \"1\"",
		.var_count = 2,
		.vars = vars},
};

static void several_are_added_at_once(void **state) {
	static const struct {
		const char *before;
		const char *after;
	} cases[] = {
		{BASE, BASE "hosts:\n  - " NEW "\n  - " SECOND "\n"},
		{BASE "hosts: [" OTHER "]\n", BASE "hosts: [" NEW ",\n  " SECOND ", " OTHER "]\n"},
		{BASE "hosts:\n    - " OTHER "\n",
			BASE "hosts:\n    - " NEW "\n    - " SECOND "\n    - " OTHER "\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config_errors errors = {0};
		char *out = config_edit_add_hosts(
			cases[i].before, strlen(cases[i].before), two, 2, &errors);

		if (!out)
			fail_msg("case %zu: %s: %s", i, errors.list[0].key, errors.list[0].text);
		assert_string_equal(out, cases[i].after);
		free(out);
	}
}

// Lines of what is wrong are those of the file as it is, or tell the new host.
static void errors_name_the_host(void **state) {
	static const struct {
		const char *before;
		const char *name;
		uint32_t address;
		uint32_t line;
	} cases[] = {
		{BASE, "n 10", 0, CONFIG_EDIT_NEW + 1},
		{BASE "hosts:\n  - " OTHER "\n", "n 10", 0, CONFIG_EDIT_NEW + 1},
		{BASE "hosts: [" OTHER "]\n", "n 10", 0, CONFIG_EDIT_NEW + 1},
		{BASE "hosts:\n  - " OTHER "\n", "n010", 0x0b000001, CONFIG_EDIT_NEW + 1},
		{BASE "hosts:\n  # one\n  - " OTHER "\n", "n001", 0, 7},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config_new_host hosts[2] = {two[0], two[1]};
		struct config_errors errors = {0};

		hosts[1].name = cases[i].name;
		hosts[1].address = cases[i].address;
		assert_null(config_edit_add_hosts(
			cases[i].before, strlen(cases[i].before), hosts, 2, &errors));
		if (errors.list[0].line != cases[i].line)
			fail_msg("case %zu: line %x", i, errors.list[0].line);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_is_added),
		cmocka_unit_test(what_cannot_be_added_changes_nothing),
		cmocka_unit_test(several_are_added_at_once),
		cmocka_unit_test(errors_name_the_host),
	};

	return cmocka_run_group_tests_name("config_edit", tests, NULL, NULL);
}
