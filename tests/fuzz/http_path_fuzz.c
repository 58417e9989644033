// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A request's target: its path and its arguments.

#include "fuzz.h"

#include "http_path.h"

static void check_path(const char *target) {
	char path[HTTP_PATH_MAX + 1];

	if (http_path_decode(target, path) < 0)
		return;
	FUZZ_ASSERT(strlen(path) <= HTTP_PATH_MAX);
	FUZZ_ASSERT(path[0] != '/' && !strstr(path, "//"));
	FUZZ_ASSERT(!strstr(path, "/../") && strncmp(path, "../", 3) != 0);
	FUZZ_ASSERT(strcmp(path, "..") != 0 && !strstr(path, "\\..\\"));
	for (const char *at = path; *at; at++)
		FUZZ_ASSERT((unsigned char)*at >= 0x20);
}

static void check_arguments(char *query) {
	struct http_argument arguments[HTTP_ARGUMENTS_MAX];
	size_t room = strlen(query), used = 0;
	int count = http_path_arguments(query, arguments);

	FUZZ_ASSERT(count <= (int)HTTP_ARGUMENTS_MAX);
	for (int i = 0; i < count; i++)
		used += strlen(arguments[i].name) + strlen(arguments[i].value);
	FUZZ_ASSERT(used <= room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	char *target = malloc(size + 1), *query;

	FUZZ_ASSERT(target);
	memcpy(target, data, size);
	target[size] = '\0';
	check_path(target);
	query = strdup(http_path_query(target));
	FUZZ_ASSERT(query);
	check_arguments(query);
	free(query);
	free(target);
	return 0;
}
