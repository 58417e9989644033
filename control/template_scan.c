// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Walks over a mustache text. A tag is looked for, what stands before it is returned as a text, and
// the tag itself waits for the next call. Sections are matched on the way.

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "template_scan.h"
#include "text.h"

static int refuse(struct template_scan *scan, int rc, uint32_t line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static int refuse(struct template_scan *scan, int rc, uint32_t line, const char *format, ...) {
	int used = snprintf(
		scan->error, sizeof(scan->error), "%.64s:%u: ", scan->name, (unsigned)line);
	va_list list;

	va_start(list, format);
	vsnprintf(scan->error + used, sizeof(scan->error) - (size_t)used, format, list);
	va_end(list);
	return rc;
}

void template_scan_start(
	struct template_scan *scan, const char *name, const char *text, size_t len) {
	*scan = (struct template_scan){
		.name = name, .text = text, .len = len, .line = 1, .begin = "{{", .end = "}}"};
}

static bool is_blank(char c) {
	return c == ' ' || c == '\t';
}

static bool is_space(char c) {
	return is_blank(c) || c == '\n' || c == '\r';
}

static void trim(const char **text, size_t *len) {
	while (*len && is_space((*text)[0])) {
		(*text)++;
		(*len)--;
	}
	while (*len && is_space((*text)[*len - 1]))
		(*len)--;
}

// Where needle is at or behind at; len if nowhere.
static size_t find(const struct template_scan *scan, size_t at, const char *needle) {
	const char *found = memmem(scan->text + at, scan->len - at, needle, strlen(needle));

	return found ? (size_t)(found - scan->text) : scan->len;
}

// The line that at is on; asked for in ascending order.
static uint32_t line_at(struct template_scan *scan, size_t at) {
	for (; scan->counted < at; scan->counted++)
		scan->line += scan->text[scan->counted] == '\n';
	return scan->line;
}

static bool is_word(char c) {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

// Words with one separator between each two.
static bool is_path(const char *name, size_t len, const char *separators) {
	bool word = false;

	for (size_t i = 0; i < len; i++) {
		bool separator = strchr(separators, name[i]) && name[i];

		if (separator ? !word : !is_word(name[i]))
			return false;
		word = !separator;
	}
	return word && len <= TEMPLATE_NAME_MAX;
}

bool template_name_is_good(const char *name, size_t len) {
	return is_path(name, len, "./");
}

static bool name_is_good(const struct template_piece *tag) {
	if (tag->kind == TEMPLATE_PARTIAL)
		return template_name_is_good(tag->text, tag->len);
	return (tag->len == 1 && tag->text[0] == '.') || is_path(tag->text, tag->len, ".");
}

static bool delimiter_is_good(const char *text, size_t len) {
	if (!len || len > TEMPLATE_DELIMITER_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (is_space(text[i]) || text[i] == '=' || !text[i])
			return false;
	return true;
}

static void set_delimiter(char to[TEMPLATE_DELIMITER_MAX + 1], const char *text, size_t len) {
	memcpy(to, text, len);
	to[len] = '\0';
}

// What stands between {{= and =}}: two words.
static int change_delimiters(struct template_scan *scan, const struct template_piece *tag) {
	const char *begin = tag->text, *end;
	size_t begin_len = 0, end_len;

	while (begin_len < tag->len && !is_space(begin[begin_len]))
		begin_len++;
	end = begin + begin_len;
	end_len = tag->len - begin_len;
	trim(&end, &end_len);
	if (!delimiter_is_good(begin, begin_len) || !delimiter_is_good(end, end_len))
		return refuse(scan, -EINVAL, tag->line,
			"{{= =}} takes two new delimiters of at most %u characters, as in {{=<%% "
			"%%>=}}",
			TEMPLATE_DELIMITER_MAX);
	set_delimiter(scan->begin, begin, begin_len);
	set_delimiter(scan->end, end, end_len);
	return 0;
}

static int open_section(struct template_scan *scan, const struct template_piece *tag) {
	if (scan->depth == TEMPLATE_SECTIONS_DEPTH)
		return refuse(scan, -EFBIG, tag->line, "sections are nested deeper than %u",
			TEMPLATE_SECTIONS_DEPTH);
	scan->open[scan->depth++] =
		(struct template_open){.name = tag->text, .len = tag->len, .line = tag->line};
	return 0;
}

static int close_section(struct template_scan *scan, const struct template_piece *tag) {
	const struct template_open *open;

	if (!scan->depth)
		return refuse(scan, -EINVAL, tag->line, "{{/%.*s}} closes what is not open",
			(int)tag->len, tag->text);
	open = &scan->open[--scan->depth];
	if (open->len == tag->len && !memcmp(open->name, tag->text, tag->len))
		return 0;
	return refuse(scan, -EINVAL, tag->line,
		"{{/%.*s}} comes before the end of {{#%.*s}} of line %u", (int)tag->len, tag->text,
		(int)open->len, open->name, (unsigned)open->line);
}

static enum template_kind kind_of(char mark) {
	switch (mark) {
	case '#':
		return TEMPLATE_SECTION;
	case '^':
		return TEMPLATE_INVERTED;
	case '/':
		return TEMPLATE_END;
	case '>':
		return TEMPLATE_PARTIAL;
	case '!':
		return TEMPLATE_COMMENT;
	case '=':
		return TEMPLATE_DELIMITERS;
	default:
		return TEMPLATE_VARIABLE;
	}
}

static int refuse_name(struct template_scan *scan, const struct template_piece *tag) {
	char name[64];

	return refuse(scan, -EINVAL, tag->line,
		"\"%s\" is not a name: letters, digits, - and _, with dots between; {{=<%% %%>=}} "
		"makes room for a {{ of the text",
		text_clean(tag->text, tag->len, name, sizeof(name)));
}

// What a tag does to the scan, and whether its name is one.
static int apply(struct template_scan *scan, const struct template_piece *tag) {
	if (tag->kind == TEMPLATE_COMMENT)
		return 0;
	if (tag->kind == TEMPLATE_DELIMITERS)
		return change_delimiters(scan, tag);
	if (!name_is_good(tag))
		return refuse_name(scan, tag);
	if (tag->kind == TEMPLATE_SECTION || tag->kind == TEMPLATE_INVERTED)
		return open_section(scan, tag);
	return tag->kind == TEMPLATE_END ? close_section(scan, tag) : 0;
}

// The mark of the tag whose contents begin at inside: '#', '=' ...; '\0' at the end of the text.
static char mark_at(const struct template_scan *scan, size_t inside) {
	while (inside < scan->len && is_space(scan->text[inside]))
		inside++;
	return inside < scan->len ? scan->text[inside] : '\0';
}

// Fills kind, text and len of the tag from what stands between the delimiters.
static void take_contents(struct template_piece *tag, const char *text, size_t len) {
	trim(&text, &len);
	tag->kind = len ? kind_of(text[0]) : TEMPLATE_VARIABLE;
	if (tag->kind != TEMPLATE_VARIABLE || (len && text[0] == '&')) {
		text++;
		len--;
	}
	trim(&text, &len);
	tag->text = text;
	tag->len = len;
}

// Reads the tag that begins at start into scan->tag. Where it ends, or -EINVAL.
static int64_t read_tag(struct template_scan *scan, size_t start) {
	size_t inside = start + strlen(scan->begin), close;
	char mark = mark_at(scan, inside), until[TEMPLATE_DELIMITER_MAX + 2];
	bool triple = !strcmp(scan->begin, "{{") && inside < scan->len && scan->text[inside] == '{';
	struct template_piece *tag = &scan->tag;

	*tag = (struct template_piece){.line = line_at(scan, start)};
	inside += triple;
	snprintf(until, sizeof(until), "%s%s", triple ? "}" : mark == '=' ? "=" : "", scan->end);
	// The first = of {{=}} =}} is the mark, not the end.
	close = find(scan, mark == '=' && inside < scan->len ? inside + 1 : inside, until);
	if (close == scan->len)
		return refuse(
			scan, -EINVAL, tag->line, "%s is not closed by %s", scan->begin, until);
	take_contents(tag, scan->text + inside, close - inside);
	if (triple)
		tag->kind = TEMPLATE_VARIABLE;
	return (int64_t)(close + strlen(until));
}

// Where the line of start begins, if only blanks are before it; else SIZE_MAX.
static size_t line_start(const struct template_scan *scan, size_t start) {
	size_t at = start;

	while (at && is_blank(scan->text[at - 1]))
		at--;
	return !at || scan->text[at - 1] == '\n' ? at : SIZE_MAX;
}

// Behind the line feed that follows end, if nothing but blanks is before it; else SIZE_MAX.
static size_t line_end(const struct template_scan *scan, size_t end) {
	while (end < scan->len && is_blank(scan->text[end]))
		end++;
	if (end < scan->len && scan->text[end] == '\r')
		end++;
	if (end == scan->len)
		return end;
	return scan->text[end] == '\n' ? end + 1 : SIZE_MAX;
}

// Takes the whole line of a tag that is alone on it. Where the text before the tag ends.
static size_t take_line(struct template_scan *scan, size_t start, size_t *end) {
	size_t first = line_start(scan, start), last = line_end(scan, *end);

	if (scan->tag.kind == TEMPLATE_VARIABLE || first == SIZE_MAX || last == SIZE_MAX)
		return start;
	*end = last;
	if (scan->tag.kind != TEMPLATE_PARTIAL)
		return first;
	scan->tag.indent = scan->text + first;
	scan->tag.indent_len = start - first;
	return first;
}

static int give_text(
	struct template_scan *scan, struct template_piece *piece, size_t from, size_t to) {
	*piece = (struct template_piece){.kind = TEMPLATE_TEXT,
		.line = line_at(scan, from),
		.text = scan->text + from,
		.len = to - from};
	return 1;
}

static int give_tag(struct template_scan *scan, struct template_piece *piece) {
	scan->tag_waits = false;
	*piece = scan->tag;
	return 1;
}

static int finish(struct template_scan *scan, struct template_piece *piece) {
	size_t from = scan->at;
	const struct template_open *open;

	scan->at = scan->len;
	if (from < scan->len)
		return give_text(scan, piece, from, scan->len);
	if (!scan->depth)
		return 0;
	open = &scan->open[scan->depth - 1];
	return refuse(scan, -EINVAL, open->line, "{{#%.*s}} is never closed: {{/%.*s}} is missing",
		(int)open->len, open->name, (int)open->len, open->name);
}

int template_scan_next(struct template_scan *scan, struct template_piece *piece) {
	size_t from = scan->at, start, end, until;
	int64_t rc;

	if (scan->tag_waits)
		return give_tag(scan, piece);
	start = find(scan, from, scan->begin);
	if (start == scan->len)
		return finish(scan, piece);
	line_at(scan, from);
	rc = read_tag(scan, start);
	if (rc >= 0) {
		end = (size_t)rc;
		until = take_line(scan, start, &end);
		rc = apply(scan, &scan->tag);
	}
	if (rc < 0)
		return (int)rc;
	scan->at = end;
	if (until == from)
		return give_tag(scan, piece);
	scan->tag_waits = true;
	return give_text(scan, piece, from, until);
}
