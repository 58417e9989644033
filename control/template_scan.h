// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The tags of a mustache text, one by one with their lines. Pure; the pieces point into the text.
// A line that holds nothing but one section, comment, partial or delimiter tag is left out of the
// texts, as the mustache specification wants it.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEMPLATE_ERROR_SIZE     256u
#define TEMPLATE_INPUT_MAX      (1u << 20) // with all that it includes
#define TEMPLATE_PIECES_MAX     65536u     // texts and tags, with all that it includes
#define TEMPLATE_SECTIONS_DEPTH 32u
#define TEMPLATE_NAME_MAX       128u
#define TEMPLATE_DELIMITER_MAX  8u

enum template_kind {
	TEMPLATE_TEXT,
	TEMPLATE_VARIABLE,   // {{name}} {{{name}}} {{&name}}
	TEMPLATE_SECTION,    // {{#name}}
	TEMPLATE_INVERTED,   // {{^name}}
	TEMPLATE_END,        // {{/name}}
	TEMPLATE_PARTIAL,    // {{> name}}
	TEMPLATE_COMMENT,    // {{! ... }}
	TEMPLATE_DELIMITERS, // {{=<% %>=}}
};

struct template_piece {
	enum template_kind kind;
	uint32_t line;
	const char *text; // of a text; or the name in the tag
	size_t len;
	const char *indent; // blanks before a partial that is alone on its line
	size_t indent_len;
};

struct template_open {
	const char *name;
	size_t len;
	uint32_t line;
};

struct template_scan {
	const char *name; // of the template, for errors
	const char *text;
	size_t len;
	size_t at;
	size_t counted; // up to where line is counted
	uint32_t line;
	bool tag_waits; // the tag behind the text that was returned last
	struct template_piece tag;
	char begin[TEMPLATE_DELIMITER_MAX + 1];
	char end[TEMPLATE_DELIMITER_MAX + 1];
	size_t depth;
	struct template_open open[TEMPLATE_SECTIONS_DEPTH];
	char error[TEMPLATE_ERROR_SIZE];
};

// Whether a template may bear this name: words of letters, digits, - and _, with one dot or slash
// between each two.
bool template_name_is_good(const char *name, size_t len);

void template_scan_start(
	struct template_scan *scan, const char *name, const char *text, size_t len);

// The next piece: 1; 0 at the end; -EINVAL or -EFBIG, with scan->error filled. Sections are
// balanced when the end is reached.
int template_scan_next(struct template_scan *scan, struct template_piece *piece);
