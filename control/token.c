// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "token.h"

#include <assert.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

#define TOKEN_BYTES 16u // of the 32 of HMAC-SHA256

static_assert((TOKEN_BYTES * 8 + 4) / 5 + 1 == TOKEN_SIZE, "base32 without padding");

// What is signed: fields with their lengths before them, so that no two claims give the same bytes.
static void add(struct writer *w, const void *data, uint8_t len) {
	writer_u8(w, len);
	writer_bytes(w, data, len);
}

static void add_u64(struct writer *w, uint64_t value) {
	writer_u8(w, sizeof(value));
	writer_u32(w, (uint32_t)(value >> 32));
	writer_u32(w, (uint32_t)value);
}

static void add_claim(struct writer *w, const struct token_claim *claim) {
	static const char what[] = "rouse token 1";
	uint8_t purpose = (uint8_t)claim->purpose;

	add(w, what, sizeof(what) - 1);
	add(w, &purpose, 1);
	add(w, claim->mac, sizeof(claim->mac));
	add_u64(w, claim->serial);
	add_u64(w, (uint64_t)claim->expiry_unix_s);
}

// RFC 4648 section 6, in lower case and without padding.
static void base32(const uint8_t bytes[TOKEN_BYTES], char out[TOKEN_SIZE]) {
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

	for (size_t i = 0; i < TOKEN_SIZE - 1; i++) {
		size_t at = i * 5 / 8, shift = i * 5 % 8;
		uint32_t two = (uint32_t)bytes[at] << 8;

		if (at + 1 < TOKEN_BYTES)
			two |= bytes[at + 1];
		out[i] = digits[two >> (11 - shift) & 31];
	}
	out[TOKEN_SIZE - 1] = '\0';
}

void token_make(
	const uint8_t key[TOKEN_KEY_SIZE], const struct token_claim *claim, char out[TOKEN_SIZE]) {
	uint8_t message[64], digest[32];
	struct writer w = writer_of(message, sizeof(message));

	add_claim(&w, claim);
	// It cannot fail but without memory, and a token that is not one must not be given.
	if (gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, TOKEN_KEY_SIZE, message, w.at, digest) < 0 ||
		w.failed)
		abort();
	base32(digest, out);
}

enum token_verdict token_check(const uint8_t key[TOKEN_KEY_SIZE], const struct token_claim *claim,
	int64_t now_unix_s, const char *token) {
	char expected[TOKEN_SIZE];

	token_make(key, claim, expected);
	if (strnlen(token, TOKEN_SIZE) != TOKEN_SIZE - 1 ||
		gnutls_memcmp(expected, token, TOKEN_SIZE - 1) != 0)
		return TOKEN_WRONG;
	return now_unix_s > claim->expiry_unix_s ? TOKEN_EXPIRED : TOKEN_GOOD;
}
