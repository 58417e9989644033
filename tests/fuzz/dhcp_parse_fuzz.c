// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A client's message: whatever it says, the view points into it or into the view's own room.

#include "dhcp_parse.h"
#include "fuzz.h"

static struct dhcp_view view;

static bool inside(const uint8_t *data, size_t len, const uint8_t *at, size_t size) {
	return data >= at && data <= at + size && len <= (size_t)(at + size - data);
}

static void check(const uint8_t *message, size_t size, struct dhcp_bytes bytes) {
	uint32_t sum = 0;

	if (!bytes.data)
		return;
	FUZZ_ASSERT(inside(bytes.data, bytes.len, message, size) ||
		    inside(bytes.data, bytes.len, view.join, view.join_len));
	for (size_t i = 0; i < bytes.len; i++)
		sum += bytes.data[i];
	FUZZ_ASSERT(sum <= 255u * bytes.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	uint8_t *message = fuzz_exact(data, size);

	if (dhcp_parse(message, size, &view) == DHCP_PARSE_OK) {
		const struct dhcp_bytes all[] = {view.parameters, view.hostname, view.vendor_class,
			view.user_class, view.client_id, view.uuid_option, view.undi, view.agent,
			view.circuit_id, view.remote_id};

		for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
			check(message, size, all[i]);
		FUZZ_ASSERT(view.hlen <= DHCP_CHADDR_BYTES);
		FUZZ_ASSERT(view.hlen || view.client_id.data);
		FUZZ_ASSERT(!view.uuid || view.uuid_option.len == DHCP_UUID_OPTION_BYTES);
		FUZZ_ASSERT(!view.hostname.data || view.hostname.len);
		dhcp_wants(&view, 67);
	}
	free(message);
	return 0;
}
