// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "json_depth.h"

// Past the quote that ends a string, or the end of the text.
static size_t skip_string(const char *text, size_t len, size_t at) {
	while (at < len && text[at] != '"')
		at += text[at] == '\\' ? 2 : 1;
	return at + 1;
}

bool json_is_deeper(const char *text, size_t len, size_t max) {
	size_t depth = 0;

	for (size_t at = 0; at < len;) {
		char c = text[at++];

		if (c == '"')
			at = skip_string(text, len, at);
		else if ((c == '[' || c == '{') && ++depth > max)
			return true;
		else if ((c == ']' || c == '}') && depth)
			depth--;
	}
	return false;
}
