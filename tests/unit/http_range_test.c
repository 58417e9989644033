// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <cmocka.h>

#include "http_date.h"
#include "http_range.h"

#define MODIFIED "Sun, 06 Nov 1994 08:49:37 GMT"
#define BEFORE   "Sun, 06 Nov 1994 08:49:36 GMT"
#define ETAG     "\"1f-ae1b981bc490a00-3e8\""
#define UNIX     784111777

static const struct http_version file = {
	.inode = 31, .size = 1000, .mtime_ns = UNIX * 1000000000LL};
static const struct http_version empty = {.inode = 31, .mtime_ns = UNIX * 1000000000LL};

static const struct {
	const char *range;
	unsigned int status;
	uint64_t first;
	uint64_t len;
} ranges[] = {
	{"", 200, 0, 1000},
	{"bytes", 200, 0, 1000},
	{"bytes=", 200, 0, 1000},
	{"bytes=-", 200, 0, 1000},
	{"bytes=a-b", 200, 0, 1000},
	{"bytes=5", 200, 0, 1000},
	{"bytes=5-4", 200, 0, 1000},
	{"bytes=5-6x", 200, 0, 1000},
	{"bytes=--5", 200, 0, 1000},
	{"lines=0-1", 200, 0, 1000},
	{"bytes=0-1,5-6", 200, 0, 1000},
	{"bytes=-1,5-6", 200, 0, 1000},
	{"bytes=1000-", 416, 0, 1000},
	{"bytes=1000-1001", 416, 0, 1000},
	{"bytes=-0", 416, 0, 1000},
	{"bytes=99999999999999999999999-", 416, 0, 1000},
	{"bytes=0-0", 206, 0, 1},
	{"bytes=0-", 206, 0, 1000},
	{"bytes=999-", 206, 999, 1},
	{"bytes=10-19", 206, 10, 10},
	{"Bytes= 10-19 ", 206, 10, 10},
	{"bytes=990-5000", 206, 990, 10},
	{"bytes=0-18446744073709551615", 206, 0, 1000},
	{"bytes=0-99999999999999999999999", 206, 0, 1000},
	{"bytes=-10", 206, 990, 10},
	{"bytes=-5000", 206, 0, 1000},
};

static struct http_selection decide(
	const struct http_conditions *conditions, const struct http_version *version, int64_t now) {
	struct http_selection selection;

	http_range_decide(conditions, version, now, &selection);
	return selection;
}

static void single_ranges(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		struct http_conditions c = {.range = ranges[i].range, .is_get = true};
		struct http_selection s = decide(&c, &file, UNIX + 9);

		if (s.status != ranges[i].status || s.first != ranges[i].first ||
			s.len != ranges[i].len)
			fail_msg("%s: %u, %lu, %lu", ranges[i].range, s.status, (long)s.first,
				(long)s.len);
	}
}

static void head_has_no_range(void **state) {
	struct http_conditions c = {.range = "bytes=0-1"};

	(void)state;
	assert_int_equal(decide(&c, &file, UNIX + 9).status, 200);
}

static void empty_file(void **state) {
	struct http_conditions c = {.range = "bytes=0-", .is_get = true};

	(void)state;
	assert_int_equal(decide(&c, &empty, UNIX + 9).status, 416);
	c.range = "bytes=-5";
	assert_int_equal(decide(&c, &empty, UNIX + 9).status, 200);
	c.range = NULL;
	assert_int_equal(decide(&c, &empty, UNIX + 9).status, 200);
}

static const struct {
	const char *name;
	struct http_conditions conditions;
	unsigned int status;
} conditions[] = {
	{"other tag", {.if_match = "\"x\""}, 412},
	{"weak tag does not match strongly", {.if_match = "W/" ETAG}, 412},
	{"no tag at all", {.if_match = "junk"}, 412},
	{"unfinished tag", {.if_match = "\"x"}, 412},
	{"our tag", {.if_match = "\"x\" , " ETAG}, 200},
	{"any tag", {.if_match = "*"}, 200},
	{"tag comes before date", {.if_match = ETAG, .if_unmodified_since = BEFORE}, 200},
	{"modified since", {.if_unmodified_since = BEFORE}, 412},
	{"unmodified", {.if_unmodified_since = MODIFIED}, 200},
	{"no date", {.if_unmodified_since = "yesterday"}, 200},
	{"known tag", {.if_none_match = ETAG}, 304},
	{"known weak tag", {.if_none_match = "\"a,b\", W/" ETAG}, 304},
	{"a list with empty items", {.if_none_match = " ,, \"x\",," ETAG ","}, 304},
	{"any known tag", {.if_none_match = "*"}, 304},
	{"other known tag", {.if_none_match = "\"x\"", .if_modified_since = MODIFIED}, 200},
	{"known date", {.if_modified_since = MODIFIED}, 304},
	{"known date of RFC 850", {.if_modified_since = "Sunday, 06-Nov-94 08:49:37 GMT"}, 304},
	{"known date of asctime", {.if_modified_since = "Sun Nov  6 08:49:37 1994"}, 304},
	{"old date", {.if_modified_since = BEFORE}, 200},
	{"bad date", {.if_modified_since = "Sun, 06 Nov 1994"}, 200},
	{"range of ours", {.if_range = ETAG, .range = "bytes=1-2"}, 206},
	{"range of another", {.if_range = "\"x\"", .range = "bytes=1-2"}, 200},
	{"range of a list of tags", {.if_range = "\"x\", " ETAG, .range = "bytes=1-2"}, 200},
	{"range of ours and more", {.if_range = ETAG ", \"x\"", .range = "bytes=1-2"}, 200},
	{"range of ours and a blank", {.if_range = ETAG " ", .range = "bytes=1-2"}, 206},
	{"range of a weak tag", {.if_range = "W/" ETAG, .range = "bytes=1-2"}, 200},
	{"range of our date", {.if_range = MODIFIED, .range = "bytes=1-2"}, 206},
	{"range of another date", {.if_range = BEFORE, .range = "bytes=1-2"}, 200},
	{"no range of a bad date", {.if_range = "x", .range = "bytes=5000-"}, 200},
	{"range outside", {.if_range = ETAG, .range = "bytes=5000-"}, 416},
	{"304 comes before ranges", {.if_none_match = ETAG, .range = "bytes=5000-"}, 304},
};

static void all_conditions(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
		struct http_conditions c = conditions[i].conditions;
		unsigned int status;

		c.is_get = true;
		status = decide(&c, &file, UNIX + 9).status;
		if (status != conditions[i].status)
			fail_msg("%s: %u", conditions[i].name, status);
	}
}

// What changed in the second in which it was served may have changed twice.
static void weak_date(void **state) {
	struct http_conditions c = {.if_range = MODIFIED, .range = "bytes=1-2", .is_get = true};

	(void)state;
	assert_int_equal(decide(&c, &file, UNIX).status, 200);
	assert_int_equal(decide(&c, &file, UNIX + 1).status, 206);
}

static void tags(void **state) {
	char out[HTTP_ETAG_SIZE];
	const struct http_version widest = {UINT64_MAX, INT64_MIN, UINT64_MAX};

	(void)state;
	snprintf(out, sizeof(out), "\"%x-%llx-%x\"", 31, UNIX * 1000000000LL, 1000);
	assert_string_equal(out, http_range_etag(&file, (char[HTTP_ETAG_SIZE]){0}));
	assert_string_equal(ETAG, out);
	http_range_etag(&widest, out);
	assert_int_equal(out[strlen(out) - 1], '"');
}

static const char *const bad_dates[] = {"", "x", ",", "Sun, 06 Nov 1994 08:49:37",
	"Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 1994 08:49:37 GMTx",
	"Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 06 anF 1994 08:49:37 GMT",
	"Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
	"Sun, 06 Nov -994 08:49:37 GMT", "Sun Nov  6 08:49:37 1994 "};

static void dates(void **state) {
	char out[HTTP_DATE_SIZE];
	int64_t unix_s;

	(void)state;
	for (size_t i = 0; i < sizeof(bad_dates) / sizeof(bad_dates[0]); i++)
		if (http_date_parse(bad_dates[i], &unix_s) == 0)
			fail_msg("%s is taken", bad_dates[i]);
	assert_string_equal(http_date_format(UNIX, out), MODIFIED);
	assert_string_equal(http_date_format(0, out), "Thu, 01 Jan 1970 00:00:00 GMT");
	assert_string_equal(http_date_format(INT64_MAX, out), "Thu, 01 Jan 1970 00:00:00 GMT");
	for (int64_t t = -3000000000; t < 9000000000; t += 12345678) {
		assert_int_equal(http_date_parse(http_date_format(t, out), &unix_s), 0);
		assert_true(unix_s == t);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(single_ranges),
		cmocka_unit_test(head_has_no_range),
		cmocka_unit_test(empty_file),
		cmocka_unit_test(all_conditions),
		cmocka_unit_test(weak_date),
		cmocka_unit_test(tags),
		cmocka_unit_test(dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
