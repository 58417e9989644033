// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Decoding of URLs. libmicrohttpd would decode them too, but a NUL would end the name there.

#include "http_path.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

static int digit(char c) {
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// One character of *at, which moves on; -EILSEQ.
static int next_byte(const char **at) {
	const char *p = *at;
	int high, low;

	if (*p != '%') {
		*at = p + 1;
		return (unsigned char)*p;
	}
	high = digit(p[1]);
	low = high < 0 ? -1 : digit(p[2]);
	if (low < 0)
		return -EILSEQ;
	*at = p + 3;
	return high << 4 | low;
}

// "http://host/path", as it is sent to a proxy, is taken too.
static const char *skip_authority(const char *target) {
	const char *host = NULL;

	if (!strncasecmp(target, "http://", 7))
		host = target + 7;
	else if (!strncasecmp(target, "https://", 8))
		host = target + 8;
	return host ? host + strcspn(host, "/?#") : target;
}

static bool is_dots(const char *segment, size_t len) {
	return len == 2 && segment[0] == '.' && segment[1] == '.';
}

// Whether a path has a segment "..". Some clients write backslashes.
static bool climbs(const char *path) {
	for (;;) {
		size_t len = strcspn(path, "/\\");

		if (is_dots(path, len))
			return true;
		if (!path[len])
			return false;
		path += len + 1;
	}
}

// Whether what is written so far is at the beginning of a segment.
static bool begins(const char *out, size_t len) {
	return len == 0 || out[len - 1] == '/';
}

// Takes back a segment "." that has just ended.
static size_t drop_dot(const char *out, size_t len) {
	return len && out[len - 1] == '.' && begins(out, len - 1) ? len - 1 : len;
}

int http_path_decode(const char *target, char out[HTTP_PATH_MAX + 1]) {
	const char *at = skip_authority(target);
	size_t len = 0;

	while (*at && *at != '?' && *at != '#') {
		int byte = next_byte(&at);

		if (byte < 0x20 || byte == 0x7f)
			return -EILSEQ;
		if (byte == '/') {
			len = drop_dot(out, len);
			if (begins(out, len))
				continue;
		}
		if (len >= HTTP_PATH_MAX)
			return -ENAMETOOLONG;
		out[len++] = (char)byte;
	}
	out[drop_dot(out, len)] = '\0';
	return climbs(out) ? -EACCES : 0;
}

const char *http_path_query(const char *target) {
	const char *mark = target + strcspn(target, "?#");

	return *mark == '?' ? mark + 1 : "";
}

// Decodes in place up to end; a + is a +, as iPXE sends it in a serial number. 0 or -EILSEQ.
static int decode(char *text, const char *end) {
	const char *at = text;

	while (at < end) {
		int byte = next_byte(&at);

		if (byte <= 0 || at > end)
			return -EILSEQ;
		*text++ = (char)byte;
	}
	*text = '\0';
	return 0;
}

// "name=value" up to end, where a NUL is.
static int decode_pair(char *pair, char *end, struct http_argument *argument) {
	char *equals = memchr(pair, '=', (size_t)(end - pair));
	int rc;

	argument->name = pair;
	argument->value = equals ? equals + 1 : end;
	rc = equals ? decode(equals + 1, end) : 0;
	if (equals)
		*equals = '\0';
	return rc ? rc : decode(pair, equals ? equals : end);
}

int http_path_arguments(char *query, struct http_argument arguments[HTTP_ARGUMENTS_MAX]) {
	int count = 0;

	query[strcspn(query, "#")] = '\0';
	while (*query) {
		size_t len = strcspn(query, "&");
		bool last = !query[len];
		int rc;

		query[len] = '\0';
		if (len && count >= (int)HTTP_ARGUMENTS_MAX)
			return -E2BIG;
		rc = len ? decode_pair(query, query + len, &arguments[count]) : 0;
		if (rc)
			return rc;
		count += len > 0;
		query += len + !last;
	}
	return count;
}
