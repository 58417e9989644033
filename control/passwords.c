// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "passwords.h"

#include <crypt.h>
#include <gnutls/gnutls.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

#define DIGITS "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// The kinds of crypt(5): "$6$rounds=5000$salt$hash", "$y$j9T$salt$hash".
struct kind {
	const char *prefix;
	size_t salt_max;
	size_t hash_len;
	bool yescrypt;
};

static const struct kind kinds[] = {
	{.prefix = "$6$", .salt_max = 16, .hash_len = 86},
	{.prefix = "$5$", .salt_max = 16, .hash_len = 43},
	{.prefix = "$y$", .salt_max = 86, .hash_len = 43, .yescrypt = true},
};

static const struct kind *kind_of(const char *hash) {
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strncmp(hash, kinds[i].prefix, strlen(kinds[i].prefix)))
			return &kinds[i];
	return NULL;
}

// Takes "rounds=N$" off the text; false when N is more than we compute, or no number.
static bool take_rounds(const char **at) {
	const char *digit;
	uint32_t rounds = 0;

	if (strncmp(*at, "rounds=", 7) != 0)
		return true;
	for (digit = *at + 7; *digit >= '0' && *digit <= '9' && rounds <= PASSWORD_ROUNDS_MAX;
		digit++)
		rounds = rounds * 10 + (uint32_t)(*digit - '0');
	*at = digit + 1;
	return *digit == '$' && rounds && rounds <= PASSWORD_ROUNDS_MAX;
}

// Takes the cost off a yescrypt hash: crypt_gensalt(3) 1 to 7, where 7 takes 64 MiB.
static bool take_cost(const char **at) {
	static const char *const costs[] = {"j75$", "j85$", "j7T$", "j8T$", "j9T$", "jAT$", "jBT$"};

	for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
		if (strncmp(*at, costs[i], 4) != 0)
			continue;
		*at += 4;
		return true;
	}
	return false;
}

static bool is_whole(const struct kind *kind, const char *salt) {
	size_t len = strspn(salt, DIGITS);

	if (!len || len > kind->salt_max || salt[len] != '$')
		return false;
	salt += len + 1;
	return strspn(salt, DIGITS) == kind->hash_len && !salt[kind->hash_len];
}

bool password_hash_is_good(const char *hash, const char **why) {
	const struct kind *kind = kind_of(hash);
	const char *at = kind ? hash + strlen(kind->prefix) : NULL;

	if (!kind)
		*why = "is no hash of a password: make one by \"openssl passwd -6\"";
	else if (!(kind->yescrypt ? take_cost(&at) : take_rounds(&at)))
		*why = "costs more than a quarter of a second: make one by \"openssl passwd -6\"";
	else if (!is_whole(kind, at))
		*why = "is not whole: copy all that \"openssl passwd -6\" prints, in quotes";
	else
		return true;
	return false;
}

bool password_check(const char *hash, const char *password) {
	struct crypt_data *data;
	const char *made, *why;
	size_t len = strlen(hash);
	bool equal;

	if (!password_hash_is_good(hash, &why) || strlen(password) > PASSWORD_LEN_MAX)
		return false;
	data = mem_alloc(sizeof(*data));
	made = crypt_rn(password, hash, data, sizeof(*data)); // NULL on failure, as crypt_r is not
	equal = made && strlen(made) == len && gnutls_memcmp(made, hash, len) == 0;
	explicit_bzero(data, sizeof(*data));
	free(data);
	return equal;
}
