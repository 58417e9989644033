// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "host_csv.h"
#include "host_list_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	char *text = (char *)fuzz_exact(data, size);
	struct host_list *list = host_list_new();

	host_csv_read(list, text, size);
	free(text);
	fuzz_host_list(list);
	return 0;
}
