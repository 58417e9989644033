// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "rest_path.h"

#include <string.h>

// Takes len bytes of the url for an argument.
static bool take(const char *url, size_t len, char argument[REST_ARGUMENT_SIZE]) {
	if (len == 0 || len >= REST_ARGUMENT_SIZE)
		return false;
	memcpy(argument, url, len);
	argument[len] = '\0';
	return true;
}

bool rest_path_matches(const char *path, const char *url, struct rest_arguments *arguments) {
	memset(arguments, 0, sizeof(*arguments));
	for (unsigned i = 0; i < REST_ARGUMENTS_MAX; i++) {
		size_t before = strcspn(path, "*"), len;
		bool rest;

		if (!path[before] || strncmp(path, url, before) != 0)
			break;
		path += before + 1;
		url += before;
		rest = *path == '*';
		path += rest;
		len = rest ? strlen(url) : strcspn(url, "/");
		if (!take(url, len, arguments->text[i]))
			return false;
		url += len;
	}
	return !strcmp(path, url);
}
