// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// net.ipv4.ip_local_reserved_ports as a bitmap: rouse host merges the range of transfer ports into
// what is there, and takes out no more than it put in.

#include "cli/port_set.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool is_space(char c) {
	return c == ' ' || c == '\t' || c == '\n';
}

static const char *parse_number(const char *text, uint32_t *number) {
	const char *start = text;

	for (*number = 0; *text >= '0' && *text <= '9'; text++) {
		*number = *number * 10 + (uint32_t)(*text - '0');
		if (*number > UINT16_MAX)
			return NULL;
	}
	return text > start ? text : NULL;
}

static const char *parse_range(const char *text, struct port_set *set) {
	uint32_t first, last;

	text = parse_number(text, &first);
	if (!text)
		return NULL;
	last = first;
	if (*text == '-')
		text = parse_number(text + 1, &last);
	if (!text || last < first)
		return NULL;
	port_set_add_range(set, (uint16_t)first, (uint16_t)last);
	return text;
}

int port_set_parse(const char *text, struct port_set *set) {
	memset(set, 0, sizeof(*set));
	while (is_space(*text))
		text++;
	if (!*text)
		return 0;
	for (;; text++) {
		text = parse_range(text, set);
		if (!text)
			return -EINVAL;
		if (*text != ',')
			break;
	}
	while (is_space(*text))
		text++;
	return *text ? -EINVAL : 0;
}

int port_set_format(const struct port_set *set, char *out, size_t size) {
	size_t len = 0;

	if (!size)
		return -ENOSPC;
	out[0] = '\0';
	for (uint32_t port = 0; port <= UINT16_MAX; port++) {
		uint32_t last = port;
		int n;

		if (!port_set_has(set, (uint16_t)port))
			continue;
		while (last < UINT16_MAX && port_set_has(set, (uint16_t)(last + 1)))
			last++;
		n = snprintf(out + len, size - len, last > port ? "%s%u-%u" : "%s%u",
			len ? "," : "", port, last);
		if (n < 0 || (size_t)n >= size - len)
			return -ENOSPC;
		len += (size_t)n;
		port = last;
	}
	return (int)len;
}

void port_set_add_range(struct port_set *set, uint16_t first, uint16_t last) {
	for (uint32_t port = first; port <= last; port++)
		set->word[port / 64] |= 1ULL << (port % 64);
}

bool port_set_has(const struct port_set *set, uint16_t port) {
	return set->word[port / 64] >> (port % 64) & 1;
}

void port_set_merge(struct port_set *set, const struct port_set *other) {
	for (size_t i = 0; i < 1024; i++)
		set->word[i] |= other->word[i];
}

void port_set_remove(struct port_set *set, const struct port_set *other) {
	for (size_t i = 0; i < 1024; i++)
		set->word[i] &= ~other->word[i];
}

bool port_set_equal(const struct port_set *a, const struct port_set *b) {
	return memcmp(a, b, sizeof(*a)) == 0;
}
