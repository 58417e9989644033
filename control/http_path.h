// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What a request line's target says: the path of a file, and the arguments after the question mark.
// Pure; nothing of it trusts the client.

#pragma once

#include <stddef.h>

#define HTTP_PATH_MAX      1023u
#define HTTP_ARGUMENTS_MAX 64u

// Decodes a target (RFC 9112 section 3.2, origin-form or absolute-form) up to its '?': %XX is
// undone, several slashes are one, segments "." are left out, the leading slash too. A backslash
// stays one. 0, or
//   -EILSEQ        a % without two digits, or a control character
//   -EACCES        a segment "..", between slashes of either kind
//   -ENAMETOOLONG  more than HTTP_PATH_MAX bytes
int http_path_decode(const char *target, char out[HTTP_PATH_MAX + 1]);

// What follows the target's '?', "" when there is none.
const char *http_path_query(const char *target);

struct http_argument {
	const char *name;
	const char *value; // "" when there is none
};

// Splits "a=b&c=d" in place and decodes names and values. Returns the number, or
//   -EILSEQ  a % without two digits, or a NUL
//   -E2BIG   more than HTTP_ARGUMENTS_MAX
int http_path_arguments(char *query, struct http_argument arguments[HTTP_ARGUMENTS_MAX]);
