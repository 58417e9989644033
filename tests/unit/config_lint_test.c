// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Templates, secrets and files beside a configuration.

#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "config_lint.h"

static char directory[] = "/tmp/rouse-lint-XXXXXX";
static struct config_errors errors, notes;

static void write_file(const char *name, const char *text) {
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int set_up(void **state) {
	char path[128];

	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/t", directory);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/t/debian", directory);
	mkdir(path, 0755);
	write_file("linux", "");
	write_file("t/good", "{{node.name}} {{disk}} {{#users}}{{name}}{{/users}}\n");
	write_file("t/bad", "\n{{#a}}\n");
	write_file("t/unset", "{{#perhaps}}x{{/perhaps}}\n{{nowhere}}\n");
	write_file("t/debian/secret", "{{disk}}\n{{> debian/inner}}\n");
	write_file("t/debian/inner", "\n\n{{password}}\n");
	snprintf(path, sizeof(path), "%s/t/seed", directory);
	mkdir(path, 0755);
	write_file("t/seed/user-data", "{{password}}\n");
	write_file("t/seed/meta-data", "id: {{node.name}}\n");
	write_file("t/.hidden", "{{#a}}");
	return 0;
}

static int tear_down(void **state) {
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

static void lint(const char *text) {
	char whole[4096];
	struct config *config;

	memset(&errors, 0, sizeof(errors));
	memset(&notes, 0, sizeof(notes));
	snprintf(whole, sizeof(whole),
		"boot_root: %s\n"
		"ports: [{device: \"af_xdp:eth1\", address: 10.77.0.1/24}]\n"
		"subnets: [{network: 10.77.0.0/24}]\n"
		"template_dir: %s/t\n"
		"vars: {password: {secret: x}, users: [{name: a}]}\n"
		"%s",
		directory, directory, text);
	config = config_parse(whole, strlen(whole), &errors);
	if (!config)
		fail_msg("%s: %s: %s", text, errors.list[0].key, errors.list[0].text);
	config_lint(config, &errors, &notes);
	config_free(config);
}

static bool has(
	const struct config_errors *list, uint32_t line, const char *key, const char *text) {
	for (size_t i = 0; i < list->count && i < CONFIG_ERRORS_MAX; i++)
		if (list->list[i].line == line && !strcmp(list->list[i].key, key) &&
			strstr(list->list[i].text, text))
			return true;
	for (size_t i = 0; i < list->count && i < CONFIG_ERRORS_MAX; i++)
		print_message(
			"%u: %s: %s\n", list->list[i].line, list->list[i].key, list->list[i].text);
	return false;
}

#define WEB(more) "profiles: [{name: web, kernel: linux" more "}]\n"
#define ROLE      "roles: [{name: web, profile: web, vars: {disk: sda}}]\n"

static void templates_are_read(void **state) {
	(void)state;
	lint(WEB("") ROLE);
	assert_int_equal(errors.count, 1);
	assert_true(has(&errors, 0, "template_dir", "bad:2: {{#a}}"));
	assert_int_equal(notes.count, 1);
	assert_true(has(&notes, 0, "template_dir", "unset:2: no vars: sets {{nowhere}}"));
}

static const struct {
	const char *text;
	uint32_t line;
	const char *error; // of profiles[web].cmdline; NULL: there is none
} secrets[] = {
	{WEB(", cmdline: \"p={{password}}\"") ROLE, 6, "{{password}} is a secret (line 5)"},
	{WEB(", cmdline: \"p={{password}}\"") "roles: [{name: web, profile: web, vars: {disk: a, "
					      "password: plain}}]\n",
		6, NULL},
	{WEB(", cmdline: \"p={{disk}}\"") ROLE "hosts: [{name: a, mac: \"52:54:00:00:00:01\", "
					       "role: web, vars: {disk: {secret: b}}}]\n",
		6, "{{disk}} is a secret (line 8)"},
	{WEB(", cmdline: \"p={{disk}}\"") ROLE "hosts: [{name: a, mac: \"52:54:00:00:00:01\", "
					       "profile: local, vars: {disk: {secret: "
					       "b}}}]\n",
		6, NULL},
	// Nobody's own: a menu offers it, or it is ordered.
	{WEB(", cmdline: \"p={{password}}\""), 6, "{{password}} is a secret (line 5)"},
	{WEB(", cmdline: \"p={{disk}}\"") "roles: [{name: a, profile: local, vars: {disk: "
					  "{secret: b}}}]\n",
		6, NULL},
	{WEB(", cmdline: \"p={{#\"") ROLE, 6, "cmdline:1: "},
	{"http: {}\n" WEB(", cmdline: \"u={{ template.url }}/debian/secret x\"") ROLE, 7,
		"debian/inner:3: {{password}} is a secret (line 5), but"},
	{"http: {}\n" WEB(", cmdline: \"u={{template.url}}/good\"") ROLE, 7, NULL},
	{"http: {}\n" WEB(", cmdline: \"ds=nocloud-net;s={{template.url}}/seed/\"") ROLE, 7,
		"seed/user-data:1: {{password}} is a secret (line 5), but"},
	{"http: {}\ntls: {}\n" WEB(", cmdline: \"u={{template.url}}/debian/secret\", fetch: "
				   "https") ROLE,
		8, NULL},
};

#define NESTED(cmdline)                                                                            \
	"profiles:\n"                                                                              \
	"  - {name: web, kernel: linux, cmdline: \"" cmdline "\"}\n"                               \
	"roles:\n"                                                                                 \
	"  - name: web\n"                                                                          \
	"    profile: web\n"                                                                       \
	"    vars:\n"                                                                              \
	"      disk: sda\n"                                                                        \
	"      off: []\n"                                                                          \
	"      keys: [k1, {secret: k2}]\n"                                                         \
	"      bmc:\n"                                                                             \
	"        user: root\n"                                                                     \
	"        login: {secret: x}\n"                                                             \
	"      users:\n"                                                                           \
	"        - {name: a, password: plain}\n"                                                   \
	"        - name: b\n"                                                                      \
	"          password: {secret: y}\n"                                                        \
	"          more: [{deep: {secret: z}}]\n"

// Lines 6 and on are those of NESTED.
static const struct {
	const char *text;
	const char *error; // in line 7; NULL: there is none
} nested[] = {
	{NESTED("{{bmc.login}}"), "{{bmc.login}} is a secret (line 17)"},
	{NESTED("{{#bmc}}{{user}} {{login}}{{/bmc}}"), "{{login}} is a secret (line 17)"},
	{NESTED("{{#keys}}{{.}} {{/keys}}"), "{{.}} is a secret (line 14)"},
	{NESTED("{{#keys}}{{^off}}{{.}}{{/off}}{{/keys}}"), "{{.}} is a secret (line 14)"},
	{NESTED("{{#users}}{{name}}:{{password}} {{/users}}"),
		"{{password}} is a secret (line 21)"},
	{NESTED("{{#users}}{{#more}}{{deep}}{{/more}}{{/users}}"),
		"{{deep}} is a secret (line 22)"},
	{NESTED("{{#disk}}{{#bmc}}{{#users}}{{login}}{{/users}}{{/bmc}}{{/disk}}"),
		"{{login}} is a secret (line 17)"},
	{NESTED("{{#bmc}}{{password}}{{/bmc}}"), "{{password}} is a secret (line 5)"},
	{NESTED("{{bmc}}"), "{{bmc}} is a secret (line 17)"},
	{NESTED("{{#users}}{{more}}{{/users}}"), "{{more}} is a secret (line 22)"},
	{NESTED("{{bmc.user}}"), NULL},
	{NESTED("{{#bmc}}{{user}}{{/bmc}}"), NULL},
	{NESTED("{{#users}}{{name}}{{/users}}"), NULL},
	{NESTED("{{#off}}{{.}}{{/off}}"), NULL},
	{NESTED("{{#keys}}x{{/keys}}{{disk}}"), NULL},
	{NESTED("{{#node}}{{name}}{{/node}}"), NULL},
	{NESTED("{{disk}}") "  - {name: other, profile: local, vars: {disk: {secret: x}}}\n", NULL},
	{NESTED("{{disk}}") "  - {name: other, profile: local, vars: {disk: {secret: x}}}\n"
			    "hosts: [{name: a, mac: \"52:54:00:00:00:01\", role: other, "
			    "profile: web}]\n",
		"{{disk}} is a secret (line 23)"},
};

static void secrets_in_lists_and_maps_are_found(void **state) {
	(void)state;
	for (size_t i = 0; i < COUNT_OF(nested); i++) {
		lint(nested[i].text);
		if (errors.count != 1 + (size_t)(nested[i].error != NULL))
			fail_msg("case %zu: %zu errors", i, errors.count);
		if (nested[i].error && !has(&errors, 7, "profiles[web].cmdline", nested[i].error))
			fail_msg("case %zu: no %s", i, nested[i].error);
	}
}

static void secrets_are_not_carried_in_the_clear(void **state) {
	(void)state;
	for (size_t i = 0; i < COUNT_OF(secrets); i++) {
		lint(secrets[i].text);
		assert_int_equal(errors.count, 1 + (secrets[i].error != NULL));
		if (secrets[i].error)
			assert_true(has(&errors, secrets[i].line, "profiles[web].cmdline",
				secrets[i].error));
	}
}

static void files_that_are_not_there_are_noted(void **state) {
	(void)state;
	lint("profiles: [{name: web, kernel: linux, initrd: [linux, a, \"{{b}}\", "
	     "\"http://x/c\"],\n"
	     "  variants: [{arch: 7, efi: d.efi}], cmdline: \"{{template.url}}/none\"}]\n" ROLE);
	assert_int_equal(notes.count, 5);
	assert_true(has(&notes, 6, "profiles[web].initrd", "initrd:1: no vars: sets {{b}}"));
	assert_true(has(&notes, 6, "profiles[web].initrd", "a is not in /tmp/rouse-lint-"));
	assert_true(has(&notes, 7, "profiles[web].efi", "d.efi is not in"));
	assert_true(has(&notes, 6, "profiles[web].cmdline", "template none: No such file"));
}

// They come before what is rendered, so that roles and orders mean nothing.
static void scripts_in_place_of_ours_are_noted(void **state) {
	char path[128];

	(void)state;
	write_file("boot.ipxe", "");
	lint("profiles: [{name: web, kernel: linux}]\n" ROLE);
	assert_true(has(&notes, 0, "boot_root", "boot.ipxe is served in place of"));
	snprintf(path, sizeof(path), "%s/boot.ipxe", directory);
	unlink(path);
	lint("profiles: [{name: web, kernel: linux}]\n" ROLE);
	assert_false(has(&notes, 0, "boot_root", "boot.ipxe is served in place of"));
}

static void seeds_of_cloud_init_are_directories(void **state) {
	(void)state;
	lint("profiles: [{name: web, kernel: linux, cmdline: "
	     "\"s={{template.url}}/seed/\"}]\n" ROLE);
	assert_int_equal(notes.count, 1); // of t/unset
	lint("profiles: [{name: web, kernel: linux, cmdline: \"s={{template.url}}/\"}]\n" ROLE);
	assert_int_equal(notes.count, 3);
	assert_true(has(&notes, 6, "profiles[web].cmdline", "template user-data: No such file"));
	assert_true(has(&notes, 6, "profiles[web].cmdline", "template meta-data: No such file"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(templates_are_read),
		cmocka_unit_test(secrets_are_not_carried_in_the_clear),
		cmocka_unit_test(secrets_in_lists_and_maps_are_found),
		cmocka_unit_test(files_that_are_not_there_are_noted),
		cmocka_unit_test(scripts_in_place_of_ours_are_noted),
		cmocka_unit_test(seeds_of_cloud_init_are_directories),
	};

	return cmocka_run_group_tests_name("config_lint", tests, set_up, tear_down);
}
