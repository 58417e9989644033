// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A lease file of another server: reading comes to an end, what is read is sound, and what is
// written of it is read again as the same.

#pragma once

#include "fuzz.h"
#include "lease_file.h"

#define FUZZ_NOW INT64_C(1795600000)

static inline void fuzz_written_again(enum lease_format format, const struct lease_entry *entry) {
	char text[2 * LEASE_FILE_TEXT_SIZE];
	char *out = stpcpy(text, lease_file_head(format));
	struct lease_entry again;
	struct lease_file file;
	size_t len = lease_file_write(format, entry, out);

	FUZZ_ASSERT(len < LEASE_FILE_TEXT_SIZE);
	if (!len)
		return;
	FUZZ_ASSERT(len == strlen(out));
	lease_file_begin(&file, format, text, strlen(text), FUZZ_NOW);
	FUZZ_ASSERT(lease_file_next(&file, &again) == 1);
	FUZZ_ASSERT(again.address == entry->address);
	FUZZ_ASSERT(!memcmp(&again.key, &entry->key, sizeof(again.key)));
	FUZZ_ASSERT(lease_file_next(&file, &again) == 0);
}

static inline int fuzz_lease_file(enum lease_format format, const uint8_t *data, size_t size) {
	char *text = (char *)fuzz_exact(data, size);
	struct lease_entry entry;
	struct lease_file file;
	const char *before = text;
	int rc;

	lease_file_begin(&file, format, text, size, FUZZ_NOW);
	while ((rc = lease_file_next(&file, &entry))) {
		FUZZ_ASSERT(file.at > before && file.at <= file.end);
		FUZZ_ASSERT(file.entry_line >= 1 && file.entry_line <= file.line);
		before = file.at;
		if (rc < 0) {
			FUZZ_ASSERT(file.why[0] && strlen(file.why) < LEASE_FILE_WHY_SIZE);
			continue;
		}
		FUZZ_ASSERT(entry.address && entry.key.hlen <= LEASE_KEY_MAX);
		FUZZ_ASSERT(entry.hostname_len <= LEASE_HOSTNAME_MAX);
		FUZZ_ASSERT(entry.state == LEASE_BOUND || entry.state == LEASE_RELEASED ||
			    entry.state == LEASE_DECLINED);
		FUZZ_ASSERT(entry.expiry_unix_s >= 0 && entry.expiry_unix_s <= LEASE_NEVER_UNIX_S);
		FUZZ_ASSERT(entry.since_unix_s >= 0 && entry.since_unix_s < LEASE_NEVER_UNIX_S);
		fuzz_written_again(format, &entry);
	}
	free(text);
	return 0;
}
