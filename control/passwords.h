// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Passwords of menu items, as the configuration has them: hashes of crypt(5). yescrypt ($y$),
// SHA-512 ($6$) and SHA-256 ($5$) are taken, with a cost of at most about a quarter of a second, as
// whoever reaches the menu has us compute them.

#pragma once

#include <stdbool.h>

#define PASSWORD_ROUNDS_MAX 500000u // of $6$ and $5$
#define PASSWORD_LEN_MAX    511u

// Whether it is such a hash; if not, *why is a sentence that says what to do.
bool password_hash_is_good(const char *hash, const char **why);

// Whether the password belongs to a hash that is good. Takes up to 0.25 s and 64 MiB; any thread.
bool password_check(const char *hash, const char *password);
