// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_tree.h"
#include "vars_json.h"

static struct arena arena;
static struct config_errors errors;

static int teardown(void **state) {
	(void)state;
	arena_free(&arena);
	return 0;
}

static struct vars *read_text(const char *text) {
	struct config_node *map;

	errors.count = 0;
	map = config_tree_parse(&arena, text, strlen(text), &errors);
	assert_non_null(map);
	return vars_read(&arena, map, "vars", &errors);
}

static void check_error(const char *name, uint32_t line, const char *sentence) {
	char text[400] = "";

	if (errors.count)
		config_error_print(&errors.list[0], "f", text, sizeof(text));
	if (errors.count != 1 || errors.list[0].line != line || !strstr(text, sentence))
		fail_msg("%s: %zu errors: %s", name, errors.count, text);
}

static void bad_variables_are_refused(void **state) {
	static const struct {
		const char *text;
		uint32_t line;
		const char *sentence;
	} cases[] = {
		{"a: 1\n1a: x", 2, "vars.1a: is no name for a variable"},
		{"a.b: x", 1, "vars.a.b: is no name"},
		{"\"\": x", 1, "vars.: is no name"},
		{"-a: x", 1, "is no name"},
		{"a b: x", 1, "is no name"},
		{"\xc3\xa4: x", 1, "is no name"},
		{"a:\n  b.c: x", 2, "vars.a.b.c: is no name"},
		{"node: x", 1, "vars.node: is a variable that Rouse gives itself"},
		{"server: {a: b}", 1, "Rouse gives itself"},
		{"template: x", 1, "Rouse gives itself"},
		{"callback: x", 1, "Rouse gives itself"},
		{"secret: x", 1, "vars.secret: marks the text of a variable as secret"},
		{"secret_file: /x", 1, "vars.secret_file: marks the text"},
		{"a:\n  secret: x\n  more: y", 2, "vars.a: secret: and secret_file: stand alone"},
		{"a: {secret: x, secret_file: /y}", 1, "stand alone"},
		{"a: {more: y, secret_file: /y}", 1, "stand alone"},
		{"a: {secret: [x]}", 1, "a secret is one text"},
		{"a: {secret: }", 1, "the secret is empty"},
		{"a: {secret: \"\"}", 1, "the secret is empty"},
		{"a: {secret_file: {x: y}}", 1, "a secret is one text"},
		{"a: {secret_file: x}", 1, "takes the absolute path"},
		{"a: {secret_file: \"\"}", 1, "takes the absolute path"},
		{"a:\n- b\n- {c: 1, 2: d}", 3, "vars.a[1].2: is no name"},
		{"a: [[[[[[[[b]]]]]]]]", 1, "is nested deeper than 8: flatten it"},
		{"a012345678901234567890123456789012345678901234567890123456789012: x", 0, NULL},
		{"a0123456789012345678901234567890123456789012345678901234567890123: x", 1,
			"at most 64"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_non_null(read_text(cases[i].text));
		if (cases[i].sentence)
			check_error(cases[i].text, cases[i].line, cases[i].sentence);
		else
			assert_int_equal(errors.count, 0);
	}
}

static void what_is_no_map_is_refused(void **state) {
	struct config_node *map;

	(void)state;
	errors.count = 0;
	map = config_tree_parse(&arena, "\nvars: x", 8, &errors);
	assert_int_equal(vars_read(&arena, map->first, "vars", &errors)->map.count, 0);
	check_error("x", 2, "vars: takes a map of names to values");
}

static void bounds_hold(void **state) {
	char *text = malloc(VARS_TEXT_MAX + 16);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', VARS_TEXT_MAX + 15);
	memcpy(text, "a: ", 3);
	text[VARS_TEXT_MAX + 3] = '\0';
	assert_int_equal(read_text(text)->map.first->len, VARS_TEXT_MAX);
	assert_int_equal(errors.count, 0);
	text[VARS_TEXT_MAX + 3] = 'x';
	text[VARS_TEXT_MAX + 4] = '\0';
	read_text(text);
	check_error("long", 1, "vars.a: is longer than 64 KiB");
	strcpy(text, "a: [");
	for (size_t i = 0; i < VARS_VALUES_MAX - 1; i++)
		strcpy(text + 4 + 2 * i, "x,");
	strcpy(text + 4 + 2 * (VARS_VALUES_MAX - 1), "]");
	assert_int_equal(read_text(text)->map.first->count, VARS_VALUES_MAX - 1);
	assert_int_equal(errors.count, 0);
	strcpy(text + 4 + 2 * (VARS_VALUES_MAX - 1), "x, y]");
	read_text(text);
	check_error("many", 1, "more than 4,096 values");
	free(text);
}

static void values_are_read(void **state) {
	static const char text[] = "a: x\n"
				   "b: [1, {c: y}]\n"
				   "d:\n"
				   "  secret: s\n"
				   "e: {}\n"
				   "_F-1: \"two\\nlines\"\n"
				   "g: {node: inner}\n"
				   "h: {secret_file: /run/h}\n";
	const struct vars *vars = read_text(text);
	const struct vars_value *b = vars_map_find(&vars->map, "b", 1);
	const struct vars_value *d = vars_map_find(&vars->map, "dx", 1);

	(void)state;
	assert_int_equal(errors.count, 0);
	assert_int_equal(vars->map.count, 7);
	assert_int_equal(vars->map.first->line, 1);
	assert_string_equal(vars_map_find(&b->first->next[0], "c", 1)->text, "y");
	assert_string_equal(d->text, "s");
	assert_true(d->secret && d->kind == VARS_TEXT);
	assert_null(vars_map_find(&vars->map, "h", 1)->text);
	assert_string_equal(vars_map_find(&vars->map, "h", 1)->secret_file, "/run/h");
	assert_null(vars_map_find(&vars->map, "_F", 2));
}

static void later_layers_replace(void **state) {
	struct vars_layer layers[] = {
		{VARS_BUILTIN, NULL},
		{VARS_SITE, read_text("z: site\na: {x: 1, y: 2}\nm: site")},
		{VARS_ROLE, read_text("\nm: role\na: {x: 3}")},
		{VARS_HOST, read_text("b: host\n\nm: host")},
	};
	const struct vars_merged *merged = vars_merge(&arena, layers, COUNT_OF(layers));
	static const struct {
		const char *name;
		enum vars_origin origin;
		uint32_t line;
	} expected[] = {
		{"a", VARS_ROLE, 3}, {"b", VARS_HOST, 1}, {"m", VARS_HOST, 3}, {"z", VARS_SITE, 1}};

	(void)state;
	assert_int_equal(merged->count, COUNT_OF(expected));
	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		assert_string_equal(merged->entries[i].name, expected[i].name);
		assert_int_equal(merged->entries[i].origin, expected[i].origin);
		assert_int_equal(merged->entries[i].line, expected[i].line);
		assert_ptr_equal(vars_find(merged, expected[i].name, 1), &merged->entries[i]);
	}
	assert_int_equal(merged->entries[0].value->count, 1); // not merged deeply
	assert_null(vars_find(merged, "c", 1));
	assert_null(vars_find(merged, "aa", 2));
	assert_null(vars_find(merged, "", 0));
	assert_int_equal(vars_merge(&arena, NULL, 0)->count, 0);
}

static void note(void *context, const struct vars_entry *before, const struct vars_entry *after) {
	char *told = context;

	sprintf(told + strlen(told), "%c%s ",
		!before  ? '+'
		: !after ? '-'
			 : '~',
		before ? before->name : after->name);
}

static void differences_are_told_by_name(void **state) {
	static const struct {
		const char *before;
		const char *after;
		const char *told;
	} cases[] = {
		{"{}", "{}", ""},
		{"{}", "b: 1\na: 1", "+a +b "},
		{"b: 1\na: 1", "{}", "-a -b "},
		{"a: 1\nb: 2\nc: 3", "\n\nb: 2\nc: 4\nd: 5", "-a ~c +d "},
		{"a: [1, 2]", "a: [2, 1]", "~a "},
		{"a: [1, 2]", "a: [1]", "~a "},
		{"a: [1]", "a: 1", "~a "},
		{"a: {x: 1, y: 2}", "a: {y: 2, x: 1}", ""},
		{"a: {x: 1, y: 2}", "a: {y: 2, z: 1}", "~a "},
		{"a: {x: 1, y: 2}", "a: {y: 2, x: 2}", "~a "},
		{"a: x", "a: {secret: x}", "~a "},
		{"a: {secret: x}", "a: {secret: x}", ""},
		{"a: {secret_file: /x}", "a: {secret_file: /x}", ""},
		{"a: {secret_file: /x}", "a: {secret_file: /y}", "~a "},
		{"a: {secret_file: /x}", "a: {secret: y}", "~a "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct vars_layer before = {VARS_SITE, read_text(cases[i].before)};
		struct vars_layer after = {VARS_HOST, read_text(cases[i].after)};
		char told[64] = "";

		vars_compare(
			vars_merge(&arena, &before, 1), vars_merge(&arena, &after, 1), note, told);
		if (strcmp(told, cases[i].told) != 0)
			fail_msg("%s -> %s: %s", cases[i].before, cases[i].after, told);
	}
}

static void check_json(const struct vars *vars, bool reveal, const char *expected) {
	json_t *json = vars_json(vars, reveal);
	char *text = json_dumps(json, JSON_COMPACT);

	assert_string_equal(text, expected);
	free(text);
	json_decref(json);
}

static void json_reveals_no_secret_unasked(void **state) {
	const struct vars *vars =
		read_text("b: x\na: [1, {s: {secret: hunter2}}, {}]\nf: {secret_file: /etc/key}");

	(void)state;
	check_json(vars, false,
		"{\"b\":\"x\",\"a\":[\"1\",{\"s\":{\"secret\":true}},{}],\"f\":{\"secret\":true}}");
	check_json(vars, true,
		"{\"b\":\"x\",\"a\":[\"1\",{\"s\":{\"secret\":\"hunter2\"}},{}],"
		"\"f\":{\"secret\":true}}");
}

static struct vars *read_json(const char *text) {
	json_t *json = json_loads(text, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
	struct vars *vars;

	assert_non_null(json);
	errors.count = 0;
	vars = vars_from_json(&arena, json, "vars", &errors);
	json_decref(json);
	return vars;
}

static void bad_json_is_refused(void **state) {
	static const struct {
		const char *text;
		const char *sentence;
	} cases[] = {
		{"[]", "vars: takes an object of names to values"},
		{"1", "takes an object"},
		{"{\"a\": null}", "vars.a: takes a text, a whole number"},
		{"{\"a\": 1.5}", "vars.a: takes a text, a whole number"},
		{"{\"a\": [1, null]}", "vars.a[1]: takes a text"},
		{"{\"a\": \"x\\u0000y\"}", "must not contain a NUL byte"},
		{"{\"a b\": 1}", "vars.a b: is no name"},
		{"{\"node\": 1}", "Rouse gives itself"},
		{"{\"a\": {\"secret\": true}}", "vars.a: is a secret"},
		{"{\"a\": {\"secret\": \"x\"}}", "vars.a: is a secret"},
		{"{\"a\": [{\"secret_file\": \"/x\"}]}", "vars.a[0]: is a secret"},
		{"{\"a\": [[[[[[[[1]]]]]]]]}", "is nested deeper than 8"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		read_json(cases[i].text);
		check_error(cases[i].text, 0, cases[i].sentence);
	}
}

static void json_bounds_hold(void **state) {
	json_t *object = json_object(), *list = json_array();
	char *text = calloc(1, VARS_TEXT_MAX + 2);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', VARS_TEXT_MAX + 1);
	json_object_set_new(object, "long", json_string(text));
	errors.count = 0;
	vars_from_json(&arena, object, "vars", &errors);
	check_error("long", 0, "vars.long: is longer than 64 KiB");
	json_object_del(object, "long");
	for (size_t i = 0; i < VARS_VALUES_MAX + 5; i++)
		json_array_append_new(list, json_true());
	json_object_set_new(object, "many", list);
	errors.count = 0;
	vars_from_json(&arena, object, "vars", &errors);
	check_error("many", 0, "vars.many: more than 4,096 values");
	json_decref(object);
	free(text);
}

static void json_is_read(void **state) {
	(void)state;
	check_json(
		read_json("{\"b\": 1, \"a\": [true, false, \"x\"], \"c\": {\"d\": -5, \"e\": {}}}"),
		false,
		"{\"b\":\"1\",\"a\":[\"true\",\"false\",\"x\"],\"c\":{\"d\":\"-5\",\"e\":{}}}");
	assert_int_equal(errors.count, 0);
}

static void write_file(const char *path, const void *data, size_t len, mode_t mode) {
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static struct vars *load(const char *path) {
	char text[128];
	struct vars *vars;

	snprintf(text, sizeof(text), "a:\n- x\n- {secret_file: %s}", path);
	vars = read_text(text);
	assert_int_equal(errors.count, 0);
	vars_load_secrets(&arena, vars, "vars", &errors);
	return vars;
}

static void check_load(const char *path, const char *expected) {
	const struct vars_value *value = load(path)->map.first->last;

	assert_int_equal(errors.count, 0);
	assert_true(value->secret);
	assert_string_equal(value->text, expected);
	assert_int_equal(value->len, strlen(expected));
}

static void check_load_fails(const char *path, const char *sentence) {
	const struct vars_value *value = load(path)->map.first->last;

	check_error(path, 3, sentence);
	assert_null(value->text);
}

static void secret_files_are_read(void **state) {
	char directory[] = "/tmp/vars_test.XXXXXX", path[64];
	char *large = calloc(1, VARS_TEXT_MAX + 2);

	(void)state;
	assert_non_null(mkdtemp(directory));
	assert_non_null(large);
	snprintf(path, sizeof(path), "%s/secret", directory);
	check_load_fails(path, "cannot be read: No such file");
	check_load_fails(directory, "is not a regular file");
	write_file(path, "x", 1, 0644);
	check_load_fails(path, "vars.a[1]: secret_file /tmp/vars_test.");
	check_load_fails(path, "/secret is open to others: chmod 640 it");
	write_file(path, "x\0y", 3, 0640);
	check_load_fails(path, "is not UTF-8 text");
	write_file(path, "x\xff", 2, 0640);
	check_load_fails(path, "is not UTF-8 text");
	memset(large, 'x', VARS_TEXT_MAX + 1);
	write_file(path, large, VARS_TEXT_MAX + 1, 0600);
	check_load_fails(path, "is larger than 64 KiB");
	large[VARS_TEXT_MAX] = '\0';
	write_file(path, large, VARS_TEXT_MAX, 0600);
	check_load(path, large);
	write_file(path, "pass word\n\n", 11, 0640);
	check_load(path, "pass word\n");
	write_file(path, "", 0, 0600);
	check_load_fails(path, "is empty");
	write_file(path, "\n", 1, 0600);
	check_load_fails(path, "is empty");
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	check_load_fails(path, "is not a regular file");
	unlink(path);
	rmdir(directory);
	free(large);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_variables_are_refused),
		cmocka_unit_test(what_is_no_map_is_refused),
		cmocka_unit_test(bounds_hold),
		cmocka_unit_test(values_are_read),
		cmocka_unit_test(later_layers_replace),
		cmocka_unit_test(differences_are_told_by_name),
		cmocka_unit_test(json_reveals_no_secret_unasked),
		cmocka_unit_test(bad_json_is_refused),
		cmocka_unit_test(json_bounds_hold),
		cmocka_unit_test(json_is_read),
		cmocka_unit_test(secret_files_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
