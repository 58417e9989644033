// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The look at how deep JSON is nested: what it lets pass is no deeper in what jansson reads.

#include "fuzz.h"

#include <jansson.h>

#include "json_depth.h"

#define DEPTH 32u

// Calls itself at most DEPTH + 1 times, if the look was right.
static unsigned depth_of(const json_t *value) {
	unsigned deepest = 0, depth;
	const char *name;
	json_t *item;
	size_t i;

	json_array_foreach(value, i, item) {
		depth = depth_of(item);
		deepest = depth > deepest ? depth : deepest;
	}
	json_object_foreach((json_t *)value, name, item) {
		depth = depth_of(item);
		deepest = depth > deepest ? depth : deepest;
	}
	return deepest + (json_is_array(value) || json_is_object(value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	char *text = (char *)fuzz_exact(data, size);
	bool deeper = json_is_deeper(text, size, DEPTH);
	json_t *value = json_loadb(text, size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);

	if (value)
		FUZZ_ASSERT(deeper == (depth_of(value) > DEPTH));
	json_decref(value);
	free(text);
	return 0;
}
