// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "host_dnsmasq.h"
#include "host_list_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	char *text = (char *)fuzz_exact(data, size);
	struct host_list *list = host_list_new();

	host_dnsmasq_read(list, text, size, size & 1);
	free(text);
	fuzz_host_list(list);
	return 0;
}
