// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The headers that decide which part of a file is sent: two bytes of file, then header by header,
// divided by newlines.

#include "fuzz.h"

#include "http_date.h"
#include "http_range.h"

// The next line, or NULL where there is none or it is empty.
static const char *next_line(char **rest) {
	char *line = *rest, *end;

	if (!line)
		return NULL;
	end = strchr(line, '\n');
	*rest = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	return *line ? line : NULL;
}

static void check(const struct http_conditions *conditions, const struct http_version *version) {
	struct http_selection selection;

	http_range_decide(conditions, version, 1 << 20, &selection);
	switch (selection.status) {
	case 206:
		FUZZ_ASSERT(conditions->is_get && conditions->range && selection.len);
		FUZZ_ASSERT(selection.first < version->size);
		FUZZ_ASSERT(selection.len <= version->size - selection.first);
		break;
	case 416:
		FUZZ_ASSERT(conditions->is_get && conditions->range);
		break;
	case 200:
		FUZZ_ASSERT(selection.first == 0 && selection.len == version->size);
		break;
	default:
		FUZZ_ASSERT(selection.status == 304 || selection.status == 412);
	}
}

static void check_date(const char *text) {
	char out[HTTP_DATE_SIZE];
	int64_t unix_s, again;

	if (!text || http_date_parse(text, &unix_s) < 0)
		return;
	FUZZ_ASSERT(http_date_parse(http_date_format(unix_s, out), &again) == 0);
	FUZZ_ASSERT(unix_s == again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct http_version version;
	struct http_conditions conditions;
	char *text, *rest;

	if (size < 2)
		return 0;
	version = (struct http_version){.inode = data[0],
		.size = data[1] == 255 ? UINT64_MAX : data[1],
		.mtime_ns = data[0] * 1000000000LL};
	rest = text = malloc(size - 1);
	FUZZ_ASSERT(text);
	memcpy(text, data + 2, size - 2);
	text[size - 2] = '\0';
	conditions.is_get = data[0] & 1;
	conditions.range = next_line(&rest);
	conditions.if_range = next_line(&rest);
	conditions.if_match = next_line(&rest);
	conditions.if_none_match = next_line(&rest);
	conditions.if_modified_since = next_line(&rest);
	conditions.if_unmodified_since = next_line(&rest);
	check(&conditions, &version);
	check_date(conditions.if_modified_since);
	free(text);
	return 0;
}
