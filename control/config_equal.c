// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "config_equal.h"

#include <stdio.h>
#include <string.h>

static const void *field(const struct config_key *key, const void *record) {
	return (const char *)record + key->offset;
}

static const void *field2(const struct config_key *key, const void *record) {
	return (const char *)record + key->offset2;
}

static bool same_text(const char *a, const char *b) {
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_texts(const struct config_texts *a, const struct config_texts *b) {
	if (a->count != b->count)
		return false;
	for (uint32_t i = 0; i < a->count; i++)
		if (strcmp(a->list[i], b->list[i]) != 0)
			return false;
	return true;
}

static bool same_addresses(const struct config_addresses *a, const struct config_addresses *b) {
	return a->count == b->count &&
	       (!a->count || !memcmp(a->list, b->list, a->count * sizeof(*a->list)));
}

static bool same_pools(const struct config_subnet *a, const struct config_subnet *b) {
	if (a->pool_count != b->pool_count)
		return false;
	for (uint32_t i = 0; i < a->pool_count; i++)
		if (a->pools[i].first != b->pools[i].first ||
			a->pools[i].last != b->pools[i].last ||
			a->pools[i].users != b->pools[i].users)
			return false;
	return true;
}

static bool same_options(const struct config_options *a, const struct config_options *b) {
	if (a->count != b->count)
		return false;
	for (uint32_t i = 0; i < a->count; i++)
		if (a->list[i].code != b->list[i].code || a->list[i].len != b->list[i].len ||
			memcmp(a->list[i].data, b->list[i].data, a->list[i].len) != 0)
			return false;
	return true;
}

static bool same_match(const struct config_match *a, const struct config_match *b) {
	if (a->count != b->count)
		return false;
	for (uint32_t i = 0; i < a->count; i++) {
		const struct config_condition *x = &a->list[i], *y = &b->list[i];

		if (x->match != y->match || x->group != y->group || x->value != y->value ||
			x->mask != y->mask || !same_text(x->text, y->text))
			return false;
	}
	return true;
}

static bool same_vars(const struct vars *a, const struct vars *b) {
	static const struct vars none = {.map = {.kind = VARS_MAP}};

	return vars_value_equal(a ? &a->map : &none.map, b ? &b->map : &none.map);
}

static bool same_records(const struct config_key *key, const void *a, const void *b) {
	const struct config_section *section = &config_sections[key->records];
	uint32_t count = *(const uint32_t *)field2(key, a);
	const char *x = *(const char *const *)field(key, a),
		   *y = *(const char *const *)field(key, b);

	if (count != *(const uint32_t *)field2(key, b))
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (!config_record_equal(
			    key->records, x + i * section->size, y + i * section->size))
			return false;
	return true;
}

// Whether it is given is a part of what a map says.
static bool same_map(const struct config_key *key, const void *a, const void *b) {
	if (key->offset2 && *(const bool *)field2(key, a) != *(const bool *)field2(key, b))
		return false;
	return config_record_equal(key->records, field(key, a), field(key, b));
}

bool config_key_equal(const struct config_key *key, const void *a, const void *b) {
	const void *x = field(key, a), *y = field(key, b);

	switch (key->type) {
	case CONFIG_TYPE_TEXT:
	case CONFIG_TYPE_NAME:
	case CONFIG_TYPE_DIRECTORY:
	case CONFIG_TYPE_FILE:
	case CONFIG_TYPE_DEVICE:
		return same_text(*(const char *const *)x, *(const char *const *)y) &&
		       (key->type != CONFIG_TYPE_DEVICE ||
			       !memcmp(field2(key, a), field2(key, b), 1));
	case CONFIG_TYPE_BOOL:
	case CONFIG_TYPE_CHOICE:
		return !memcmp(x, y, 1);
	case CONFIG_TYPE_NUMBER16:
		return !memcmp(x, y, sizeof(uint16_t));
	case CONFIG_TYPE_NUMBER:
	case CONFIG_TYPE_DURATION:
	case CONFIG_TYPE_TID_RANGE: // two of 16 bits
	case CONFIG_TYPE_ADDRESS:
		return !memcmp(x, y, sizeof(uint32_t));
	case CONFIG_TYPE_SIZE:
	case CONFIG_TYPE_RATE:
		return !memcmp(x, y, sizeof(uint64_t));
	case CONFIG_TYPE_CIDR:
		return !memcmp(x, y, sizeof(uint32_t)) &&
		       !memcmp(field2(key, a), field2(key, b), 1);
	case CONFIG_TYPE_MAC:
		return !memcmp(x, y, 6);
	case CONFIG_TYPE_ADDRESSES:
		return same_addresses(x, y);
	case CONFIG_TYPE_POOLS:
		return same_pools(a, b);
	case CONFIG_TYPE_TEXTS:
	case CONFIG_TYPE_FILES:
		return same_texts(x, y);
	case CONFIG_TYPE_OPTIONS:
		return same_options(x, y);
	case CONFIG_TYPE_MATCH:
	case CONFIG_TYPE_ARCHS:
		return same_match(x, y);
	case CONFIG_TYPE_VARS:
		return same_vars(*(const struct vars *const *)x, *(const struct vars *const *)y);
	case CONFIG_TYPE_MAP:
		return same_map(key, a, b);
	case CONFIG_TYPE_RECORDS:
		return same_records(key, a, b);
	case CONFIG_TYPE_LATER:
		break;
	}
	return true;
}

bool config_record_equal(enum config_section_id section, const void *a, const void *b) {
	for (size_t i = 0; i < config_key_count; i++)
		if (config_keys[i].section == section && !config_key_equal(&config_keys[i], a, b))
			return false;
	return true;
}

// Three keys fill the pools; the first stands for them.
static bool is_told(const struct config_key *key) {
	return key->type != CONFIG_TYPE_POOLS || !key->max;
}

char *config_record_differences(
	enum config_section_id section, const void *a, const void *b, char *out, size_t size) {
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < config_key_count && used < size; i++) {
		const struct config_key *key = &config_keys[i];

		if (key->section == section && is_told(key) && !config_key_equal(key, a, b))
			used += (size_t)snprintf(
				out + used, size - used, "%s%s", used ? ", " : "", key->name);
	}
	return out;
}
