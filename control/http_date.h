// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Dates as HTTP writes them (RFC 9110 section 5.6.7). Pure.

#pragma once

#include <stdint.h>

#define HTTP_DATE_SIZE 32

// "Sun, 06 Nov 1994 08:49:37 GMT"
char *http_date_format(int64_t unix_s, char out[HTTP_DATE_SIZE]);

// Any of the three forms that a recipient has to take. 0, or -EINVAL.
int http_date_parse(const char *text, int64_t *unix_s);
