// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Fuzz: a capture. What comes out must be fit to be played: names that end, options within their
// bounds, shares that count every client.

#include "storm_capture.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_client(const struct storm_capture_client *c) {
	const struct storm_model *m = &c->model;

	if (m->read_count > STORM_CAPTURE_READS || (m->read_count && m->reads != c->reads) ||
		m->dhcp.discover.len > STORM_DHCP_MESSAGE_SIZE ||
		m->dhcp.request.len > STORM_DHCP_MESSAGE_SIZE)
		abort();
	for (uint32_t i = 0; i < m->read_count; i++) {
		const struct storm_read *r = &m->reads[i];

		if (r->what != STORM_READ_NAMED || strlen(r->name) >= STORM_FILE_NAME_SIZE ||
			r->tftp.options_len > STORM_CAPTURE_OPTIONS ||
			(r->tftp.options_len && r->tftp.options[r->tftp.options_len - 1]))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct storm_capture capture;
	uint8_t *copy = malloc(size ? size : 1);
	uint32_t alike = 0;

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	if (storm_capture_parse(&capture, copy, size) == 0) {
		for (uint32_t i = 0; i < capture.count; i++) {
			check_client(&capture.clients[i]);
			alike += capture.clients[i].alike;
		}
		if (alike != capture.count)
			abort();
	}
	free(copy);
	return 0;
}
