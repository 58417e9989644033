// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Two configurations: each key that is written otherwise is told, and nothing else.

#include "unit.h"

#include "config_equal.h"

#define BASE                                                                                       \
	"boot_root: /srv/rouse\n"                                                                  \
	"ports: [{device: \"af_xdp:eth1\", address: 10.77.0.1/24}]\n"

static const struct {
	const char *before;
	const char *after;
	const char *keys; // of the top
} cases[] = {
	{"boot: [{file: a}]\n", "\n\nboot:\n  - file: a\n", ""},
	{"boot: [{file: a}]\n", "boot: [{file: b}]\n", "boot"},
	{"boot: [{file: a}]\n", "boot: [{file: a}, {file: b}]\n", "boot"},
	{"boot: [{file: a, match: {arch: 7}}]\n", "boot: [{file: a, match: {arch: 0}}]\n", "boot"},
	{"boot: [{file: a, match: {mac: a*}}]\n", "boot: [{file: a, match: {mac: b*}}]\n", "boot"},
	{"boot: [{file: a}]\nmemory: 1G\n", "boot: [{file: a}]\nmemory: 2G\n", "memory"},
	{"boot: [{file: a}]\nidle: busy\n", "boot: [{file: a}]\n", "idle"},
	{"boot: [{file: a}]\ntid_range: 2000-3000\n", "boot: [{file: a}]\n", "tid_range"},
	{"boot: [{file: a}]\npreload: [a, b]\n", "boot: [{file: a}]\npreload: [a, c]\n", "preload"},
	{"boot: [{file: a}]\nhttp: {}\n", "boot: [{file: a}]\n", "http"},
	{"boot: [{file: a}]\nhttp: {}\n", "boot: [{file: a}]\nhttp: {port: 81}\n", "http"},
	{"boot: [{file: a}]\nvars: {a: b}\n", "boot: [{file: a}]\nvars: {a: c}\n", "vars"},
	{"boot: [{file: a}]\nvars: {a: b, c: d}\n", "boot: [{file: a}]\nvars: {c: d, a: b}\n", ""},
	{"boot: [{file: a}]\nvars: {a: b}\n", "boot: [{file: a}]\nvars: {a: {secret: b}}\n",
		"vars"},
	{"boot: [{file: a}]\nsubnets: [{network: 10.77.0.0/24}]\n",
		"boot: [{file: a}]\nsubnets: [{network: 10.77.0.0/24, dns: 10.77.0.2}]\n",
		"subnets"},
	{"boot: [{file: a}]\nsubnets: [{network: 10.77.0.0/24, pools: 10.77.0.9-10.77.0.10}]\n",
		"boot: [{file: a}]\nsubnets: [{network: 10.77.0.0/24, known_pools: "
		"10.77.0.9-10.77.0.10}]\n",
		"subnets"},
	{"boot: [{file: a}]\nsubnets: [{network: 10.77.0.0/24, options: {26: \"u16:9000\"}}]\n",
		"boot: [{file: a}]\nsubnets: [{network: 10.77.0.0/24, options: {26: "
		"\"u16:9001\"}}]\n",
		"subnets"},
	{"boot: [{file: a}]\nhosts: [{name: a, mac: \"52:54:00:00:00:01\"}]\n",
		"boot: [{file: a}]\nhosts: [{name: a, mac: \"52:54:00:00:00:02\"}]\n", "hosts"},
	{"profiles: [{name: a, kernel: b, variants: [{arch: 7, cmdline: c}]}]\n",
		"profiles: [{name: a, kernel: b, variants: [{arch: 7, cmdline: d}]}]\n",
		"profiles"},
};

static struct config *parse(const char *text) {
	static struct config_errors errors;
	char whole[1024];
	struct config *config;

	errors.count = 0;
	// A port without a subnet only boots.
	snprintf(whole, sizeof(whole), BASE "%s%s", text,
		strstr(text, "subnets:") ? "" : "subnets: [{network: 10.77.0.0/24}]\n");
	config = config_parse(whole, strlen(whole), &errors);
	if (!config)
		fail_msg("%s: %s: %s", text, errors.list[0].key, errors.list[0].text);
	return config;
}

static void differences_are_told_by_their_keys(void **state) {
	char keys[256];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct config *a = parse(cases[i].before), *b = parse(cases[i].after);

		config_record_differences(CONFIG_TOP, a, b, keys, sizeof(keys));
		if (strcmp(keys, cases[i].keys) != 0)
			fail_msg("case %zu: \"%s\", not \"%s\"", i, keys, cases[i].keys);
		assert_int_equal(config_record_equal(CONFIG_TOP, a, b), !cases[i].keys[0]);
		assert_true(config_record_equal(CONFIG_TOP, a, a));
		config_free(a);
		config_free(b);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(differences_are_told_by_their_keys),
	};

	return cmocka_run_group_tests_name("config_equal", tests, NULL, NULL);
}
