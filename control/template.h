// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Mustache templates: text with {{name}} and sections, rendered with a node's variables. Nothing is
// escaped; what is not set is an error, which names template, line and variable. No I/O of its
// own and no state: any thread may render.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "template_scan.h"
#include "vars.h"

#define TEMPLATE_OUTPUT_MAX     (4u << 20)
#define TEMPLATE_PARTIALS_DEPTH 8u
#define TEMPLATE_STEPS_MAX      262144u // tags and texts passed in one rendering

// Gets the text of another template, for {{> name}}, from the arena. 0 or -errno. The name holds
// letters, digits, dots, dashes and slashes; no part of it begins with a dot.
typedef int template_load_fn(
	void *context, const char *name, struct arena *arena, const char **text, size_t *len);

struct template_input {
	const char *name; // for errors
	const char *text;
	size_t len;
	const struct vars_merged *vars;
	bool private_carrier;   // HTTPS: secrets may be in the output
	template_load_fn *load; // NULL: there are no others
	void *load_context;
};

struct template_output {
	char *text; // malloc; NUL-terminated behind len
	size_t len;
	char error[TEMPLATE_ERROR_SIZE]; // "preseed.cfg:12: {{root_password}} is not set: ..."
};

// Renders. 0; or, with output->error filled and no text: -EINVAL the template is wrong, or a name
// stands for what cannot be a text; -ENOENT a variable or another template is missing; -EPERM a
// secret in a carrier that is not private; -EFBIG a bound is exceeded; -ENOMEM; what load returned.
int template_render(const struct template_input *input, struct template_output *output);

struct template_tag {
	const char *template_name; // of the template that it stands in
	uint32_t line;
	enum template_kind kind; // never TEMPLATE_TEXT
	const char *name;        // not NUL-terminated
	size_t len;
};

// Finds what is wrong whatever the variables are, and tells all variables and sections, those of
// included templates too. input->vars is not used. Returns as template_render does.
int template_check(const struct template_input *input,
	void (*tell)(void *context, const struct template_tag *tag), void *context,
	char error[TEMPLATE_ERROR_SIZE]);
