// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Tables of lease files and what is read from them.

#pragma once

#include "lease_file.h"
#include "text.h"
#include "unit.h"

#define FIXTURE_NOW INT64_C(1795600000) // 2026-11-25 09:46:40

struct file_case {
	const char *name;
	const char *text;
	const char *address; // of the first lease
	const char *key;     // "52:54:00:00:01:01" (htype 1), "id" (a hash), "" (nobody's)
	enum lease_state state;
	int64_t expiry;
	int64_t since;
	const char *hostname;
};

struct bad_case {
	const char *name;
	const char *text;
	uint32_t line;
	const char *why; // a part of it
};

// Begins a file that ends where the block does, so that ASan sees a read beyond it.
static inline char *fixture_begin_file(
	struct lease_file *file, enum lease_format format, const char *text) {
	char *copy = (char *)unit_exact(text, strlen(text));

	lease_file_begin(file, format, copy, strlen(text), FIXTURE_NOW);
	return copy;
}

static inline const char *fixture_key(const struct lease_entry *entry, char out[64]) {
	static const uint8_t none[LEASE_KEY_MAX];
	size_t used = 0;

	strcpy(out, "");
	if (!entry->key.hlen)
		return memcmp(entry->key.bytes, none, sizeof(none)) ? "id" : "";
	for (int i = 0; i < entry->key.hlen; i++)
		used += (size_t)sprintf(out + used, "%s%02x", i ? ":" : "", entry->key.bytes[i]);
	return out;
}

static inline void check_entry(const struct file_case *c, const struct lease_entry *entry) {
	char ip[TEXT_IP_SIZE], key[64], name[LEASE_HOSTNAME_MAX + 1] = "";

	memcpy(name, entry->hostname, entry->hostname_len);
	assert_case(c->name, !strcmp(text_ip(entry->address, ip), c->address));
	assert_case(c->name, !strcmp(fixture_key(entry, key), c->key));
	for (size_t i = entry->key.hlen; entry->key.hlen && i < LEASE_KEY_MAX; i++)
		assert_case(c->name, entry->key.bytes[i] == 0);
	assert_case(c->name, entry->state == c->state);
	assert_case(c->name, entry->expiry_unix_s == c->expiry);
	assert_case(c->name, entry->since_unix_s == c->since);
	assert_case(c->name, !strcmp(name, c->hostname));
}

static inline void check_files(
	enum lease_format format, const struct file_case *cases, size_t count) {
	for (size_t i = 0; i < count; i++) {
		struct lease_file file;
		struct lease_entry entry;
		char *text = fixture_begin_file(&file, format, cases[i].text);
		int rc = lease_file_next(&file, &entry);

		if (rc != 1)
			fail_msg("case %s: %d: %s", cases[i].name, rc, file.why);
		check_entry(&cases[i], &entry);
		free(text);
	}
}

// The first error is told with its line, and what stands behind it is read to the end.
static inline void check_bad_files(
	enum lease_format format, const struct bad_case *cases, size_t count) {
	for (size_t i = 0; i < count; i++) {
		struct lease_file file;
		struct lease_entry entry;
		char *text = fixture_begin_file(&file, format, cases[i].text);
		int rc;

		while ((rc = lease_file_next(&file, &entry)) > 0)
			;
		assert_case(cases[i].name, rc < 0);
		if (file.entry_line != cases[i].line || !strstr(file.why, cases[i].why))
			fail_msg("case %s: line %u: %s", cases[i].name, file.entry_line, file.why);
		while ((rc = lease_file_next(&file, &entry)))
			;
		assert_case(cases[i].name, file.at == file.end);
		free(text);
	}
}

// How many leases a text holds, without an error.
static inline int count_leases(enum lease_format format, const char *text, uint64_t *passed_over) {
	struct lease_file file;
	struct lease_entry entry;
	char *copy = fixture_begin_file(&file, format, text);
	int count = 0, rc;

	while ((rc = lease_file_next(&file, &entry)) > 0)
		count++;
	if (rc)
		fail_msg("line %u: %s", file.entry_line, file.why);
	*passed_over = file.passed_over;
	free(copy);
	return count;
}
