// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "host_csv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "text.h"

#define CELLS_MAX (HOST_VARS_MAX + 5)

// What a column is; a variable is COLUMN_VAR. Spreadsheets write COLUMN_EMPTY behind the last ones.
enum column {
	COLUMN_NAME,
	COLUMN_MAC,
	COLUMN_ADDRESS,
	COLUMN_ROLE,
	COLUMN_PROFILE,
	COLUMN_VAR,
	COLUMN_EMPTY,
};

static const char *const column_names[COLUMN_VAR] = {
	[COLUMN_NAME] = "name",
	[COLUMN_MAC] = "mac",
	[COLUMN_ADDRESS] = "address",
	[COLUMN_ROLE] = "role",
	[COLUMN_PROFILE] = "profile",
};

struct table {
	struct host_list *list;
	const char *at;
	const char *end;
	uint32_t line; // of at, from 1
	char separator;
	uint32_t row_line;            // where the row begins
	uint32_t cell_count;          // of the row
	const char *cells[CELLS_MAX]; // without their quotes
	size_t cell_lens[CELLS_MAX];
	uint32_t column_count;
	enum column columns[CELLS_MAX];
	const char *var_names[CELLS_MAX];
	char *room; // for the row's cells: as long as the text
};

// --- cells

static void bad(struct table *t, const char *sentence) {
	host_list_note(t->list, t->row_line, true, "%s", sentence);
}

static void skip_line(struct table *t) {
	const char *end = memchr(t->at, '\n', (size_t)(t->end - t->at));

	t->at = end ? end + 1 : t->end;
	t->line++;
}

static bool at_line_end(const struct table *t) {
	return t->at == t->end || *t->at == '\n' ||
	       (*t->at == '\r' && t->at + 1 < t->end && t->at[1] == '\n');
}

static void take_line_end(struct table *t) {
	if (t->at < t->end && *t->at == '\r')
		t->at++;
	if (t->at < t->end)
		t->at++;
	t->line++;
}

// Behind the opening quote. False: it is never closed.
static bool take_quoted(struct table *t, char **to) {
	for (; t->at < t->end; t->at++) {
		if (*t->at == '"' && (t->at + 1 == t->end || t->at[1] != '"')) {
			t->at++;
			return true;
		}
		t->at += *t->at == '"';
		t->line += *t->at == '\n';
		*(*to)++ = *t->at;
	}
	return false;
}

static bool take_plain(struct table *t, char **to) {
	while (!at_line_end(t) && *t->at != t->separator) {
		if (*t->at == '"')
			return false;
		*(*to)++ = *t->at++;
	}
	return true;
}

// One cell, up to the separator or the line's end. False after a note; the line is passed over.
static bool take_cell(struct table *t, char **to) {
	bool quoted = t->at < t->end && *t->at == '"', good;
	const char *begin = *to;

	if (t->cell_count == CELLS_MAX) {
		bad(t, "has too many cells");
		return false;
	}
	t->at += quoted;
	good = quoted ? take_quoted(t, to) : take_plain(t, to);
	if (!good) {
		bad(t, quoted ? "begins a quote that is never closed"
			      : "has a quote inside of a cell: put the whole cell into quotes, "
				"and double that inside");
		return false;
	}
	if (!at_line_end(t) && *t->at != t->separator) {
		bad(t, "goes on behind a cell's closing quote");
		return false;
	}
	t->cells[t->cell_count] = begin;
	t->cell_lens[t->cell_count++] = (size_t)(*to - begin);
	*(*to)++ = '\0';
	return true;
}

// The next row: 1; 0 at the end; -1 after a note.
static int take_row(struct table *t) {
	char *to = t->room;

	while (t->at < t->end && at_line_end(t))
		take_line_end(t);
	t->row_line = t->line;
	t->cell_count = 0;
	if (t->at == t->end)
		return 0;
	for (;;) {
		if (!take_cell(t, &to)) {
			skip_line(t);
			return -1;
		}
		if (at_line_end(t))
			break;
		t->at++; // the separator
	}
	take_line_end(t);
	return 1;
}

// --- header

// The first that stands outside of quotes: names of columns hold none of them.
static char separator_of(const char *text, size_t len) {
	bool quoted = false;

	for (size_t i = 0; i < len && (quoted || text[i] != '\n'); i++) {
		quoted ^= text[i] == '"';
		if (!quoted && text[i] && strchr(",;\t", text[i]))
			return text[i];
	}
	return ',';
}

// Blanks around what is not a variable mean nothing.
static const char *trimmed(struct table *t, uint32_t cell) {
	const char *text = t->cells[cell] + strspn(t->cells[cell], " \t");
	size_t len = strlen(text);

	while (len && strchr(" \t", text[len - 1]))
		len--;
	return arena_text(&t->list->arena, text, len);
}

static bool take_var_column(struct table *t, const char *name) {
	const char *why = vars_name_refused(name, true);

	if (why)
		host_list_note(t->list, t->row_line, true, "column var.%.64s: %s", name, why);
	t->columns[t->column_count] = COLUMN_VAR;
	t->var_names[t->column_count] = name;
	return !why;
}

static bool take_column(struct table *t, const char *name) {
	if (!strncasecmp(name, "var.", 4))
		return take_var_column(t, name + 4);
	for (int column = 0; column < COLUMN_VAR; column++) {
		if (strcasecmp(name, column_names[column]) != 0)
			continue;
		t->columns[t->column_count] = (enum column)column;
		return true;
	}
	t->columns[t->column_count] = COLUMN_EMPTY;
	if (!*name)
		return true;
	host_list_note(t->list, t->row_line, true,
		"there is no column \"%.64s\": the first line names the columns, which are name, "
		"mac, address, role, profile and var.NAME",
		name);
	return false;
}

static bool is_twice(const struct table *t, uint32_t column) {
	for (uint32_t i = 0; i < column; i++)
		if (t->columns[i] == t->columns[column] && t->columns[i] != COLUMN_EMPTY &&
			(t->columns[i] != COLUMN_VAR ||
				!strcmp(t->var_names[i], t->var_names[column])))
			return true;
	return false;
}

static bool has_column(const struct table *t, enum column column) {
	for (uint32_t i = 0; i < t->column_count; i++)
		if (t->columns[i] == column)
			return true;
	return false;
}

// UTF-16 above all, which spreadsheets call Unicode.
static bool is_text(struct table *t) {
	for (uint32_t i = 0; i < t->cell_count; i++)
		if (!host_list_is_text(t->cells[i], t->cell_lens[i])) {
			bad(t, "is not UTF-8 text: save the table as CSV in UTF-8");
			return false;
		}
	return true;
}

static bool take_header(struct table *t) {
	int rc = take_row(t);
	bool good = true;

	if (rc == 0)
		bad(t, "is empty: the first line names the columns, as in name,mac,address,role");
	if (rc <= 0 || !is_text(t))
		return false;
	for (uint32_t i = 0; i < t->cell_count; i++) {
		good = take_column(t, trimmed(t, i)) && good;
		if (good && is_twice(t, i)) {
			host_list_note(
				t->list, t->row_line, true, "column %u is there twice", i + 1);
			good = false;
		}
		t->column_count++;
	}
	if (good && (!has_column(t, COLUMN_NAME) || !has_column(t, COLUMN_MAC))) {
		bad(t, "has no columns name and mac, which are needed");
		good = false;
	}
	return good;
}

// --- rows

static bool take_mac(struct table *t, const char *text, struct config_new_host *host) {
	if (host_list_parse_mac(text, host->mac) == 0)
		return true;
	host_list_note(t->list, t->row_line, true,
		"\"%.32s\" is not a MAC address: write 52:54:00:00:01:01", text);
	return false;
}

static bool take_address(struct table *t, const char *text, struct config_new_host *host) {
	if (!*text || text_parse_ip(text, &host->address) == 0)
		return true;
	host_list_note(t->list, t->row_line, true,
		"\"%.32s\" is not an IPv4 address: write 10.77.0.11", text);
	return false;
}

// An empty cell sets no variable.
static void take_var(struct table *t, uint32_t cell, struct config_new_host *host,
	struct config_new_var vars[HOST_VARS_MAX]) {
	if (t->cell_lens[cell] && host->var_count < HOST_VARS_MAX)
		vars[host->var_count++] =
			(struct config_new_var){t->var_names[cell], t->cells[cell]};
}

static const char *or_null(const char *text) {
	return text[0] ? text : NULL;
}

static bool take_nothing(struct table *t, uint32_t cell) {
	if (!trimmed(t, cell)[0])
		return true;
	host_list_note(t->list, t->row_line, true,
		"cell %u stands in a column without a name: name it in the first line", cell + 1);
	return false;
}

static bool take_value(struct table *t, uint32_t cell, struct config_new_host *host,
	struct config_new_var vars[HOST_VARS_MAX]) {
	switch (t->columns[cell]) {
	case COLUMN_NAME:
		host->name = trimmed(t, cell);
		if (!host->name[0])
			bad(t, "has no name");
		return host->name[0];
	case COLUMN_MAC:
		return take_mac(t, trimmed(t, cell), host);
	case COLUMN_ADDRESS:
		return take_address(t, trimmed(t, cell), host);
	case COLUMN_ROLE:
		host->role = or_null(trimmed(t, cell));
		return true;
	case COLUMN_PROFILE:
		host->profile = or_null(trimmed(t, cell));
		return true;
	case COLUMN_VAR:
		take_var(t, cell, host, vars);
		return true;
	case COLUMN_EMPTY:
		return take_nothing(t, cell);
	}
	return false;
}

// Spreadsheets write lines of empty cells.
static bool is_empty(const struct table *t) {
	for (uint32_t i = 0; i < t->cell_count; i++)
		if (t->cells[i][strspn(t->cells[i], " \t")])
			return false;
	return true;
}

static void take_host(struct table *t) {
	struct config_new_var vars[HOST_VARS_MAX];
	struct config_new_host host = {.vars = vars};
	bool good = true;

	if (t->cell_count != t->column_count) {
		host_list_note(t->list, t->row_line, true,
			"has %u cells, but the first line has %u", t->cell_count, t->column_count);
		return;
	}
	for (uint32_t i = 0; i < t->cell_count; i++) {
		if (!host_list_is_text(t->cells[i], t->cell_lens[i])) {
			host_list_note(t->list, t->row_line, true,
				"cell %u is not UTF-8 text: save the table as UTF-8", i + 1);
			good = false;
		} else {
			good = take_value(t, i, &host, vars) && good;
		}
	}
	if (good)
		host_list_add(t->list, t->row_line, &host);
}

void host_csv_read(struct host_list *list, const char *text, size_t len) {
	struct table *t = mem_alloc(sizeof(*t));
	int rc = 0;

	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		text += 3;
		len -= 3;
	}
	// Each cell takes a NUL more than its text, in place of what ends it.
	*t = (struct table){.list = list,
		.at = text,
		.end = text + len,
		.line = 1,
		.separator = separator_of(text, len),
		.room = mem_alloc(len + 2)};
	if (take_header(t))
		while ((rc = take_row(t)))
			if (rc > 0 && !is_empty(t))
				take_host(t);
	free(t->room);
	free(t);
}
