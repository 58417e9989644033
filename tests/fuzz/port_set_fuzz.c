// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A list of ports: what is read and written again is read as the same set.

#include "fuzz.h"

#include "cli/port_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct port_set set, again;
	static char out[PORT_SET_TEXT_MAX];
	char *text = malloc(size + 1);

	FUZZ_ASSERT(text);
	memcpy(text, data, size);
	text[size] = '\0';
	if (port_set_parse(text, &set) == 0) {
		FUZZ_ASSERT(port_set_format(&set, out, sizeof(out)) >= 0);
		FUZZ_ASSERT(port_set_parse(out, &again) == 0);
		FUZZ_ASSERT(port_set_equal(&set, &again));
	}
	free(text);
	return 0;
}
