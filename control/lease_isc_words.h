// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The words and statements of dhcpd.leases; for lease_file_isc.c only.

#pragma once

#include "lease_file_internal.h"

#define ISC_WORDS_MAX 8

enum isc_token_kind { ISC_END, ISC_WORD, ISC_STRING, ISC_SEMICOLON, ISC_OPEN, ISC_CLOSE };

struct isc_token {
	enum isc_token_kind kind;
	struct span text; // of a string what stands between the quotes, escapes and all
	uint32_t line;
};

// The words up to what ends them.
struct isc_statement {
	enum isc_token_kind end; // SEMICOLON, OPEN, CLOSE or END
	int count;               // of all words, also those beyond ISC_WORDS_MAX
	struct isc_token word[ISC_WORDS_MAX];
	struct isc_token last[2]; // the last two; what is not there is empty
};

void isc_read_statement(struct lease_file *file, struct isc_statement *s);

// Whether the word at this place is this one, not in quotes.
bool isc_word_is(const struct isc_statement *s, int at, const char *word);

// Whether it ends in "lease WORD {".
bool isc_begins_lease(const struct isc_statement *s);

// Passes over the block whose brace was read last.
void isc_skip_block(struct lease_file *file);

// The bytes of a string: \ooo, and a backslash before any other byte. At most size of them.
size_t isc_unescape(struct span text, char *out, size_t size);
