// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Fuzz: a line of a lease log.

#include "storm_log.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	char *line = malloc(size + 1);
	struct storm_log_entry entry;

	if (!line)
		return 0;
	memcpy(line, data, size);
	line[size] = 0;
	storm_log_parse(line, &entry);
	free(line);
	return 0;
}
