// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What commands print: JSON for programs, aligned tables for people.

#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "hist.h"

// Prints a value and gives it back.
void output_json(json_t *value);

// Count, mean, percentiles and maximum of durations in microseconds.
json_t *output_durations(const struct hist *h);

// A copy in which a terminal finds nothing that it would obey: control characters but newlines are
// written as \xNN. To be freed.
char *output_clean(const char *text);

#define TABLE_COLUMNS_MAX 12

// A table in memory. The first row is the heading; a column whose name begins with '>' is aligned
// to the right.
struct table {
	size_t columns;
	size_t rows;
	char **cells; // rows * columns, each its own memory
	// The colour of a cell, as a terminal's number of it ("31"), or NULL. NULL: there are none.
	const char *(*colour)(size_t column, const char *cell);
};

// names: as many as columns, e.g. "address", ">size".
void table_init(struct table *table, const char *const *names, size_t columns);

// Adds a row: as many texts as columns, which are copied and cleaned. NULL is an empty cell.
void table_row(struct table *table, const char *const *cells);

// Prints columns two spaces apart, without spaces at the ends of lines. The last column is
// continued below itself where lines would not fit in width, unless width is 0.
void table_print(const struct table *table, FILE *out, size_t width);

// Prints text so that no line is wider than width, its further lines behind indent spaces; ends it
// with a newline. Newlines in text count as spaces.
void output_filled(const char *text, size_t width, size_t indent, FILE *out);

void table_free(struct table *table);

// Whether stdout is a terminal that shows colours, and nobody asked for none (NO_COLOR).
bool output_has_colours(void);

// The width of the terminal that stdout is, 0 if it is none.
size_t output_width(void);
