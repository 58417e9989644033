// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Which part of a file a request gets: the conditions of RFC 9110 section 13 and the ranges of
// section 14. Pure. Several ranges at once are answered with the whole file, as section 14.2
// allows.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#define HTTP_ETAG_SIZE 64

// What tells one version of a file from another.
struct http_version {
	uint64_t inode;
	int64_t mtime_ns;
	uint64_t size;
};

// The headers as they came, NULL where there is none.
struct http_conditions {
	const char *if_match;
	const char *if_unmodified_since;
	const char *if_none_match;
	const char *if_modified_since;
	const char *if_range;
	const char *range;
	bool is_get; // ranges mean something
};

struct http_selection {
	unsigned int status; // 200, 206, 304, 412, 416
	uint64_t first;      // of a 200 or 206
	uint64_t len;
};

// A strong entity tag with its quotes.
char *http_range_etag(const struct http_version *version, char out[HTTP_ETAG_SIZE]);

// now_unix_s: the answer's Date; a Last-Modified of the same second is no strong validator
// (section 8.8.2.2).
void http_range_decide(const struct http_conditions *conditions, const struct http_version *version,
	int64_t now_unix_s, struct http_selection *selection);
