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

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_is_added),
		cmocka_unit_test(what_cannot_be_added_changes_nothing),
	};

	return cmocka_run_group_tests_name("config_edit", tests, NULL, NULL);
}
