// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Tokens of URLs: who has one was given it by us, for one purpose of one node. They are made anew
// from the key at any time, and nothing of them is stored. That one is used once only is the
// part of who keeps the serials.

#pragma once

#include <stdint.h>

#define TOKEN_KEY_SIZE 32u
#define TOKEN_SIZE     27u // 26 characters of a-z and 2-7, and NUL
#define TOKEN_WHY_SIZE 256u

enum token_purpose {
	TOKEN_TEMPLATE, // to fetch a rendered template
	TOKEN_CALLBACK, // to report how an installation went
	TOKEN_MENU,     // to use an item of a menu
};

// What a token stands for.
struct token_claim {
	enum token_purpose purpose;
	uint8_t mac[6];
	uint64_t serial;
	int64_t expiry_unix_s; // the last second of its life
};

enum token_verdict {
	TOKEN_GOOD,
	TOKEN_WRONG,   // made by another key, for another claim, or by nobody
	TOKEN_EXPIRED, // right, but too late
};

// Reads the key file, or makes it when there is none: mode 0600, on disk before it is used. 0, or
// -errno with the reason in why: -EPERM another mode, -EINVAL no key is in it.
int token_key_load(const char *path, uint8_t key[TOKEN_KEY_SIZE], char why[TOKEN_WHY_SIZE]);

// HMAC-SHA256 over the claim, its first 128 bits in base32. Pure; any thread. The key is fit for
// nothing else.
void token_make(
	const uint8_t key[TOKEN_KEY_SIZE], const struct token_claim *claim, char out[TOKEN_SIZE]);

// The time that it takes says nothing of how much of a token was right.
enum token_verdict token_check(const uint8_t key[TOKEN_KEY_SIZE], const struct token_claim *claim,
	int64_t now_unix_s, const char *token);
