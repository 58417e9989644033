// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Looking a key up, and what a mistyped one was meant to be.

#include <string.h>

#include "config_keys.h"

const struct config_key *config_key_find(enum config_section_id section, const char *name) {
	for (size_t i = 0; i < config_key_count; i++)
		if (config_keys[i].section == section && !strcmp(config_keys[i].name, name))
			return &config_keys[i];
	return NULL;
}

static size_t smallest(size_t a, size_t b, size_t c) {
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

#define WORD_MAX 24

// Levenshtein's distance by one row of his table.
size_t config_distance(const char *a, const char *b, size_t limit) {
	size_t row[WORD_MAX + 1], a_len = strlen(a), b_len = strlen(b);

	if (a_len > WORD_MAX || b_len > WORD_MAX)
		return limit + 1;
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t above = row[j];

			row[j] = smallest(
				above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_len] < limit + 1 ? row[b_len] : limit + 1;
}

const char *config_key_nearest(enum config_section_id section, const char *name) {
	const char *nearest = NULL;
	size_t limit = strlen(name) > 3 ? 2 : 1;
	size_t best = limit + 1;

	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];
		size_t distance;

		if (key->section != section || key->type == CONFIG_TYPE_LATER)
			continue;
		distance = config_distance(name, key->name, limit);
		if (distance < best) {
			best = distance;
			nearest = key->name;
		}
	}
	return nearest;
}
