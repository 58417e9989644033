// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What a new configuration changes for whom.

#include "unit.h"

#include "config_diff.h"

#define BASE                                                                                       \
	"boot_root: /srv/rouse\n"                                                                  \
	"ports: [{device: \"af_xdp:eth1\", address: 10.77.0.1/24}]\n"                              \
	"subnets: [{network: 10.77.0.0/24}]\n"
#define PROFILES "profiles: [{name: web, kernel: linux, cmdline: \"d={{disk}} n={{node.name}}\"}]\n"
#define ROLES    "roles: [{name: web, profile: web, vars: {disk: sda}}]\n"
#define HOSTS                                                                                      \
	"hosts:\n"                                                                                 \
	"  - {name: n1, mac: \"52:54:00:00:00:01\", role: web}\n"                                  \
	"  - {name: n2, mac: \"52:54:00:00:00:02\", role: web}\n"                                  \
	"  - {name: n3, mac: \"52:54:00:00:00:03\"}\n"

static struct config *parse(const char *text) {
	static struct config_errors errors;
	char whole[2048];
	struct config *config;

	errors.count = 0;
	snprintf(whole, sizeof(whole), BASE "%s", text);
	config = config_parse(whole, strlen(whole), &errors);
	if (!config)
		fail_msg("%s: %s: %s", text, errors.list[0].key, errors.list[0].text);
	return config;
}

// One change as rouse diff writes it: "2 n1 n2 web cmdline: a -> b".
static bool is_told(const struct config_diff *diff, const char *wanted) {
	char text[512];

	for (size_t i = 0; i < diff->node_change_count; i++) {
		const struct config_node_change *change = &diff->node_changes[i];

		snprintf(text, sizeof(text), "%zu %s %s %s %s: %s -> %s", change->node_count,
			change->nodes[0], change->nodes[change->node_count - 1],
			change->role ? change->role : "-", change->what,
			change->before ? change->before : "-", change->after ? change->after : "-");
		if (!strcmp(text, wanted))
			return true;
		print_message("%s\n", text);
	}
	return false;
}

static bool has_part(const struct config_diff *diff, enum config_change_kind kind, const char *what,
	const char *name, const char *keys) {
	for (size_t i = 0; i < diff->change_count; i++) {
		const struct config_change *change = &diff->changes[i];

		if (change->kind == kind && !strcmp(change->what, what) &&
			!strcmp(change->name, name) && !strcmp(change->keys, keys))
			return true;
		print_message(
			"%d %s %s: %s\n", change->kind, change->what, change->name, change->keys);
	}
	return false;
}

static const struct {
	const char *before;
	const char *after;
	size_t nodes; // that change
	const char *told;
} cases[] = {
	{PROFILES ROLES HOSTS,
		"profiles: [{name: web, kernel: linux2, cmdline: \"d={{disk}} "
		"n={{node.name}}\"}]\n" ROLES HOSTS,
		2, "2 n1 n2 web kernel: linux -> linux2"},
	{PROFILES ROLES HOSTS,
		PROFILES "roles: [{name: web, profile: web, vars: {disk: sdb}}]\n" HOSTS, 2,
		"2 n1 n2 web cmdline: d=sda n={{node.name}} -> d=sdb n={{node.name}}"},
	{PROFILES ROLES HOSTS,
		PROFILES "roles: [{name: web, profile: web, vars: {disk: sdb}}]\n" HOSTS, 2,
		"2 n1 n2 web var.disk: sda -> sdb"},
	{PROFILES ROLES HOSTS, PROFILES ROLES "vars: {disk: sdc}\n" HOSTS, 1,
		"1 n3 n3 - var.disk: - -> sdc"},
	{PROFILES ROLES HOSTS, PROFILES ROLES "vars: {k: {secret: a}}\n" HOSTS, 3,
		"1 n3 n3 - var.k: - -> (secret)"},
	{PROFILES ROLES "vars: {k: {secret: a}}\n" HOSTS,
		PROFILES ROLES "vars: {k: {secret: b}}\n" HOSTS, 3,
		"2 n1 n2 web var.k: (secret) -> (secret, changed)"},
	{PROFILES ROLES "vars: {k: [a, b]}\n" HOSTS, PROFILES ROLES "vars: {k: [a]}\n" HOSTS, 3,
		"1 n3 n3 - var.k: [\"a\",\"b\"] -> [\"a\"]"},
	{PROFILES ROLES HOSTS,
		PROFILES ROLES
		"hosts: [{name: n1, mac: \"52:54:00:00:00:01\", role: web, address: 10.77.0.9}, "
		"{name: n2, mac: \"52:54:00:00:00:02\", role: web}, "
		"{name: n3, mac: \"52:54:00:00:00:03\"}]\n",
		1, "1 n1 n1 web address: - -> 10.77.0.9"},
	{PROFILES ROLES HOSTS, PROFILES ROLES "hosts: []\n", 3, "3 n1 n3 - hosts:: listed -> -"},
	{PROFILES ROLES HOSTS, PROFILES ROLES "hosts: []\n", 3, "2 n1 n2 - role: web -> -"},
	{PROFILES ROLES HOSTS, PROFILES ROLES "hosts: []\n", 3, "2 n1 n2 - profile: web -> menu"},
	{PROFILES ROLES HOSTS, PROFILES ROLES "hosts: []\n", 3, "2 n1 n2 - menu: - -> main"},
	{PROFILES ROLES HOSTS, PROFILES "roles: [{name: web, profile: web, vars: {x: y}}]\n" HOSTS,
		2,
		"2 n1 n2 web cmdline: d=sda n={{node.name}} -> d={{disk}} n={{node.name}} "
		"(cmdline:1: {{disk}} is not set: give it in vars:, the role or the host)"},
};

static void changes_are_told_once_for_all_they_are_for(void **state) {
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct config *a = parse(cases[i].before), *b = parse(cases[i].after);
		struct config_diff *diff = config_diff_make(a, b, NULL, 0, 4096);

		if (!is_told(diff, cases[i].told) || diff->node_count != cases[i].nodes)
			fail_msg("case %zu: not told: %s, %zu nodes", i, cases[i].told,
				diff->node_count);
		assert_false(config_diff_is_empty(diff));
		config_diff_free(diff);
		diff = config_diff_make(a, a, NULL, 0, 4096);
		assert_true(config_diff_is_empty(diff));
		config_diff_free(diff);
		config_free(a);
		config_free(b);
	}
}

static void parts_are_told_by_their_names(void **state) {
	struct config *a =
		parse("vars: {a: b}\nprofiles: [{name: p, kernel: k}, {name: q, efi: e}]\n"
		      "roles: [{name: r, profile: p}]\n"
		      "boot: [{file: a}, {file: b}, {file: c}]\n");
	struct config *b = parse("memory: 1G\nprofiles: [{name: p, kernel: l}]\n"
				 "roles: [{name: s, profile: p}]\nhttp: {}\n"
				 "boot: [{file: a}, {file: c}]\n");
	struct config_diff *diff = config_diff_make(a, b, NULL, 0, 4096);

	(void)state;
	assert_true(has_part(diff, CONFIG_CHANGED, "profile", "p", "kernel"));
	assert_true(has_part(diff, CONFIG_REMOVED, "profile", "q", ""));
	assert_true(has_part(diff, CONFIG_REMOVED, "role", "r", ""));
	assert_true(has_part(diff, CONFIG_ADDED, "role", "s", ""));
	assert_true(has_part(diff, CONFIG_REMOVED, "boot rule", "line 7", ""));
	assert_true(has_part(diff, CONFIG_CHANGED, "key", "vars", ""));
	assert_true(has_part(diff, CONFIG_CHANGED, "key", "http", ""));
	assert_int_equal(diff->restart.count, 1);
	assert_string_equal(diff->restart.list[0].key, "memory");
	config_diff_free(diff);
	config_free(a);
	config_free(b);
}

// Machines that were seen have roles by what is known of them, or by hand.
static void machines_that_were_seen_count(void **state) {
	struct config *a = parse(PROFILES "roles: [{name: web, profile: web, match: {serial: S*}, "
					  "vars: {disk: a}}]\n");
	struct config *b = parse(PROFILES "roles: [{name: web, profile: web, match: {serial: T*}, "
					  "vars: {disk: a}}]\n");
	struct store_node nodes[] = {
		{.mac = {0x52, 0x54, 0, 0, 0, 7},
			.name = "m-525400000007",
			.facts = {.arch = STORE_UNKNOWN_ARCH, .serial = "S1"}},
		{.mac = {0x52, 0x54, 0, 0, 0, 8},
			.name = "m-525400000008",
			.role = "web",
			.facts = {.arch = STORE_UNKNOWN_ARCH, .serial = "S2"}},
	};
	struct config_diff *diff = config_diff_make(a, b, nodes, 2, 4096);

	(void)state;
	assert_int_equal(diff->node_count, 1);
	assert_true(is_told(diff, "1 m-525400000007 m-525400000007 - role: web -> -"));
	config_diff_free(diff);
	config_free(a);
	config_free(b);
}

// What a node was given by hand comes before what the configuration says, in both.
static void variables_that_were_set_by_hand_count(void **state) {
	struct config *a = parse(PROFILES ROLES HOSTS "vars: {rack: r1, shelf: s1}\n");
	struct config *b =
		parse(PROFILES "roles: [{name: web, profile: web, vars: {disk: sdb}}]\n" HOSTS
			       "vars: {rack: r2}\n");
	struct store_node nodes[] = {
		{.mac = {0x52, 0x54, 0, 0, 0, 1},
			.name = "n1",
			.vars = "{\"disk\": \"sdx\", \"rack\": \"r2\", \"shelf\": \"s1\"}",
			.facts = {.arch = STORE_UNKNOWN_ARCH}},
		{.mac = {0x52, 0x54, 0, 0, 0, 3},
			.name = "n3",
			.vars = "{\"rack\": \"r2\"}",
			.facts = {.arch = STORE_UNKNOWN_ARCH}},
	};
	struct config_diff *diff = config_diff_make(a, b, nodes, COUNT_OF(nodes), 4096);

	(void)state;
	assert_int_equal(diff->node_count, 2); // n1 has all of it by hand
	assert_true(is_told(
		diff, "1 n2 n2 web cmdline: d=sda n={{node.name}} -> d=sdb n={{node.name}}"));
	assert_true(is_told(diff, "1 n2 n2 web var.rack: r1 -> r2"));
	assert_true(is_told(diff, "1 n3 n3 - var.shelf: s1 -> -"));
	config_diff_free(diff);
	// A profile that asks for another variable is rendered with that of the node.
	config_free(b);
	b = parse("profiles: [{name: web, kernel: linux, cmdline: \"s={{shelf}}\"}]\n" ROLES HOSTS);
	diff = config_diff_make(a, b, nodes, COUNT_OF(nodes), 4096);
	assert_true(is_told(diff, "1 n1 n1 web cmdline: d=sdx n={{node.name}} -> s=s1"));
	config_diff_free(diff);
	config_free(a);
	config_free(b);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_are_told_once_for_all_they_are_for),
		cmocka_unit_test(parts_are_told_by_their_names),
		cmocka_unit_test(machines_that_were_seen_count),
		cmocka_unit_test(variables_that_were_set_by_hand_count),
	};

	return cmocka_run_group_tests_name("config_diff", tests, NULL, NULL);
}
