// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "unit.h"

#include <errno.h>
#include <time.h>

#include "config_tree.h"
#include "template.h"

static struct arena arena;
static const struct vars_merged *vars;

// What the cases below render with.
static const char site[] = "proxy: \"\"\n"
			   "name: n001\n"
			   "yes: \"true\"\n"
			   "no: \"false\"\n"
			   "zero: 0\n"
			   "html: <a & \"b\">\n"
			   "braces: \"{{name}}\"\n"
			   "root_password: {secret: hunter2}\n"
			   "lost: {secret_file: /nonexistent/secret}\n"
			   "empty: []\n"
			   "nothing: {}\n"
			   "dns: [10.0.0.1, 10.0.0.2]\n"
			   "keys: [{secret: k1}]\n"
			   "disk: {device: sda, parts: [{name: a, size: 1}, {name: b, size: 2}]}\n"
			   "lists: [[a, b], [c]]\n";

static int setup(void **state) {
	static struct config_errors errors;
	static struct vars_layer layers[2] = {{.origin = VARS_BUILTIN}, {.origin = VARS_SITE}};
	struct vars *builtin = vars_make(&arena);
	struct vars_value *node = vars_add(&arena, &builtin->map, "node", VARS_MAP, NULL);

	(void)state;
	vars_add(&arena, node, "mac", VARS_TEXT, "52:54:00:77:00:01");
	layers[0].vars = builtin;
	layers[1].vars = vars_read(
		&arena, config_tree_parse(&arena, site, strlen(site), &errors), "vars", &errors);
	assert_int_equal(errors.count, 0);
	vars = vars_merge(&arena, layers, 2);
	return 0;
}

static int teardown(void **state) {
	(void)state;
	arena_free(&arena);
	return 0;
}

// Other templates: each includes itself, the next one, or nothing.
static int load(void *context, const char *name, struct arena *to, const char **text, size_t *len) {
	static const struct {
		const char *name;
		const char *text;
	} others[] = {
		{"plain", "one\ntwo {{name}}\n"},
		{"lines", "a\nb"},
		{"self", "{{> self}}"},
		{"there", "{{> back}}"},
		{"back", "\n{{> there}}"},
		{"missing", "\n\n{{absent}}"},
		{"unclosed", "\n{{#name}}"},
		{"sub/dir.cfg", "below"},
	};
	char deeper[16];

	(void)context;
	if (!strcmp(name, "large")) {
		*len = TEMPLATE_INPUT_MAX - 100;
		*text = memset(arena_alloc(to, *len), 'x', *len);
		return 0;
	}
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		if (strcmp(name, others[i].name) != 0)
			continue;
		*text = others[i].text;
		*len = strlen(others[i].text);
		return 0;
	}
	if (name[0] != 'd')
		return -ENOENT;
	snprintf(deeper, sizeof(deeper), "{{> d%d}}", atoi(name + 1) + 1);
	*text = arena_text(to, deeper, strlen(deeper));
	*len = strlen(deeper);
	return 0;
}

static int render(const char *text, size_t len, bool private_carrier, struct template_output *out) {
	uint8_t *exact = unit_exact(text, len);
	const struct template_input input = {.name = "preseed.cfg",
		.text = (const char *)exact,
		.len = len,
		.vars = vars,
		.private_carrier = private_carrier,
		.load = load};
	int rc = template_render(&input, out);

	free(exact);
	return rc;
}

static void bad_templates_are_refused_with_their_line(void **state) {
	static const struct {
		const char *text;
		int rc;
		const char *error;
	} cases[] = {
		{"{{", -EINVAL, "preseed.cfg:1: {{ is not closed by }}"},
		{"a\n{{name", -EINVAL, "preseed.cfg:2: {{ is not closed by }}"},
		{"{{name}", -EINVAL, "preseed.cfg:1: {{ is not closed by }}"},
		{"{{{name}}", -EINVAL, "preseed.cfg:1: {{ is not closed by }}}"},
		{"{{=<% %>}}", -EINVAL, "preseed.cfg:1: {{ is not closed by =}}"},
		{"{{=}}", -EINVAL, "preseed.cfg:1: {{ is not closed by =}}"},
		{"{{==}}", -EINVAL, "preseed.cfg:1: {{= =}} takes two new delimiters"},
		{"{{=a=}}", -EINVAL, "{{= =}} takes two new delimiters"},
		{"{{=a b c=}}", -EINVAL, "{{= =}} takes two new delimiters"},
		{"{{=a =b=}}", -EINVAL, "{{= =}} takes two new delimiters"},
		{"{{=123456789 b=}}", -EINVAL, "at most 8 characters"},
		{"{{=<% %>=}}\n<%name", -EINVAL, "preseed.cfg:2: <% is not closed by %>"},
		{"{{}}", -EINVAL, "preseed.cfg:1: \"\" is not a name"},
		{"{{a b}}", -EINVAL, "\"a b\" is not a name: letters, digits"},
		{"{{a..b}}", -EINVAL, "\"a..b\" is not a name"},
		{"{{.a}}", -EINVAL, "\".a\" is not a name"},
		{"{{a.}}", -EINVAL, "\"a.\" is not a name"},
		{"{{#}}{{/}}", -EINVAL, "\"\" is not a name"},
		{"{{a\x01}}", -EINVAL, "\"a\\x01\" is not a name"},
		{"{{> ../x}}", -EINVAL, "\"../x\" is not a name"},
		{"{{> /x}}", -EINVAL, "\"/x\" is not a name"},
		{"{{> .x}}", -EINVAL, "\".x\" is not a name"},
		{"{{> a/.x}}", -EINVAL, "\"a/.x\" is not a name"},
		{"a\n{{/name}}", -EINVAL, "preseed.cfg:2: {{/name}} closes what is not open"},
		{"a\n\n{{#name}}\nb", -EINVAL, "preseed.cfg:3: {{#name}} is never closed"},
		{"{{#a}}\n{{#b}}\n{{/a}}{{/b}}", -EINVAL,
			"preseed.cfg:3: {{/a}} comes before the end of {{#b}} of line 2"},
		{"a\n{{> absent}}", -ENOENT,
			"preseed.cfg:2: {{> absent}} cannot be read: No such file"},
		{"{{> self}}", -EINVAL, "self:1: {{> self}} includes itself"},
		{"{{> there}}", -EINVAL, "back:2: {{> there}} includes itself"},
		{"{{> preseed.cfg}}", -EINVAL, "preseed.cfg:1: {{> preseed.cfg}} includes itself"},
		{"{{> d1}}", -EFBIG, "d8:1: {{> d9}} is included deeper than 8"},
		{"{{> unclosed}}", -EINVAL, "unclosed:2: {{#name}} is never closed"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct template_output out;
		int rc = render(cases[i].text, strlen(cases[i].text), true, &out);

		if (rc != cases[i].rc || !strstr(out.error, cases[i].error) || out.text)
			fail_msg("%s: %d, %s", cases[i].text, rc, out.error);
	}
}

static void what_is_missing_is_named(void **state) {
	static const struct {
		const char *text;
		int rc;
		const char *error;
	} cases[] = {
		{"a\n{{absent}}", -ENOENT,
			"preseed.cfg:2: {{absent}} is not set: give it in vars:, the role or the "
			"host"},
		{"{{{absent}}}", -ENOENT, "preseed.cfg:1: {{absent}} is not set"},
		{"{{&absent}}", -ENOENT, "preseed.cfg:1: {{absent}} is not set"},
		{"{{name.x}}", -ENOENT, "{{name.x}} is not set"},
		{"{{disk.absent}}", -ENOENT, "{{disk.absent}} is not set"},
		// The first word decides: disk of the top has device, the innermost one counts
		{"{{#disk.parts}}\n{{name.device}}{{/disk.parts}}", -ENOENT,
			"preseed.cfg:2: {{name.device}} is not set"},
		{"{{device}}", -ENOENT, "{{device}} is not set"},
		{"{{node.asset}}", -ENOENT,
			"{{node.asset}} is not known here: ask for it by {{#node.asset}} first"},
		{"{{dns}}", -EINVAL, "{{dns}} is a list: walk over it by {{#dns}}"},
		{"{{disk}}", -EINVAL, "{{disk}} is a map: walk over it by {{#disk}}"},
		{"{{.}}", -EINVAL, "{{.}} stands in no section"},
		{"{{#disk}}{{.}}{{/disk}}", -EINVAL, "{{.}} is a map"},
		{"{{> missing}}", -ENOENT, "missing:3: {{absent}} is not set"},
		{"a\n{{root_password}}", -EPERM,
			"preseed.cfg:2: {{root_password}} is secret, and plain HTTP and TFTP carry "
			"nothing secret: serve it by HTTPS"},
		{"{{#keys}}{{.}}{{/keys}}", -EPERM, "{{.}} is secret"},
		{"{{#root_password}}{{.}}{{/root_password}}", -EPERM, "{{.}} is secret"},
		{"{{lost}}", -EPERM, "{{lost}} is secret"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct template_output out;
		int rc = render(cases[i].text, strlen(cases[i].text), false, &out);

		if (rc != cases[i].rc || !strstr(out.error, cases[i].error) || out.text)
			fail_msg("%s: %d, %s", cases[i].text, rc, out.error);
	}
}

static void good_templates_are_rendered(void **state) {
	static const struct {
		const char *text;
		const char *expected;
	} cases[] = {
		{"", ""},
		{"plain\r\ntext\n", "plain\r\ntext\n"},
		{"{ {name} }", "{ {name} }"},
		{"{{name}} {{ name }} {{{name}}} {{&name}} {{{ name }}}",
			"n001 n001 n001 n001 n001"},
		{"{{html}}", "<a & \"b\">"},
		{"{{braces}}", "{{name}}"}, // no second rendering
		{"{{proxy}}|", "|"},
		{"{{node.mac}}", "52:54:00:77:00:01"},
		{"{{disk.device}}", "sda"},
		{"{{#disk}}{{device}} {{name}}{{/disk}}", "sda n001"},
		{"{{#dns}}[{{.}}]{{/dns}}", "[10.0.0.1][10.0.0.2]"},
		{"{{#disk.parts}}{{name}}={{size}},{{/disk.parts}}", "a=1,b=2,"},
		{"{{#lists}}({{#.}}{{.}}{{/.}}){{/lists}}", "(ab)(c)"},
		{"{{#name}}{{.}}{{/name}}", "n001"},
		// Presence and truth
		{"{{#absent}}x{{/absent}}{{^absent}}y{{/absent}}", "y"},
		{"{{#a.b}}x{{/a.b}}{{^a.b}}y{{/a.b}}", "y"},
		{"{{#yes}}x{{/yes}}{{^yes}}y{{/yes}}", "x"},
		{"{{#no}}x{{/no}}{{^no}}y{{/no}}", "y"},
		{"{{#zero}}x{{/zero}}{{^zero}}y{{/zero}}", "x"},
		{"{{#proxy}}x{{/proxy}}{{^proxy}}y{{/proxy}}", "y"},
		{"{{#empty}}x{{/empty}}{{^empty}}y{{/empty}}", "y"},
		{"{{#nothing}}x{{/nothing}}{{^nothing}}y{{/nothing}}", "y"},
		{"{{#dns}}x{{/dns}}{{^dns}}y{{/dns}}", "xx"},
		{"{{#root_password}}x{{/root_password}}{{^root_password}}y{{/root_password}}", "x"},
		{"{{#lost}}x{{/lost}}", "x"},
		{"{{#absent}}{{name.x}}{{/absent}}", ""}, // not asked for
		// Lines of tags alone are left out
		{"a\n{{! comment\nof two lines }}\nb", "a\nb"},
		{"a\n  {{#yes}}  \nb\n{{/yes}}\nc", "a\nb\nc"},
		{"a\r\n{{#no}}\r\nb\r\n{{/no}}\r\nc", "a\r\nc"},
		{"{{#no}}\nb\n{{/no}}", ""},
		{"a {{! inside }} b\n", "a  b\n"},
		{"{{#yes}} {{/yes}}\nb", " \nb"},
		{"  {{name}}  \n", "  n001  \n"},
		{"\n\n{{#dns}}\n- {{.}}\n{{/dns}}\n\n", "\n\n- 10.0.0.1\n- 10.0.0.2\n\n"},
		// Delimiters
		{"{{=<% %>=}}\n<%name%> {{name}} <%={{ }}=%>{{name}}", "n001 {{name}} n001"},
		{"{{= | | =}}|name|", "n001"},
		{"{{=[ ]=}}[#yes]{[name]}[/yes]", "{n001}"},
		// Others
		{"a\n{{> plain}}\nb", "a\none\ntwo n001\nb"},
		{"a\n  {{> plain}}\nb", "a\n  one\n  two n001\nb"},
		{"  {{> lines}}\n|", "  a\n  b|"},
		{"- {{> lines}}-\n", "- a\nb-\n"},
		{"{{> sub/dir.cfg}}", "below"},
		{"{{#dns}}{{> lines}}{{/dns}}", "a\nba\nb"},
		{"{{=<% %>=}}<%> plain%>", "one\ntwo n001\n"},
		{"{{#no}}{{> missing}}{{/no}}", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct template_output out;
		int rc = render(cases[i].text, strlen(cases[i].text), false, &out);

		if (rc < 0 || strcmp(out.text, cases[i].expected) != 0 ||
			out.len != strlen(cases[i].expected))
			fail_msg("%s: %d, %s, got: %s", cases[i].text, rc, out.error, out.text);
		free(out.text);
	}
}

static void a_private_carrier_carries_secrets(void **state) {
	static const char text[] = "{{root_password}} {{#keys}}{{.}}{{/keys}}";
	struct template_output out;

	(void)state;
	assert_int_equal(render(text, strlen(text), true, &out), 0);
	assert_string_equal(out.text, "hunter2 k1");
	free(out.text);
	assert_int_equal(render("\n{{lost}}", 9, true, &out), -ENOENT);
	assert_string_equal(
		out.error, "preseed.cfg:2: {{lost}} is not set: its secret_file could not be read");
}

static void bytes_pass_unchanged(void **state) {
	static const char text[] = "\0\xff{{name}}\x80\0";
	struct template_output out;

	(void)state;
	assert_int_equal(render(text, sizeof(text) - 1, false, &out), 0);
	assert_int_equal(out.len, 8);
	assert_memory_equal(out.text, "\0\xffn001\x80\0", 8);
	free(out.text);
}

// count times the same text, then another.
static char *repeated(const char *text, size_t count, const char *last) {
	size_t len = strlen(text);
	char *out = malloc(len * count + strlen(last) + 1);

	assert_non_null(out);
	for (size_t i = 0; i < count; i++)
		memcpy(out + i * len, text, len);
	strcpy(out + len * count, last);
	return out;
}

static void bounds_hold(void **state) {
	static const struct {
		const char *text;
		size_t count;
		const char *last;
		const char *error; // NULL: it fits
	} cases[] = {
		{"a", TEMPLATE_INPUT_MAX, "", NULL},
		{"a", TEMPLATE_INPUT_MAX, "b", "preseed.cfg:1: it is larger than 1024 KiB"},
		{"a", TEMPLATE_INPUT_MAX - 13, "{{> lines}}", "with what it includes it is larger"},
		{"a{{no}}", TEMPLATE_PIECES_MAX / 2, "", NULL},
		{"a\n{{no}}", TEMPLATE_PIECES_MAX / 2, "b",
			":32769: more than 65536 tags and texts"},
		{"{{#yes}}", TEMPLATE_SECTIONS_DEPTH + 1, "", "sections are nested deeper than 32"},
		{"{{#absent}}", TEMPLATE_SECTIONS_DEPTH, "", "is never closed"},
		// 2 to the 20th times nothing
		{"{{#dns}}", 20,
			"{{/dns}}{{/dns}}{{/dns}}{{/dns}}{{/dns}}{{/dns}}{{/dns}}{{/dns}}{{/dns}}"
			"{{/dns}}{{/dns}}{{/dns}}{{/dns}}{{/dns}}{{/dns}}{{/dns}}{{/dns}}{{/dns}}"
			"{{/dns}}{{/dns}}",
			"more than 262144 steps"},
		{"{{#dns}}{{#dns}}{{#dns}}", 1, "{{> large}}{{/dns}}{{/dns}}{{/dns}}",
			"becomes larger than 4 MiB"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *text = repeated(cases[i].text, cases[i].count, cases[i].last);
		struct template_output out;
		int rc = render(text, strlen(text), false, &out);

		if (cases[i].error ? !rc || !strstr(out.error, cases[i].error) : rc != 0)
			fail_msg("case %zu: %d, %s", i, rc, out.error);
		free(out.text);
		free(text);
	}
}

struct told {
	char text[512];
};

static void tell(void *context, const struct template_tag *tag) {
	struct told *told = context;
	size_t used = strlen(told->text);

	snprintf(told->text + used, sizeof(told->text) - used, "%s:%u %d %.*s;", tag->template_name,
		tag->line, (int)tag->kind, (int)tag->len, tag->name);
}

static void a_check_tells_all_tags(void **state) {
	static const char text[] = "{{a}}\n{{#b}}\n\n{{^c.d}}{{/c.d}}\n{{/b}}{{> plain}}\n{{! e }}";
	struct template_input input = {
		.name = "t", .text = text, .len = strlen(text), .load = load};
	struct told told = {{0}};
	char error[TEMPLATE_ERROR_SIZE];

	(void)state;
	assert_int_equal(template_check(&input, tell, &told, error), 0);
	assert_string_equal(told.text, "t:1 1 a;t:2 2 b;t:4 3 c.d;t:4 4 c.d;t:5 4 b;t:5 5 plain;"
				       "plain:2 1 name;t:6 6 e;");
	input.text = "\n{{#b}}";
	input.len = strlen(input.text);
	assert_int_equal(template_check(&input, tell, &told, error), -EINVAL);
	assert_string_equal(error, "t:2: {{#b}} is never closed: {{/b}} is missing");
}

static uint64_t now_us(void) {
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

// A command line is rendered at each boot of each machine.
static void short_texts_are_rendered_fast(void **state) {
	static const char text[] =
		"console=ttyS0,115200n8 hostname={{name}} BOOTIF={{node.mac}} "
		"root=/dev/{{disk.device}} "
		"{{#dns}}nameserver={{.}} {{/dns}}{{#proxy}}proxy={{.}}{{/proxy}} ro quiet splash "
		"net.ifnames=0 loglevel=3";
	uint64_t start = now_us(), took_us;

	(void)state;
	for (size_t i = 0; i < 10000; i++) {
		struct template_output out;

		assert_int_equal(render(text, strlen(text), false, &out), 0);
		free(out.text);
	}
	took_us = now_us() - start;
	print_message("10000 renderings of %zu bytes: %llu us\n", strlen(text),
		(unsigned long long)took_us);
	assert_true(took_us < 10000000); // what a sanitizer's build needs, too
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_templates_are_refused_with_their_line),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(good_templates_are_rendered),
		cmocka_unit_test(a_private_carrier_carries_secrets),
		cmocka_unit_test(bytes_pass_unchanged),
		cmocka_unit_test(bounds_hold),
		cmocka_unit_test(a_check_tells_all_tags),
		cmocka_unit_test(short_texts_are_rendered_fast),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
