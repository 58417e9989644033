// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the readers and writers of the single formats share; for lease_file*.c only.

#pragma once

#include <stdbool.h>
#include <string.h>

#include "lease_file.h"
#include "text.h"

// A piece of the text.
struct span {
	const char *at;
	size_t len;
};

static inline bool span_is(struct span span, const char *word) {
	return span.len == strlen(word) && !memcmp(span.at, word, span.len);
}

// Whole spans only. False: it is none, or above max.
bool span_number(struct span span, uint64_t max, uint64_t *value);
bool span_ip(struct span span, uint32_t *address);
// "52:54:00:..", bytes of one or two digits. How many, 0 for an empty span; -1: it is none, or more
// than size.
int span_bytes(struct span span, uint8_t *out, size_t size);

// The next line without its end. False: there is none.
bool lease_file_line(struct lease_file *file, struct span *line);

// Says that the text is wrong: -EINVAL.
int lease_file_bad(struct lease_file *file, struct span text, const char *what);

void lease_entry_hostname(struct lease_entry *entry, const void *name, size_t len);

// The key of a machine without a hardware address. Only InfiniBand sends none (RFC 4390).
struct lease_key lease_key_of_id(const uint8_t *id, size_t len);

bool lease_entry_has_key(const struct lease_entry *entry);

// "52:54:00:00:01:01"
#define LEASE_KEY_TEXT_SIZE (3 * LEASE_KEY_MAX)
char *lease_key_text(const struct lease_key *key, char out[LEASE_KEY_TEXT_SIZE]);

int lease_file_next_dnsmasq(struct lease_file *file, struct lease_entry *entry);
int lease_file_next_isc(struct lease_file *file, struct lease_entry *entry);
int lease_file_next_kea(struct lease_file *file, struct lease_entry *entry);

// out has LEASE_FILE_TEXT_SIZE bytes. The key is none of an id, unless it is nobody's.
size_t lease_file_write_dnsmasq(const struct lease_entry *entry, char *out);
size_t lease_file_write_isc(const struct lease_entry *entry, char *out);
size_t lease_file_write_kea(const struct lease_entry *entry, char *out);
