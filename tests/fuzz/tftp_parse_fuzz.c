// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// TFTP packets: views lie inside the packet, and whatever is asked, what is granted is something
// that was asked for, no higher, in the order asked, and fits an OACK.

#include "fuzz.h"
#include "tftp_options.h"
#include "tftp_packet.h"
#include "tftp_parse.h"

static const struct tftp_limits limits = {.blksize = 1468, .windowsize = 64};

static void check_inside(const uint8_t *packet, size_t size, const char *text, size_t len) {
	FUZZ_ASSERT((const uint8_t *)text >= packet);
	FUZZ_ASSERT((const uint8_t *)text + len < packet + size);
	FUZZ_ASSERT(text[len] == 0 && !memchr(text, 0, len));
}

static void check_views(const uint8_t *packet, size_t size, const struct tftp_request *request) {
	struct reader reader = reader_of(request->options, request->options_len);
	struct tftp_option_view option;

	check_inside(packet, size, request->name, request->name_len);
	FUZZ_ASSERT(request->options + request->options_len == packet + size);
	while (tftp_parse_option(&reader, &option)) {
		check_inside(packet, size, option.name, option.name_len);
		check_inside(packet, size, option.value, option.value_len);
	}
}

static void check_oack(const struct tftp_granted *granted, size_t request_len, uint64_t size) {
	struct tftp_session session = {.blksize = granted->blksize,
		.windowsize = granted->windowsize,
		.timeout_us = granted->timeout_s * 1000000u,
		.size = size,
		.requested = granted->order};
	uint8_t payload[TFTP_OACK_MAX];
	uint32_t sum;
	size_t len = tftp_packet_oack(&session, NULL, payload, sizeof(payload), &sum);
	struct tftp_asked again;

	FUZZ_ASSERT(len >= 2 && len <= 3 * request_len);
	if (granted->order)
		FUZZ_ASSERT(payload[len - 1] == 0 && payload[len - 2] != 0);
	again = tftp_options_read(payload + 2, len - 2);
	FUZZ_ASSERT(again.order == granted->order);
}

static void check_options(const struct tftp_request *request, size_t len, uint64_t size) {
	struct tftp_asked asked = tftp_options_read(request->options, request->options_len);
	struct tftp_granted granted = tftp_options_grant(&asked, &limits, size);

	FUZZ_ASSERT(granted.blksize <= (asked.blksize ? asked.blksize : 512));
	FUZZ_ASSERT(granted.windowsize <= (asked.windowsize ? asked.windowsize : 1));
	FUZZ_ASSERT(granted.blksize >= TFTP_BLKSIZE_MIN && granted.blksize <= 1468);
	FUZZ_ASSERT(granted.windowsize >= 1 && granted.windowsize <= 64);
	FUZZ_ASSERT(granted.timeout_s == asked.timeout_s);
	check_oack(&granted, len, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	uint8_t *packet = fuzz_exact(data, size);
	struct tftp_request request;
	uint16_t number;

	FUZZ_ASSERT((tftp_parse_opcode(packet, size) >= 0) == (size >= 2));
	FUZZ_ASSERT((tftp_parse_ack(packet, size, &number) == 0) == (size >= 4));
	FUZZ_ASSERT((tftp_parse_error(packet, size, &number) == 0) == (size >= 4));
	if (tftp_parse_request(packet, size, &request) == 0) {
		check_views(packet, size, &request);
		check_options(&request, size, 0);
		check_options(&request, size, UINT64_MAX);
	}
	free(packet);
	return 0;
}
