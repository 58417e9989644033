// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "unit.h"

#include <time.h>
#include <unistd.h>

#include "config.h"
#include "policy.h"
#include "render_text.h"
#include "render_world.h"

#define HASH                                                                                       \
	"$6$abcdefgh$"                                                                             \
	"1234567890123456789012345678901234567890123456789012345678901234567890123456789012345."
#define BASE                                                                                       \
	"boot_root: /srv/rouse\n"                                                                  \
	"http: {}\ntls: {}\n"                                                                      \
	"ports: [{device: \"af_xdp:eth1\", address: 10.77.0.1/24}]\n"                              \
	"subnets: [{network: 10.77.0.0/24, pools: 10.77.0.10-10.77.0.19}]\n"

static const char site[] = BASE
	"profiles:\n"
	"  - {name: web, title: Web server, kernel: debian/linux,\n"
	"     initrd: [debian/initrd.gz, web/extra.cpio], cmdline: \"quiet disk={{disk}} ---\"}\n"
	"  - {name: secure, kernel: s/linux, initrd: s/initrd, verify: true, fetch: http}\n"
	"  - {name: tls, kernel: linux, fetch: https}\n"
	"  - {name: own, title: A script of ours, script: own.ipxe}\n"
	"  - {name: windows, wimboot: wimboot, files: [win/BCD, win/boot.sdi, win/boot.wim]}\n"
	"  - {name: tool, title: EFI shell, variants: [{arch: x64-uefi, efi: shellx64.efi},\n"
	"     {arch: arm64-uefi, efi: shellaa64.efi}]}\n"
	"  - {name: odd, title: \"${net0/mac} $ {x} || echo && # ; 'a' \\\"b\\\" \\\\ ^c\",\n"
	"     kernel: \"a b/#c${d}\", cmdline: \"# || ; x=${ip} 'q' y=\\\"1 2\\\"\"}\n"
	"  - {name: broken, kernel: linux, cmdline: \"a={{missing}}\"}\n"
	"  - {name: racks, title: Menu of the rack, menu: rack}\n"
	"menus:\n"
	"  - name: rack\n"
	"    title: Machines of the rack\n"
	"    default: web\n"
	"    timeout: 20s\n"
	"    colours: true\n"
	"    items:\n"
	"      - {profile: local, key: l}\n"
	"      - {group: Install}\n"
	"      - {profile: web, key: w}\n"
	"      - {profile: odd, key: \"#\"}\n"
	"      - {profile: memtest}\n"
	"      - {separator: true}\n"
	"      - {menu: more, text: More, key: m}\n"
	"      - {profile: windows, key: x, password: \"" HASH "\"}\n"
	"      - {text: Information, action: info, key: i}\n"
	"      - {text: Shell, action: shell}\n"
	"      - {text: Again, action: retry}\n"
	"      - {text: Reboot, action: reboot}\n"
	"      - {text: Off, action: poweroff}\n"
	"  - name: more\n"
	"    title: More\n"
	"    items:\n"
	"      - {profile: own}\n"
	"      - {profile: tool}\n"
	"      - {profile: broken}\n"
	"      - {profile: secure}\n"
	"      - {menu: rack, text: The first menu}\n";

static struct config *config;
static struct render_world world;
static struct render_input input;
static char why[256];
static char *text;
static size_t len;
static const uint8_t mac[6] = {0x52, 0x54, 0x00, 0x77, 0x00, 0x01};

static struct config *parse(const char *source) {
	struct config_errors errors = {0};
	struct config *parsed = config_parse(source, strlen(source), &errors);

	if (!parsed)
		fail_msg("line %u: %s: %s", errors.list[0].line, errors.list[0].key,
			errors.list[0].text);
	return parsed;
}

static void use(const char *source) {
	config_free(config);
	config = parse(source);
	world = (struct render_world){.vars = {"disk=/dev/sda"}};
	input = (struct render_input){.brain = &config->brain,
		.node = "n001",
		.mac = mac,
		.arch = POLICY_ARCH_UNKNOWN,
		.server = "10.77.0.1",
		.http = "http://10.77.0.1",
		.expand = render_world_expand,
		.has_file = render_world_has_file,
		.context = &world};
}

static int make(enum render_loader loader, const char *profile) {
	free(text);
	text = NULL;
	why[0] = '\0';
	input.profile = config_profile_find(&config->brain, profile);
	assert_non_null(input.profile);
	return render(loader, &input, &text, &len, why);
}

static int setup(void **state) {
	(void)state;
	use(site);
	return 0;
}

static int teardown(void **state) {
	(void)state;
	free(text);
	text = NULL;
	config_free(config);
	config = NULL;
	return 0;
}

static void assert_has(const char *words) {
	if (!strstr(text, words))
		fail_msg("there is no \"%s\" in:\n%s", words, text);
}

static void assert_lacks(const char *words) {
	if (strstr(text, words))
		fail_msg("there is a \"%s\" in:\n%s", words, text);
}

// Bad input

static void a_missing_variable_is_named(void **state) {
	static const enum render_loader loaders[] = {RENDER_IPXE, RENDER_PXELINUX, RENDER_GRUB};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(loaders); i++) {
		assert_int_equal(make(loaders[i], "broken"), -22);
		assert_string_equal(why, "profile broken: cmdline: there is no variable missing");
		assert_null(text);
	}
}

static char *two_lines(void *context, const struct config_profile *profile, const char *what,
	const char *source, char reason[256]) {
	(void)context, (void)profile, (void)what, (void)source, (void)reason;
	return strdup("a\nshell");
}

static void a_variable_cannot_begin_a_line(void **state) {
	(void)state;
	input.expand = two_lines;
	assert_int_equal(make(RENDER_IPXE, "web"), -22);
	assert_non_null(strstr(why, "profile web: kernel has a character"));
	assert_int_equal(make(RENDER_GRUB, "web"), -22);
	assert_int_equal(make(RENDER_PXELINUX, "web"), -22);
}

static void a_server_without_http_cannot_fetch_by_it(void **state) {
	(void)state;
	input.http = NULL;
	assert_int_equal(make(RENDER_IPXE, "secure"), -22);
	assert_string_equal(why, "profile secure: fetch: http needs http: in the configuration");
	assert_int_equal(make(RENDER_IPXE, "tls"), -22);
	assert_string_equal(why, "profile tls: fetch: https needs tls: in the configuration");
	input.https = "https://boot.example";
	assert_int_equal(make(RENDER_IPXE, "tls"), 0);
	assert_has("kernel --name kernel https://boot.example/linux ||");
}

static void a_broken_item_leaves_the_menu_whole(void **state) {
	(void)state;
	assert_int_equal(make(RENDER_IPXE, "menu"), 0);
	input.profile = config_profile_find(&config->brain, "menu");
	free(text);
	input.from_menu = config_menu_find(&config->brain, "rack");
	assert_int_equal(render(RENDER_IPXE, &input, &text, &len, why), 0);
	assert_has("echo -- Rouse: profile broken: cmdline: there is no variable missing\n");
}

// Labels of an iPXE script

static bool is_label(const char *name, size_t name_len, unsigned *count) {
	*count = 0;
	for (const char *at = text; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
		if (at[0] == ':' && strcspn(at + 1, "\n") == name_len &&
			!memcmp(at + 1, name, name_len))
			++*count;
	return *count == 1;
}

static void assert_label(const char *name, size_t name_len) {
	unsigned count;

	if (memchr(name, '$', name_len))
		return; // set by an item or by `set`, which are looked at
	if (!is_label(name, name_len, &count))
		fail_msg("label %.*s is there %u times in:\n%s", (int)name_len, name, count, text);
}

static void check_word_after(const char *line, size_t line_len, const char *before) {
	const char *at = memmem(line, line_len, before, strlen(before));

	for (; at; at = memmem(at, line_len - (size_t)(at - line), before, strlen(before))) {
		at += strlen(before);
		assert_label(at, strcspn(at, " \n"));
	}
}

static void check_item(const char *line) {
	const char *at = strstr(line, "-- ");

	if (strncmp(line, "item --gap", 10) && at)
		assert_label(at + 3, strcspn(at + 3, " \n"));
}

// A choice by ${machine} has a label for some machine at least.
static void check_machines(const char *line, size_t line_len) {
	const char *at = memmem(line, line_len, "_${machine}", 11);
	char name[64];

	if (!at)
		return;
	snprintf(name, sizeof(name), "\n:%.*s_", (int)(at - (line + 5)), line + 5);
	assert_non_null(strstr(text, name));
}

static void check_script(void) {
	assert_int_equal(len, strlen(text));
	assert_int_equal(strncmp(text, "#!ipxe\n", 7), 0);
	for (const char *at = text; *at;) {
		size_t line_len = strcspn(at, "\n");

		if (line_len > 1000)
			fail_msg("a line of %zu characters: %.80s", line_len, at);
		check_word_after(at, line_len, "goto ");
		check_word_after(at, line_len, "set again ");
		check_word_after(at, line_len, "set home ");
		check_word_after(at, line_len, "--default ");
		check_machines(at, line_len);
		if (!strncmp(at, "item ", 5))
			check_item(at);
		at += line_len + 1;
	}
}

static void every_label_is_there_once(void **state) {
	const struct config_brain *brain = &config->brain;

	(void)state;
	world.vars[1] = "missing=x";
	input.https = "https://10.77.0.1";
	for (uint32_t i = 0; i < brain->profile_count; i++) {
		for (uint32_t from = 0; from <= brain->menu_count; from++) {
			input.from_menu = from < brain->menu_count ? &brain->menus[from] : NULL;
			assert_int_equal(make(RENDER_IPXE, brain->profiles[i].name), 0);
			check_script();
		}
	}
}

static void a_menu_of_a_thousand_profiles(void **state) {
	size_t size = 1024 * 200;
	char *source = malloc(size);
	int used = snprintf(source, size, BASE "profiles:\n");

	(void)state;
	for (int i = 0; i < 1000; i++)
		used += snprintf(source + used, size - (size_t)used,
			"  - {name: p-%d, kernel: dir/linux-%d, initrd: initrd-%d}\n", i, i, i);
	used += snprintf(source + used, size - (size_t)used, "menus:\n");
	for (int menu = 0; menu < 9; menu++) {
		used += snprintf(source + used, size - (size_t)used,
			"  - name: %s%.0d\n    items:\n", menu ? "more-" : "main", menu);
		for (int i = 0; menu && i < 125; i++)
			used += snprintf(source + used, size - (size_t)used,
				"      - {profile: p-%d}\n", (menu - 1) * 125 + i);
		for (int i = 1; !menu && i < 9; i++)
			used += snprintf(
				source + used, size - (size_t)used, "      - {menu: more-%d}\n", i);
	}
	use(source);
	free(source);
	assert_int_equal(make(RENDER_IPXE, "menu"), 0);
	check_script();
	assert_has(" p999 ");
	print_message("a menu of 1,000 profiles has %zu bytes\n", len);
	assert_int_equal(make(RENDER_GRUB, "menu"), 0);
	assert_int_equal(make(RENDER_PXELINUX, "menu"), 0);
}

static void what_is_too_long_is_refused(void **state) {
	struct render_text long_text = {0};
	char line[1024];

	(void)state;
	memset(line, 'x', sizeof(line));
	for (size_t i = 0; i < 1024; i++)
		render_put(&long_text, line, sizeof(line));
	assert_false(long_text.full);
	render_put(&long_text, line, 1);
	assert_true(long_text.full);
	assert_int_equal(long_text.len, RENDER_TEXT_MAX);
	free(long_text.data);
}

// Whole texts

static const struct {
	const char *file;
	enum render_loader loader;
	const char *profile;
	const char *from_menu;
	uint16_t arch;
	uint64_t order_id;
	bool any_machine;
	bool few_files;
} goldens[] = {
	{"ipxe-kernel", RENDER_IPXE, "web", NULL, 0, 0x1f, false, false},
	{"ipxe-local", RENDER_IPXE, "local", NULL, POLICY_ARCH_UNKNOWN, 0, false, false},
	{"ipxe-verified", RENDER_IPXE, "secure", NULL, 7, 0, false, false},
	{"ipxe-script", RENDER_IPXE, "own", NULL, POLICY_ARCH_UNKNOWN, 0x1f, false, false},
	{"ipxe-wimboot", RENDER_IPXE, "windows", NULL, POLICY_ARCH_UNKNOWN, 0, false, false},
	{"ipxe-efi", RENDER_IPXE, "tool", NULL, POLICY_ARCH_UNKNOWN, 0, false, false},
	{"ipxe-odd", RENDER_IPXE, "odd", NULL, 0, 0, false, false},
	{"ipxe-unknown", RENDER_IPXE, "menu", NULL, POLICY_ARCH_UNKNOWN, 0, true, true},
	{"ipxe-menus", RENDER_IPXE, "local", "rack", POLICY_ARCH_UNKNOWN, 0, false, false},
	{"pxelinux-kernel", RENDER_PXELINUX, "web", NULL, 0, 0, false, false},
	{"pxelinux-local", RENDER_PXELINUX, "local", NULL, 0, 0, false, false},
	{"pxelinux-script", RENDER_PXELINUX, "own", NULL, 0, 0, false, false},
	{"pxelinux-efi", RENDER_PXELINUX, "tool", NULL, 0, 0, false, false},
	{"pxelinux-menu", RENDER_PXELINUX, "racks", NULL, 0, 0, false, false},
	{"pxelinux-names", RENDER_PXELINUX, "menu", NULL, 0, 0, true, true},
	{"pxelinux-timeout", RENDER_PXELINUX_TIMEOUT, "racks", NULL, 0, 0, false, false},
	{"grub-kernel", RENDER_GRUB, "web", NULL, POLICY_ARCH_UNKNOWN, 0, false, false},
	{"grub-efi", RENDER_GRUB, "tool", NULL, POLICY_ARCH_UNKNOWN, 0, false, false},
	{"grub-menu", RENDER_GRUB, "racks", NULL, POLICY_ARCH_UNKNOWN, 0, false, false},
};

static char *read_golden(const char *path) {
	FILE *file = fopen(path, "r");
	char *data = calloc(1, RENDER_TEXT_MAX + 1);

	if (file && fread(data, 1, RENDER_TEXT_MAX, file) == 0)
		fail_msg("%s is empty", path);
	if (file)
		fclose(file);
	return data;
}

static void write_golden(const char *path) {
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	fclose(file);
}

static void compare_golden(const char *name) {
	char path[512];
	char *golden;

	snprintf(path, sizeof(path), "%s/%s.txt", RENDER_GOLDENS, name);
	if (getenv("ROUSE_UPDATE")) {
		write_golden(path);
		return;
	}
	golden = read_golden(path);
	if (strcmp(golden, text))
		fail_msg("%s is not what is rendered (ROUSE_UPDATE=1 writes it):\n%s", path, text);
	free(golden);
}

static void texts_are_as_they_were(void **state) {
	(void)state;
	for (size_t i = 0; i < COUNT_OF(goldens); i++) {
		use(site);
		input.arch = goldens[i].arch;
		input.order_id = goldens[i].order_id;
		input.report = true;
		input.from_menu = config_menu_find(
			&config->brain, goldens[i].from_menu ? goldens[i].from_menu : "");
		if (goldens[i].any_machine)
			input.node = NULL;
		if (goldens[i].few_files) {
			world.files[0] = "memtest.efi";
			world.files[1] = "debian/linux";
			world.files[2] = "debian/initrd.gz";
		}
		assert_case(goldens[i].file, !make(goldens[i].loader, goldens[i].profile));
		compare_golden(goldens[i].file);
	}
}

static void passwords_are_in_no_text(void **state) {
	(void)state;
	input.from_menu = config_menu_find(&config->brain, "rack");
	assert_int_equal(make(RENDER_IPXE, "racks"), 0);
	assert_lacks("$6$");
	assert_has("menu=rack&item=7&target=windows&");
	input.http = NULL;
	assert_int_equal(make(RENDER_IPXE, "racks"), 0);
	assert_lacks("unlock");
	assert_has("windows (needs http:)");
	assert_int_equal(make(RENDER_PXELINUX, "racks"), 0);
	assert_lacks("$6$");
	assert_int_equal(make(RENDER_GRUB, "racks"), 0);
	assert_lacks("$6$");
}

static void an_opened_item_is_booted(void **state) {
	(void)state;
	input.from_menu = config_menu_find(&config->brain, "rack");
	input.opened = config_entry_find(input.from_menu, "windows");
	assert_int_equal(make(RENDER_IPXE, "racks"), 0);
	check_script();
	assert_has("set home m0\ngoto p4\n");
	assert_has(":p4\n");
	assert_lacks(":u0_7\n");
	input.opened = NULL;
	input.notice = "the password is wrong";
	assert_int_equal(make(RENDER_IPXE, "racks"), 0);
	assert_has("set notice the password is wrong\n");
	assert_has("set home m0\ngoto m0\n");
	assert_lacks("--timeout 20000"); // somebody is there
}

static void the_role_has_the_first_word(void **state) {
	(void)state;
	input.menu_default = "info";
	input.menu_timeout_s = 7;
	assert_int_equal(make(RENDER_IPXE, "racks"), 0);
	assert_has("choose --timeout 7000 --default info choice");
}

static void menus_of_rouse_offer_what_is_there(void **state) {
	(void)state;
	world.files[0] = "memtest.efi";
	assert_int_equal(make(RENDER_IPXE, "menu"), 0);
	assert_lacks("Install");
	assert_lacks("Rescue");
	assert_has("iseq ${machine} x86_64 && item --key m");
	assert_lacks("iseq ${machine} bios && item");
	input.arch = 0;
	assert_int_equal(make(RENDER_IPXE, "menu"), 0);
	assert_lacks("item --key m");
}

static void names_are_those_that_loaders_ask_for(void **state) {
	char names[RENDER_NAMES_MAX][RENDER_NAME_SIZE];

	(void)state;
	assert_int_equal(render_names(RENDER_IPXE, mac, names), 2);
	assert_string_equal(names[0], "boot.ipxe");
	assert_string_equal(names[1], "autoexec.ipxe");
	assert_int_equal(render_names(RENDER_PXELINUX, mac, names), 2);
	assert_string_equal(names[0], "pxelinux.cfg/default");
	assert_string_equal(names[1], "pxelinux.cfg/01-52-54-00-77-00-01");
	assert_int_equal(render_names(RENDER_PXELINUX, NULL, names), 1);
	assert_string_equal(names[0], "pxelinux.cfg/default");
	assert_int_equal(render_names(RENDER_PXELINUX_TIMEOUT, mac, names), 1);
	assert_string_equal(names[0], "pxelinux.cfg/rouse-timeout");
	assert_int_equal(render_names(RENDER_GRUB, mac, names), 2);
	assert_string_equal(names[1], "grub/grub.cfg-01-52-54-00-77-00-01");
	assert_int_equal(render_names(RENDER_GRUB, NULL, names), 1);
	assert_string_equal(names[0], "grub/grub.cfg");
}

static void what_a_machine_can_boot(void **state) {
	const struct config_brain *brain = &config->brain;

	(void)state;
	assert_false(render_can_boot(RENDER_IPXE, config_profile_find(brain, "tool"), 0));
	assert_true(render_can_boot(RENDER_IPXE, config_profile_find(brain, "tool"), 16));
	assert_false(render_can_boot(RENDER_GRUB, config_profile_find(brain, "own"), 7));
	assert_false(render_can_boot(RENDER_IPXE, config_profile_find(brain, "windows"), 11));
	assert_true(render_can_boot(RENDER_IPXE, config_profile_find(brain, "windows"), 0));
	assert_true(render_can_boot(RENDER_IPXE, config_profile_find(brain, "secure"), 7));
	assert_false(render_can_boot(RENDER_GRUB, config_profile_find(brain, "secure"), 7));
	assert_false(render_can_boot(RENDER_PXELINUX, config_profile_find(brain, "secure"), 0));
}

static void rendering_is_fast(void **state) {
	struct timespec from, to;
	double seconds;

	(void)state;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(make(RENDER_IPXE, "web"), 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	print_message("10,000 scripts in %.3f s\n", seconds);
	assert_true(seconds < 10); // 1 s on an idle machine, without a sanitizer
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_missing_variable_is_named, setup),
		cmocka_unit_test_setup(a_variable_cannot_begin_a_line, setup),
		cmocka_unit_test_setup(a_server_without_http_cannot_fetch_by_it, setup),
		cmocka_unit_test_setup(a_broken_item_leaves_the_menu_whole, setup),
		cmocka_unit_test_setup(every_label_is_there_once, setup),
		cmocka_unit_test_setup(a_menu_of_a_thousand_profiles, setup),
		cmocka_unit_test(what_is_too_long_is_refused),
		cmocka_unit_test_setup(texts_are_as_they_were, setup),
		cmocka_unit_test_setup(passwords_are_in_no_text, setup),
		cmocka_unit_test_setup(an_opened_item_is_booted, setup),
		cmocka_unit_test_setup(the_role_has_the_first_word, setup),
		cmocka_unit_test_setup(menus_of_rouse_offer_what_is_there, setup),
		cmocka_unit_test_setup(names_are_those_that_loaders_ask_for, setup),
		cmocka_unit_test_setup(what_a_machine_can_boot, setup),
		cmocka_unit_test_setup(rendering_is_fast, setup),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
