// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The examples of docs/templates.md: each ```mustache block is rendered with the variables that the
// page gives, and is what the ```result or ```error block behind it says; ```plain is rendered for
// a carrier that is not private.

#include "unit.h"

#include <jansson.h>

#include "config_tree.h"
#include "template.h"

static struct arena arena;
static char *page;
static const struct vars_merged *vars;

struct block {
	char kind[16];
	const char *text;
	size_t len;
	size_t at; // in the page, of what follows it
};

// The next fenced block behind block->at; false at the end.
static bool next_block(struct block *block) {
	const char *fence = strstr(page + block->at, "\n```"), *text, *end;

	if (!fence)
		return false;
	text = strchr(fence + 4, '\n') + 1;
	end = strstr(text, "```\n");
	assert_non_null(end);
	snprintf(
		block->kind, sizeof(block->kind), "%.*s", (int)(text - 1 - (fence + 4)), fence + 4);
	block->text = text;
	block->len = (size_t)(end - text);
	block->at = (size_t)(end + 3 - page); // its line feed may begin the next one
	return true;
}

// The variables that Rouse gives: "| `node.name` | `n001` | ...".
static struct vars *read_table(void) {
	struct vars *builtin = vars_make(&arena);
	size_t rows = 0;

	for (const char *row = strstr(page, "\n| `"); row; row = strstr(row + 1, "\n| `"), rows++) {
		char map[32], name[32], value[128];
		const struct vars_value *found;

		assert_int_equal(
			sscanf(row, "\n| `%31[a-z].%31[a-z_]` | `%127[^`]`", map, name, value), 3);
		assert_case(map, vars_name_is_reserved(map, strlen(map)));
		found = vars_map_find(&builtin->map, map, strlen(map));
		vars_add(&arena,
			found ? (struct vars_value *)found
			      : vars_add(&arena, &builtin->map, map, VARS_MAP, NULL),
			name, VARS_TEXT, value);
	}
	assert_true(rows > 5);
	return builtin;
}

static struct vars *read_yaml(void) {
	static struct config_errors errors;
	struct block block = {.at = 0};
	const struct config_node *root;
	struct vars *site;

	assert_true(next_block(&block));
	assert_string_equal(block.kind, "yaml");
	root = config_tree_parse(&arena, block.text, block.len, &errors);
	assert_non_null(root);
	site = vars_read(&arena, config_tree_find(root, "vars"), "vars", &errors);
	assert_int_equal(errors.count, 0);
	return site;
}

static int read_page(void **state) {
	FILE *file = fopen(TEMPLATES_PAGE, "r");
	struct vars_layer layers[2] = {{.origin = VARS_BUILTIN}, {.origin = VARS_SITE}};
	size_t len;

	(void)state;
	assert_non_null(file);
	page = calloc(1, 65536);
	assert_non_null(page);
	len = fread(page, 1, 65535, file);
	assert_true(len > 0 && len < 65535);
	fclose(file);
	layers[0].vars = read_table();
	layers[1].vars = read_yaml();
	vars = vars_merge(&arena, layers, 2);
	return 0;
}

static int drop_page(void **state) {
	(void)state;
	free(page);
	arena_free(&arena);
	return 0;
}

static void check_result(const struct block *expected, const char *text) {
	if (strlen(text) != expected->len || memcmp(text, expected->text, expected->len) != 0)
		fail_msg("got:\n%s", text);
}

static void check_json(const char *text) {
	json_t *json = text[0] == '{' && text[1] == '\n' ? json_loads(text, 0, NULL) : json_null();

	assert_case(text, json);
	json_decref(json);
}

// Renders one example; next is the block behind it.
static void check_example(const struct block *block, const struct block *next) {
	const struct template_input input = {.name = "example",
		.text = block->text,
		.len = block->len,
		.vars = vars,
		.private_carrier = !strcmp(block->kind, "mustache")};
	struct template_output out;
	char line[TEMPLATE_ERROR_SIZE + 1];
	int rc = template_render(&input, &out);

	snprintf(line, sizeof(line), "%s\n", out.error);
	if (!strcmp(next->kind, "error"))
		check_result(next, line);
	else if (rc < 0)
		fail_msg("%s", out.error);
	else if (!strcmp(next->kind, "result"))
		check_result(next, out.text);
	else
		check_json(out.text);
	free(out.text);
}

static void examples_are_as_the_page_says(void **state) {
	struct block block = {.at = 0};
	size_t examples = 0;

	(void)state;
	while (next_block(&block)) {
		struct block next = block;

		if (strcmp(block.kind, "mustache") != 0 && strcmp(block.kind, "plain") != 0)
			continue;
		if (!next_block(&next))
			next.kind[0] = '\0';
		check_example(&block, &next);
		examples++;
	}
	assert_true(examples > 10);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_are_as_the_page_says),
	};

	return cmocka_run_group_tests(tests, read_page, drop_page);
}
