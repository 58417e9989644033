// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The builder, driven by the input: a request, then options of any code and length, then a boot
// file. What it calls finished must please the linter; what it calls too large must really be.

#include "dhcp_build.h"
#include "dhcp_lint.h"
#include "fuzz.h"

static uint8_t filler[1024];

struct input {
	const uint8_t *data;
	size_t len;
};

static uint8_t next(struct input *in) {
	if (!in->len)
		return 0;
	in->len--;
	return *in->data++;
}

static uint16_t next16(struct input *in) {
	uint16_t high = next(in);

	return (uint16_t)(high << 8 | next(in));
}

// A request with option 57 and 82 as the input wants them. Returns its length.
static size_t make_request(struct input *in, uint8_t message[1024]) {
	size_t at = DHCP_OPTIONS_OFFSET, agent = next(in);

	memset(message, 0, 1024);
	memcpy(message, "\x01\x01\x06", 3);
	memcpy(message + 28, "\x02\x00\x00\x00\x00\x01", 6);
	message[24] = next(in);
	memcpy(message + DHCP_MAGIC_OFFSET, "\x63\x82\x53\x63\x35\x01\x03\x39\x02", 9);
	at += 5;
	message[at++] = next(in);
	message[at++] = next(in);
	if (agent >= 2) {
		message[at++] = DHCP_OPT_AGENT;
		message[at++] = (uint8_t)agent;
		memset(message + at, 1, agent);
		at += agent;
	}
	message[at++] = DHCP_OPT_END;
	return at;
}

static void add_options(struct input *in, struct dhcp_builder *b) {
	uint8_t encoded[257];

	for (int i = 0; i < 64 && in->len; i++) {
		uint8_t how = next(in);
		uint8_t code = (uint8_t)(200 + next(in) % 50);
		size_t len = 1 + next16(in) % 600;

		if (how % 4 == 0) {
			dhcp_build_option(b, code, filler, len);
		} else if (how % 4 == 1) {
			encoded[0] = code;
			encoded[1] = (uint8_t)(len % 255 + 1);
			memset(encoded + 2, 'e', encoded[1]);
			dhcp_build_encoded(b, encoded, 2u + encoded[1]);
		} else {
			dhcp_build_optional(b, code, filler, len);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct dhcp_view view;
	struct input in = {.data = data, .len = size};
	uint8_t request[1024], *reply = malloc(DHCP_PAYLOAD_MAX);
	size_t request_len = make_request(&in, request), len;
	struct dhcp_bytes file = {.data = filler, .len = next16(&in) % 700};
	struct dhcp_builder b;

	FUZZ_ASSERT(reply);
	memset(filler, 'f', sizeof(filler));
	if (dhcp_parse(request, request_len, &view) == DHCP_PARSE_OK) {
		dhcp_build_start(&b, reply, &view, file);
		dhcp_build_addresses(&b, 0, 0x0a4d0032, 0x0a4d0001);
		dhcp_build_u8(&b, DHCP_OPT_TYPE, DHCP_ACK);
		dhcp_build_u32(&b, DHCP_OPT_SERVER_ID, 0x0a4d0001);
		dhcp_build_u32(&b, DHCP_OPT_LEASE_TIME, 3600);
		dhcp_build_u32(&b, DHCP_OPT_T1, 1800);
		dhcp_build_u32(&b, DHCP_OPT_T2, 3150);
		dhcp_build_u32(&b, DHCP_OPT_SUBNET_MASK, 0xffffff00);
		add_options(&in, &b);
		len = dhcp_build_finish(&b);
		FUZZ_ASSERT(len <= dhcp_build_limit(&view));
		FUZZ_ASSERT(!len || !dhcp_lint(request, request_len, reply, len, 0));
	}
	free(reply);
	return 0;
}
