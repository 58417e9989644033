// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The template scanner and renderer: any text gives a text or an error, never both or neither, no
// bound is exceeded, and what a carrier that is not private gets has no secret.

#include <errno.h>

#include "config_tree.h"
#include "fuzz.h"
#include "template.h"

#define SECRET "0cTtErlY-h1dDeN"

static const char site[] =
	"name: n001\nno: \"false\"\nnone: \"\"\ndns: [10.0.0.1, 10.0.0.2]\nlists: [[a, b], [c], "
	"[]]\n"
	"disk: {device: sda, parts: [{name: a, size: 1}, {name: b}]}\nbraces: \"{{name}}\\n\"\n"
	"password: {secret: " SECRET "}\nkeys: [{secret: " SECRET "}]\nlost: {secret_file: /x}\n";

static struct arena arena;

static const struct vars_merged *make_vars(void) {
	static struct config_errors errors;
	struct vars_layer layer = {.origin = VARS_SITE};

	layer.vars = vars_read(
		&arena, config_tree_parse(&arena, site, strlen(site), &errors), "vars", &errors);
	FUZZ_ASSERT(!errors.count);
	return vars_merge(&arena, &layer, 1);
}

// The template includes itself by another name, or a line.
static int load(void *context, const char *name, struct arena *to, const char **text, size_t *len) {
	const struct template_input *input = context;

	(void)to;
	if (!strcmp(name, "none"))
		return -ENOENT;
	*text = name[0] == 'l' ? "a\n{{name}}" : input->text;
	*len = name[0] == 'l' ? strlen(*text) : input->len;
	return 0;
}

static void count(void *context, const struct template_tag *tag) {
	FUZZ_ASSERT(tag->line && tag->kind != TEMPLATE_TEXT);
	++*(size_t *)context;
}

static void render(const struct template_input *input, int checked) {
	struct template_output out;
	int rc = template_render(input, &out);

	FUZZ_ASSERT(!out.text == (rc != 0) && !out.error[0] == (rc == 0));
	FUZZ_ASSERT(checked == 0 || rc == checked);
	if (rc == 0) {
		FUZZ_ASSERT(out.len <= TEMPLATE_OUTPUT_MAX && !out.text[out.len]);
		if (!input->private_carrier &&
			!memmem(input->text, input->len, SECRET, strlen(SECRET)))
			FUZZ_ASSERT(!memmem(out.text, out.len, SECRET, strlen(SECRET)));
	}
	free(out.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static const struct vars_merged *vars;
	uint8_t *text = fuzz_exact(data, size);
	struct template_input input = {
		.name = "t", .text = (const char *)text, .len = size, .load = load};
	char error[TEMPLATE_ERROR_SIZE] = "";
	size_t tags = 0;
	int checked;

	if (!vars)
		vars = make_vars();
	input.vars = vars;
	input.load_context = &input;
	checked = template_check(&input, count, &tags, error);
	FUZZ_ASSERT(!error[0] == (checked == 0) && tags <= TEMPLATE_PIECES_MAX);
	render(&input, checked);
	input.private_carrier = true;
	render(&input, checked);
	free(text);
	return 0;
}
