// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "cli/output.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "arena.h"

void output_json(json_t *value) {
	char *text = json_dumps(value, JSON_INDENT(2) | JSON_ENSURE_ASCII);

	if (text)
		puts(text);
	free(text);
	json_decref(value);
}

// The length of a control character: C0, DEL, or of UTF-8 U+0080 to U+009F. 0: it is none.
static size_t control_len(const char *text) {
	const unsigned char *at = (const unsigned char *)text;

	if ((at[0] < 0x20 && at[0] != '\n') || at[0] == 0x7f)
		return 1;
	return at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f ? 2 : 0;
}

char *output_clean(const char *text) {
	char *clean = mem_alloc(4 * strlen(text) + 1), *out = clean;

	while (*text) {
		size_t len = control_len(text);

		if (!len)
			*out++ = *text++;
		for (; len; len--)
			out += sprintf(out, "\\x%02x", (unsigned char)*text++);
	}
	*out = '\0';
	return clean;
}

void table_init(struct table *table, const char *const *names, size_t columns) {
	*table = (struct table){.columns = columns};
	table_row(table, names);
}

void table_row(struct table *table, const char *const *cells) {
	size_t count = (table->rows + 1) * table->columns;

	table->cells = mem_resize(table->cells, count * sizeof(*table->cells));
	for (size_t i = 0; i < table->columns; i++)
		table->cells[table->rows * table->columns + i] =
			output_clean(cells[i] ? cells[i] : "");
	table->rows++;
}

static bool is_right(const struct table *table, size_t column) {
	return table->cells[column][0] == '>';
}

static const char *cell_of(const struct table *table, size_t row, size_t column) {
	const char *cell = table->cells[row * table->columns + column];

	return row == 0 && is_right(table, column) ? cell + 1 : cell;
}

static bool continues(char byte) {
	return ((unsigned char)byte & 0xc0) == 0x80;
}

// How many characters of UTF-8 a text has.
static size_t width_of(const char *text) {
	size_t width = 0;

	for (; *text; text++)
		width += !continues(*text);
	return width;
}

static size_t column_width(const struct table *table, size_t column) {
	size_t width = 0;

	for (size_t row = 0; row < table->rows; row++) {
		size_t cell = width_of(cell_of(table, row, column));

		if (cell > width)
			width = cell;
	}
	return width;
}

// Narrower than this, continuing a column below itself makes nothing easier to read.
#define LAST_MIN 16

static size_t indent_of_last(const struct table *table, const size_t *widths) {
	size_t indent = 0;

	for (size_t i = 0; i + 1 < table->columns; i++)
		indent += widths[i] + 2;
	return indent;
}

// How much of text goes into a line of width: up to a space, past a slash, or to the middle of a
// long word.
static size_t line_len(const char *text, size_t width) {
	size_t len = 0;

	for (; text[len] && (width || continues(text[len])); len++)
		width -= !continues(text[len]);
	if (!text[len])
		return len;
	for (size_t at = len; at > 0; at--)
		if (text[at] == ' ' || text[at] == '\n' || text[at - 1] == '/')
			return at;
	return len;
}

void output_filled(const char *text, size_t width, size_t indent, FILE *out) {
	for (;;) {
		size_t len = line_len(text, width);

		for (size_t i = 0; i < len; i++)
			fputc(text[i] == '\n' ? ' ' : text[i], out);
		fputc('\n', out);
		text += len;
		text += strspn(text, " \n");
		if (!*text)
			return;
		fprintf(out, "%*s", (int)indent, "");
	}
}

static void print_cell(const struct table *table, size_t row, size_t column, FILE *out) {
	const char *cell = cell_of(table, row, column);
	const char *colour = row && table->colour ? table->colour(column, cell) : NULL;

	if (colour)
		fprintf(out, "\033[%sm%s\033[0m", colour, cell);
	else
		fputs(cell, out);
}

static void print_row(const struct table *table, size_t row, const size_t *widths, FILE *out) {
	size_t last = table->columns;
	size_t gap = 0; // spaces owed before the next text

	while (last > 1 && !cell_of(table, row, last - 1)[0])
		last--;
	for (size_t i = 0; i < last; i++) {
		const char *cell = cell_of(table, row, i);
		size_t len = width_of(cell);
		size_t fill = len < widths[i] ? widths[i] - len : 0;

		if (is_right(table, i))
			gap += fill;
		fprintf(out, "%*s", (int)gap, "");
		if (i + 1 == table->columns)
			output_filled(cell, widths[i], indent_of_last(table, widths), out);
		else
			print_cell(table, row, i, out);
		if (i + 1 == last && i + 1 != table->columns)
			fputc('\n', out);
		gap = 2 + (is_right(table, i) ? 0 : fill);
	}
}

void table_print(const struct table *table, FILE *out, size_t width) {
	size_t widths[TABLE_COLUMNS_MAX];
	size_t last = table->columns - 1;

	for (size_t i = 0; i < table->columns; i++)
		widths[i] = column_width(table, i);
	if (width) {
		size_t indent = indent_of_last(table, widths);
		size_t room = width > indent + LAST_MIN ? width - indent : LAST_MIN;

		if (widths[last] > room)
			widths[last] = room;
	}
	for (size_t row = 0; row < table->rows; row++)
		print_row(table, row, widths, out);
}

void table_free(struct table *table) {
	for (size_t i = 0; i < table->rows * table->columns; i++)
		free(table->cells[i]);
	free(table->cells);
	*table = (struct table){0};
}

bool output_has_colours(void) {
	const char *terminal = getenv("TERM"), *none = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(none && none[0]) && terminal &&
	       strcmp(terminal, "dumb") != 0;
}

size_t output_width(void) {
	struct winsize size;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
		return 0;
	return size.ws_col;
}

json_t *output_durations(const struct hist *h) {
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "count", (json_int_t)h->count,
		"mean_us", (json_int_t)hist_mean(h), "p50_us", (json_int_t)hist_quantile(h, 0.5),
		"p90_us", (json_int_t)hist_quantile(h, 0.9), "p99_us",
		(json_int_t)hist_quantile(h, 0.99), "p99_9_us", (json_int_t)hist_quantile(h, 0.999),
		"max_us", (json_int_t)h->max);
}
