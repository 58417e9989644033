// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "http_range.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "http_date.h"

#define SECOND_NS 1000000000

enum range_kind {
	RANGE_IGNORED, // no range, one that is not understood, or several
	RANGE_PART,
	RANGE_OUTSIDE,
};

char *http_range_etag(const struct http_version *version, char out[HTTP_ETAG_SIZE]) {
	snprintf(out, HTTP_ETAG_SIZE, "\"%" PRIx64 "-%" PRIx64 "-%" PRIx64 "\"", version->inode,
		(uint64_t)version->mtime_ns, version->size);
	return out;
}

static const char *skip_blanks(const char *at) {
	return at + strspn(at, " \t");
}

// Whether a list of tags (section 8.8.3, with the empty items of 5.6.1.2) has ours. A weak tag
// counts where weak is true.
static bool has_tag(const char *list, const char *etag, bool weak) {
	size_t len = strlen(etag);

	list += strspn(list, ", \t");
	if (*list == '*')
		return true;
	while (*list) {
		bool is_weak = list[0] == 'W' && list[1] == '/';
		const char *tag = list + 2 * is_weak, *end;

		end = *tag == '"' ? strchr(tag + 1, '"') : NULL;
		if (!end)
			return false;
		if ((weak || !is_weak) && (size_t)(end + 1 - tag) == len && !memcmp(tag, etag, len))
			return true;
		list = end + 1;
		list += strspn(list, ", \t");
	}
	return false;
}

static int64_t modified_s(const struct http_version *version) {
	int64_t seconds = version->mtime_ns / SECOND_NS;

	return seconds - (version->mtime_ns % SECOND_NS < 0);
}

// Section 13.1.5: only a strong validator counts, and it must be the very same.
static bool range_applies(const char *if_range, const struct http_version *version,
	const char *etag, int64_t now_unix_s) {
	int64_t date;

	if (!if_range)
		return true;
	if_range = skip_blanks(if_range);
	if (*if_range == '"') // one, not a list
		return !strncmp(if_range, etag, strlen(etag)) &&
		       !*skip_blanks(if_range + strlen(etag));
	return http_date_parse(if_range, &date) == 0 && date == modified_s(version) &&
	       date < now_unix_s;
}

// Decimal digits, at least one; what does not fit is the largest number.
static bool read_number(const char **at, uint64_t *number) {
	const char *p = *at;

	for (*number = 0; *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		*number = *number > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *number * 10 + digit;
	}
	if (p == *at)
		return false;
	*at = p;
	return true;
}

// "-500": the last so many bytes. All of an empty file has no place in a Content-Range.
static enum range_kind suffix(const char *at, uint64_t size, struct http_selection *selection) {
	uint64_t count;

	if (!read_number(&at, &count) || *skip_blanks(at))
		return RANGE_IGNORED;
	if (!count)
		return RANGE_OUTSIDE;
	if (!size)
		return RANGE_IGNORED;
	selection->len = count < size ? count : size;
	selection->first = size - selection->len;
	return RANGE_PART;
}

// "0-499" or "500-".
static enum range_kind from_to(const char *at, uint64_t size, struct http_selection *selection) {
	uint64_t first, last = UINT64_MAX;

	if (!read_number(&at, &first) || *at++ != '-')
		return RANGE_IGNORED;
	if (*at >= '0' && *at <= '9' && read_number(&at, &last) && last < first)
		return RANGE_IGNORED;
	if (*skip_blanks(at))
		return RANGE_IGNORED;
	if (first >= size)
		return RANGE_OUTSIDE;
	selection->first = first;
	selection->len = (last < size - 1 ? last : size - 1) - first + 1;
	return RANGE_PART;
}

static enum range_kind read_range(
	const char *range, uint64_t size, struct http_selection *selection) {
	const char *at = range;

	if (strncasecmp(at, "bytes=", 6) != 0)
		return RANGE_IGNORED;
	at = skip_blanks(at + 6);
	return *at == '-' ? suffix(at + 1, size, selection) : from_to(at, size, selection);
}

// Section 13.2.2, steps 1 and 2.
static bool fails(
	const struct http_conditions *c, const struct http_version *version, const char *etag) {
	int64_t date;

	if (c->if_match)
		return !has_tag(c->if_match, etag, false);
	return c->if_unmodified_since && http_date_parse(c->if_unmodified_since, &date) == 0 &&
	       modified_s(version) > date;
}

// Steps 3 and 4.
static bool is_known(
	const struct http_conditions *c, const struct http_version *version, const char *etag) {
	int64_t date;

	if (c->if_none_match)
		return has_tag(c->if_none_match, etag, true);
	return c->if_modified_since && http_date_parse(c->if_modified_since, &date) == 0 &&
	       modified_s(version) <= date;
}

void http_range_decide(const struct http_conditions *conditions, const struct http_version *version,
	int64_t now_unix_s, struct http_selection *selection) {
	enum range_kind kind = RANGE_IGNORED;
	char etag[HTTP_ETAG_SIZE];

	http_range_etag(version, etag);
	*selection = (struct http_selection){.status = 200, .len = version->size};
	if (fails(conditions, version, etag))
		selection->status = 412;
	else if (is_known(conditions, version, etag))
		selection->status = 304;
	else if (conditions->is_get && conditions->range &&
		 range_applies(conditions->if_range, version, etag, now_unix_s))
		kind = read_range(conditions->range, version->size, selection);
	if (kind == RANGE_PART)
		selection->status = 206;
	else if (kind == RANGE_OUTSIDE)
		selection->status = 416;
}
