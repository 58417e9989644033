// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What is wrong with a configuration: all of it up to a bound, each with its line and key.

#pragma once

#include <stddef.h>
#include <stdint.h>

#define CONFIG_ERRORS_MAX 50u

struct config_error {
	uint32_t line; // 0: the file as a whole
	char key[96];  // path: "subnets[0].pools"; "" for the file as a whole
	char text[224];
};

struct config_errors {
	size_t count; // may be larger than CONFIG_ERRORS_MAX: the rest was not kept
	struct config_error list[CONFIG_ERRORS_MAX];
};

void config_error_add(struct config_errors *errors, uint32_t line, const char *key,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

// Puts the errors in the order of their lines.
void config_errors_sort(struct config_errors *errors);

// "file:line: key: sentence", without a line feed.
void config_error_print(const struct config_error *error, const char *name, char *out, size_t size);
