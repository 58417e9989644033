// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "config.h"
#include "config_builtin.h"

// Six lines; what a case adds begins in line 7.
#define BASE                                                                                       \
	"boot_root: /srv/rouse\n"                                                                  \
	"ports:\n  - {device: \"af_xdp:eth1\", address: 10.77.0.1/24}\n"                           \
	"subnets:\n  - network: 10.77.0.0/24\n"                                                    \
	"    pools: 10.77.0.10-10.77.0.19\n"
#define WEB "profiles: [{name: web, kernel: linux}]\n"

static struct config_errors errors;

static struct config *parse(const char *text) {
	memset(&errors, 0, sizeof(errors));
	return config_parse(text, strlen(text), &errors);
}

static bool has_error(uint32_t line, const char *key, const char *text) {
	for (size_t i = 0; i < errors.count && i < CONFIG_ERRORS_MAX; i++)
		if (errors.list[i].line == line && !strcmp(errors.list[i].key, key) &&
			strstr(errors.list[i].text, text))
			return true;
	return false;
}

static const struct {
	const char *text; // line 7
	const char *key;
	const char *error;
} bad_cases[] = {
	{"profiles: {web: {kernel: a}}", "profiles", "takes a list"},
	{"profiles: [{kernel: a}]", "profiles[0].name", "is required"},
	{"profiles: [{name: a}]", "profiles[a]", "boots nothing"},
	{"profiles: [{name: a, kernel: b, efi: c}]", "profiles[a]", "boots one thing"},
	{"profiles: [{name: a, kernel: b, local: true}]", "profiles[a]", "is one of"},
	{"profiles: [{name: a, kernel: ../b}]", "profiles[0].kernel", "below boot_root"},
	{"profiles: [{name: a, kernel: b, initrd: [c, ../d]}]", "profiles[0].initrd",
		"below boot_root"},
	{"profiles: [{name: a, kernel: b, initrd: [1,2,3,4,5,6,7,8,9]}]", "profiles[0].initrd",
		"more than 8"},
	{"profiles: [{name: a, efi: b, initrd: c}]", "profiles[a].initrd", "needs a kernel"},
	{"profiles: [{name: a, local: true, cmdline: c}]", "profiles[a].cmdline", "needs a kernel"},
	{"profiles: [{name: a, kernel: b, files: c}]", "profiles[a].files", "needs wimboot"},
	{"profiles: [{name: a, wimboot: b}]", "profiles[a].wimboot", "needs files:"},
	{"profiles: [{name: a, menu: b}]", "profiles[a].menu", "there is no menu b"},
	{"profiles: [{name: a, menu: main, install: true}]", "profiles[a].install",
		"install nothing"},
	{"profiles: [{name: a, kernel: b}, {name: a, kernel: c}]", "profiles[a].name",
		"the same as in line 7"},
	{"profiles: [{name: a, kernel: b, variants: [{kernel: c}]}]",
		"profiles[0].variants[0].arch", "is required"},
	{"profiles: [{name: a, kernel: b, variants: [{arch: pdp11, kernel: c}]}]",
		"profiles[0].variants[0].arch", "no architecture"},
	{"profiles: [{name: a, kernel: b, variants: [{arch: 7, kernel: c, efi: d}]}]",
		"profiles[a]", "boots one thing"},
	{"profiles: [{name: a, kernel: b, timeout: 1s}]", "profiles[0].timeout", "between 60"},
	{"profiles: [{name: a, kernel: b, fetch: ftp}]", "profiles[0].fetch",
		"tftp, http or https"},
	{"profiles: [{name: a, kernel: b, kernal: c}]", "profiles[0].kernal", "is it kernel?"},
	{"roles: [{name: a, profile: b}]", "roles[a].profile", "there is no profile b"},
	{"roles: [{name: a}]", "roles[0].profile", "is required"},
	{"roles: [{name: a, profile: menu}, {name: a, profile: menu}]", "roles[a].name",
		"the same as in line 7"},
	{"roles: [{name: a, profile: menu, match: {ipxe: true}}]", "roles[0].match.ipxe",
		"roles do not"},
	{"roles: [{name: a, profile: menu, match: {memory: much}}]", "roles[0].match.memory",
		"not a size"},
	{"roles: [{name: a, profile: menu, match: {seriel: x}}]", "roles[0].match.seriel",
		"is it serial?"},
	{"roles: [{name: a, profile: menu, menu_default: zzz}]", "roles[a].menu_default",
		"no item of menu main is of zzz"},
	{"roles: [{name: a, profile: local, menu_timeout: 5s}]", "roles[a].menu_default",
		"has no menu"},
	{"boot: [{match: {serial: x}, file: a}]", "boot[0].match.serial", "only roles"},
	{"unknown: {profile: nix}", "unknown.profile", "there is no profile nix"},
	{"profiles: [{name: a, kernel: b, install: true}]\nunknown: {profile: a}",
		"unknown.profile", "each machine that is plugged in"},
	{"menus: [{name: a}]", "menus[0].items", "is required"},
	{"menus: [{name: a, items: []}]", "menus[0].items", "at least one"},
	{"menus: [{name: a, items: [{group: b}]}]", "menus[a].items", "nothing can be chosen"},
	{"menus: [{name: a, items: [{text: b}]}]", "menus[a].items", "a line is one of"},
	{"menus: [{name: a, items: [{profile: local, menu: a}]}]", "menus[a].items",
		"a line is one of"},
	{"menus: [{name: a, items: [{profile: local}, {separator: true, key: b}]}]",
		"menus[a].items", "nothing is chosen"},
	{"menus: [{name: a, items: [{action: shell}]}]", "menus[a].items.text", "needs a text"},
	{"menus: [{name: a, items: [{action: dance, text: b}]}]", "menus[0].items[0].action",
		"none of"},
	{"menus: [{name: a, items: [{profile: nix}]}]", "menus[a].items.profile",
		"there is no profile nix"},
	{"menus: [{name: a, items: [{menu: nix}]}]", "menus[a].items.menu", "there is no menu nix"},
	{"menus: [{name: a, items: [{profile: local, key: ab}]}]", "menus[0].items[0].key",
		"longer than 1"},
	{"menus: [{name: a, items: [{profile: local, key: b}, {profile: menu, key: b}]}]",
		"menus[a].items.key", "the same as in line 7"},
	{"menus: [{name: a, items: [{profile: local, password: geheim}]}]",
		"menus[a].items.password", "is no hash of a password"},
	{"menus: [{name: a, default: b, items: [{profile: local}]}]", "menus[a].default",
		"no item is of b"},
	{"vars: [a]", "vars", "takes names and values"},
	{"template_dir: etc", "template_dir", "not an absolute path"},
	{WEB "hosts: [{name: n, mac: \"52:54:00:00:01:01\", profile: nix}]", "hosts[n].profile",
		"there is no profile nix"},
	{"roles: [{name: a, profile: menu}]\nhosts: [{name: n, mac: \"52:54:00:00:01:01\", role: "
	 "b}]",
		"hosts[n].role", "there is no role b"},
	{"vars: {a: b}", "boot", "is required"},
	{"boot: []", "boot", "at least one"},
};

static bool is_told(const char *key, const char *text) {
	for (uint32_t line = 0; line < 12; line++)
		if (has_error(line, key, text))
			return true;
	return false;
}

static void mistakes_are_told(void **state) {
	char text[2048];

	(void)state;
	for (size_t i = 0; i < sizeof(bad_cases) / sizeof(bad_cases[0]); i++) {
		struct config *config;

		snprintf(text, sizeof(text), BASE "%s\n", bad_cases[i].text);
		config = parse(text);
		if (config || !is_told(bad_cases[i].key, bad_cases[i].error))
			fail_msg("case %zu (%s): %s, first error %u %s: %s", i, bad_cases[i].error,
				config ? "accepted" : "refused", errors.list[0].line,
				errors.list[0].key, errors.list[0].text);
	}
}

static void what_comes_with_rouse_is_good(void **state) {
	struct arena arena = {0};
	struct config *builtin = config_read_builtin(&arena, config_builtin_text);

	(void)state;
	assert_non_null(builtin);
	assert_non_null(config_profile_find(&builtin->brain, "menu"));
	assert_non_null(config_menu_find(&builtin->brain, "main"));
	free(builtin);
	arena_free(&arena);
}

static void an_own_profile_replaces_one_of_rouse(void **state) {
	struct config *config = parse(BASE "profiles: [{name: rescue, kernel: own}]\n");
	const struct config_profile *profile;

	(void)state;
	assert_non_null(config);
	assert_true(config->brain.given);
	profile = config_profile_find(&config->brain, "rescue");
	assert_string_equal(profile->load.kernel, "own");
	assert_int_equal(profile->line, 7);
	assert_int_equal(config_profile_find(&config->brain, "local")->line, 0);
	assert_string_equal(config->brain.unknown.profile, "menu");
	config_free(config);
}

static void a_file_without_profiles_stays_as_it_was(void **state) {
	struct config *config = parse(BASE "boot: [{file: a}]\n");

	(void)state;
	assert_non_null(config);
	assert_false(config->brain.given);
	assert_int_equal(config->brain.profile_count, 0);
	config_free(config);
}

static void a_variant_replaces_what_it_has(void **state) {
	struct config *config = parse(BASE
		"profiles: [{name: a, kernel: k, initrd: i, cmdline: c, variants: [\n"
		"  {arch: arm64-uefi, kernel: k2}, {arch: [x64-uefi, ia32-uefi], cmdline: c3},\n"
		"  {arch: riscv64-uefi, efi: e}]}]\n");
	const struct config_profile *profile;
	struct config_load load;

	(void)state;
	assert_non_null(config);
	profile = config_profile_find(&config->brain, "a");
	load = config_load_for(profile, 0);
	assert_string_equal(load.kernel, "k");
	load = config_load_for(profile, 11);
	assert_string_equal(load.kernel, "k2");
	assert_int_equal(load.initrd.count, 0);
	assert_string_equal(load.cmdline, "c");
	load = config_load_for(profile, 16); // boots by HTTP, and is an x64 machine
	assert_string_equal(load.kernel, "k");
	assert_string_equal(load.initrd.list[0], "i");
	assert_string_equal(load.cmdline, "c3");
	load = config_load_for(profile, 27);
	assert_null(load.kernel);
	assert_string_equal(load.efi, "e");
	config_free(config);
}

static void boot_rules_come_with_profiles(void **state) {
	struct config *config = parse(BASE "unknown: {}\nhttp: {port: 8080}\n");
	const struct config_rule *rules, *last;

	(void)state;
	assert_non_null(config);
	rules = config->rules;
	assert_int_equal(config->rule_count, 2 + 6 + 6);
	assert_string_equal(rules[0].file, "http://10.77.0.1:8080/rouse/local-disk");
	assert_int_equal(rules[0].match.count, 1 + 3 + 1);
	assert_int_equal(rules[0].match.list[4].value, 0x0a4d0000);
	assert_int_equal(rules[1].match.count, 1 + 3);
	assert_null(rules[2].file);
	assert_int_equal(rules[2].menu_count, 1);
	assert_null(rules[2].menu[0].file);
	assert_string_equal(rules[3].file, "boot.ipxe");
	last = &rules[8];
	assert_string_equal(last->file, "http://10.77.0.1:8080/ipxe.efi");
	assert_int_equal(last->match.list[0].value, 16);
	assert_int_equal(last->match.list[1].value, 0x0a4d0000);
	config_free(config);
	config = parse(BASE "unknown: {}\nhttp: {port: 0, tls_port: 8443}\ntls: {}\n");
	assert_non_null(config);
	assert_int_equal(config->rule_count, 2 + 6 + 6);
	assert_string_equal(config->rules[8].file, "https://10.77.0.1:8443/ipxe.efi");
	config_free(config);
	config = parse(BASE "unknown: {}\nhttp: {port: 0}\ntls: {}\n");
	assert_non_null(config);
	assert_string_equal(config->rules[0].file, "https://10.77.0.1/rouse/local-disk");
	config_free(config);
	config = parse(BASE "unknown: {}\nboot: [{file: a}]\n");
	assert_non_null(config);
	assert_int_equal(config->rule_count, 1);
	config_free(config);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_are_told),
		cmocka_unit_test(what_comes_with_rouse_is_good),
		cmocka_unit_test(an_own_profile_replaces_one_of_rouse),
		cmocka_unit_test(a_file_without_profiles_stays_as_it_was),
		cmocka_unit_test(boot_rules_come_with_profiles),
		cmocka_unit_test(a_variant_replaces_what_it_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
