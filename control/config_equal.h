// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Whether two configurations say the same, by the table of keys: a new key is compared without more
// ado. Lines make no difference. Pure.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "config_keys.h"

// a, b: records of the key's section.
bool config_key_equal(const struct config_key *key, const void *a, const void *b);

bool config_record_equal(enum config_section_id section, const void *a, const void *b);

// "kernel, cmdline": the keys in which two records differ; "" for none. Returns out.
char *config_record_differences(
	enum config_section_id section, const void *a, const void *b, char *out, size_t size);
