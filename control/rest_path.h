// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Paths of the REST API. Pure.

#pragma once

#include <stdbool.h>

#define REST_ARGUMENTS_MAX 2u
#define REST_ARGUMENT_SIZE 256u

struct rest_arguments {
	char text[REST_ARGUMENTS_MAX][REST_ARGUMENT_SIZE]; // "": the path has none
};

// Whether url is what path says: each * of it, at most REST_ARGUMENTS_MAX, stands for a text
// without a slash that is not empty, and the last one of a path that ends in ** for all that is
// left.
bool rest_path_matches(const char *path, const char *url, struct rest_arguments *arguments);
