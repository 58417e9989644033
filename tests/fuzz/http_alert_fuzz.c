// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A client's stream of TLS records: how it is cut changes nothing.

#include "fuzz.h"

#include "http_alert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct http_alert whole = {0}, cut = {0};
	uint8_t *copy = fuzz_exact(data, size);

	http_alert_feed(&whole, copy, size);
	for (size_t at = 0, len; at < size; at += len) {
		len = copy[at] % 7 + 1u;
		if (len > size - at)
			len = size - at;
		http_alert_feed(&cut, copy + at, len);
	}
	FUZZ_ASSERT(whole.seen == cut.seen && whole.broken == cut.broken);
	FUZZ_ASSERT(whole.description == cut.description);
	free(copy);
	return 0;
}
