// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "lease_file_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	return fuzz_lease_file(LEASE_FORMAT_DNSMASQ, data, size);
}
