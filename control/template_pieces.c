// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Scans a template and, at each {{> name}}, the template of that name: what is included is known
// before anything is rendered, and so are its bounds.

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "template_pieces.h"

// A template that is being scanned, and the one that includes it.
struct level {
	const struct level *outer;
	const char *name;
	uint32_t depth;
};

struct maker {
	struct template_pieces *pieces;
	const struct template_input *input;
};

static int refuse(struct template_pieces *pieces, int rc, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int refuse(struct template_pieces *pieces, int rc, const char *format, ...) {
	va_list list;

	va_start(list, format);
	vsnprintf(pieces->error, sizeof(pieces->error), format, list);
	va_end(list);
	return rc;
}

static int add_part(
	struct template_pieces *pieces, const char *name, const struct template_piece *piece) {
	if (pieces->count == TEMPLATE_PIECES_MAX)
		return refuse(pieces, -EFBIG, "%.64s:%u: more than %u tags and texts: split it",
			name, (unsigned)piece->line, TEMPLATE_PIECES_MAX);
	if (pieces->count == pieces->size) {
		pieces->size = pieces->size ? 2 * pieces->size : 64;
		pieces->list = mem_resize(pieces->list, pieces->size * sizeof(*pieces->list));
	}
	pieces->list[pieces->count++] =
		(struct template_part){.template_name = name, .piece = *piece};
	return 0;
}

static size_t count_lines(const char *text, size_t len) {
	size_t lines = 0;

	for (size_t i = 0; i < len; i++)
		lines += !i || text[i - 1] == '\n';
	return lines;
}

// The text with the indent before each of its lines.
static const char *indented(
	struct arena *arena, const struct template_piece *tag, const char *text, size_t *len) {
	size_t size = *len + count_lines(text, *len) * tag->indent_len, used = 0;
	char *out = arena_alloc(arena, size + 1);

	for (size_t i = 0; i < *len; i++) {
		if (!i || text[i - 1] == '\n') {
			memcpy(out + used, tag->indent, tag->indent_len);
			used += tag->indent_len;
		}
		out[used++] = text[i];
	}
	*len = used;
	return out;
}

static int scan_text(struct maker *maker, const struct level *level, const char *text, size_t len);

static int check_include(struct maker *maker, const struct level *level,
	const struct template_piece *tag, const char *name) {
	for (const struct level *at = level; at; at = at->outer)
		if (!strcmp(at->name, name))
			return refuse(maker->pieces, -EINVAL,
				"%.64s:%u: {{> %s}} includes itself: take the line out",
				level->name, (unsigned)tag->line, name);
	if (level->depth == TEMPLATE_PARTIALS_DEPTH)
		return refuse(maker->pieces, -EFBIG,
			"%.64s:%u: {{> %s}} is included deeper than %u: include it further up",
			level->name, (unsigned)tag->line, name, TEMPLATE_PARTIALS_DEPTH);
	return 0;
}

static int load(struct maker *maker, const struct level *level, const struct template_piece *tag,
	const char *name, const char **text, size_t *len) {
	const struct template_input *input = maker->input;
	int rc = -ENOENT;

	if (input->load)
		rc = input->load(input->load_context, name, &maker->pieces->arena, text, len);
	if (rc < 0)
		return refuse(maker->pieces, rc, "%.64s:%u: {{> %s}} cannot be read: %s",
			level->name, (unsigned)tag->line, name, strerror(-rc));
	return 0;
}

static int check_size(
	struct maker *maker, const char *name, size_t line, size_t len, const char *what) {
	maker->pieces->bytes += len;
	if (len <= TEMPLATE_INPUT_MAX && maker->pieces->bytes <= TEMPLATE_INPUT_MAX)
		return 0;
	return refuse(maker->pieces, -EFBIG, "%.64s:%zu: %s larger than %u KiB: split it", name,
		line, what, TEMPLATE_INPUT_MAX >> 10);
}

static int include(
	struct maker *maker, const struct level *level, const struct template_piece *tag) {
	struct arena *arena = &maker->pieces->arena;
	char *name = arena_text(arena, tag->text, tag->len);
	struct level inner = {.outer = level, .name = name, .depth = level->depth + 1};
	const char *text;
	size_t len;
	int rc = check_include(maker, level, tag, name);

	if (rc == 0)
		rc = load(maker, level, tag, name, &text, &len);
	if (rc == 0)
		rc = check_size(maker, level->name, tag->line,
			len + (tag->indent_len ? count_lines(text, len) * tag->indent_len : 0),
			"with what it includes it is");
	if (rc < 0)
		return rc;
	if (tag->indent_len)
		text = indented(arena, tag, text, &len);
	return scan_text(maker, &inner, text, len);
}

static int scan_text(struct maker *maker, const struct level *level, const char *text, size_t len) {
	struct template_scan scan;
	struct template_piece piece;
	int rc;

	template_scan_start(&scan, level->name, text, len);
	while ((rc = template_scan_next(&scan, &piece)) > 0) {
		rc = add_part(maker->pieces, level->name, &piece);
		if (rc == 0 && piece.kind == TEMPLATE_PARTIAL)
			rc = include(maker, level, &piece);
		if (rc < 0)
			return rc;
	}
	if (rc < 0)
		return refuse(maker->pieces, rc, "%s", scan.error);
	return 0;
}

int template_pieces_make(struct template_pieces *pieces, const struct template_input *input) {
	struct maker maker = {.pieces = pieces, .input = input};
	struct level level = {.name = input->name};
	int rc = check_size(&maker, input->name, 1, input->len, "it is");

	return rc < 0 ? rc : scan_text(&maker, &level, input->text, input->len);
}

void template_pieces_free(struct template_pieces *pieces) {
	free(pieces->list);
	arena_free(&pieces->arena);
}

int template_check(const struct template_input *input,
	void (*tell)(void *context, const struct template_tag *tag), void *context,
	char error[TEMPLATE_ERROR_SIZE]) {
	struct template_pieces pieces = {0};
	int rc = template_pieces_make(&pieces, input);

	memcpy(error, pieces.error, sizeof(pieces.error));
	for (size_t i = 0; rc == 0 && i < pieces.count; i++) {
		const struct template_piece *piece = &pieces.list[i].piece;
		const struct template_tag tag = {.template_name = pieces.list[i].template_name,
			.line = piece->line,
			.kind = piece->kind,
			.name = piece->text,
			.len = piece->len};

		if (piece->kind != TEMPLATE_TEXT)
			tell(context, &tag);
	}
	template_pieces_free(&pieces);
	return rc;
}
