// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Globs without recursion: on a mismatch the last star takes one byte more. Only the last star ever
// has to be tried again, so the work is bounded by pattern_len * text_len.

#include "text.h"

static char lower(char c) {
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool in_range(char c, char from, char to, bool fold) {
	uint8_t byte = (uint8_t)c;

	if (byte >= (uint8_t)from && byte <= (uint8_t)to)
		return true;
	if (!fold)
		return false;
	byte = (uint8_t)lower(c);
	return byte >= (uint8_t)lower(from) && byte <= (uint8_t)lower(to);
}

// The length of the set at p ([a-z], [!a-z]), 0 if it is not closed: then [ is a plain byte. A ]
// that comes first belongs to the set.
static size_t set_length(const char *p, size_t len) {
	size_t i = 1;

	if (i < len && (p[i] == '!' || p[i] == '^'))
		i++;
	if (i < len && p[i] == ']')
		i++;
	while (i < len && p[i] != ']')
		i++;
	return i < len ? i + 1 : 0;
}

static bool set_holds(const char *p, size_t set_len, char c, bool fold) {
	bool negated = p[1] == '!' || p[1] == '^';
	bool found = false;

	for (size_t i = negated ? 2 : 1; i < set_len - 1; i++) {
		if (i + 2 < set_len - 1 && p[i + 1] == '-') {
			found = found || in_range(c, p[i], p[i + 2], fold);
			i += 2;
		} else {
			found = found || in_range(c, p[i], p[i], fold);
		}
	}
	return found != negated;
}

// Matches the one byte c against what stands at p; *used is the length of it in the pattern.
static bool match_one(const char *p, size_t len, char c, bool fold, size_t *used) {
	size_t set_len = *p == '[' ? set_length(p, len) : 0;

	*used = 1;
	if (set_len) {
		*used = set_len;
		return set_holds(p, set_len, c, fold);
	}
	return *p == '?' || *p == c || (fold && lower(*p) == lower(c));
}

bool text_glob(
	const char *pattern, size_t pattern_len, const char *text, size_t text_len, bool fold) {
	size_t p = 0, t = 0, used;
	size_t star = SIZE_MAX, star_text = 0;

	while (t < text_len) {
		if (p < pattern_len && pattern[p] == '*') {
			star = ++p;
			star_text = t;
		} else if (p < pattern_len &&
			   match_one(pattern + p, pattern_len - p, text[t], fold, &used)) {
			p += used;
			t++;
		} else if (star != SIZE_MAX) {
			p = star;
			t = ++star_text;
		} else {
			return false;
		}
	}
	while (p < pattern_len && pattern[p] == '*')
		p++;
	return p == pattern_len;
}
