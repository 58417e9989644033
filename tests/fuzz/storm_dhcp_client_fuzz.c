// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Fuzz: replies of a hostile server into the DHCP client of rouse-storm. The first byte chooses the
// exchange and the client; then replies, each led by two bytes of length. xid and MAC of each are
// made to fit, so that the state machine is reached.

#include "storm_dhcp_client.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WAITS .retry = {2, {1000000, 2000000}}, .give_up_us = 8000000

static const uint8_t OPTIONS[] = {53, 1, 0, 61, 7, 1, 0, 0, 0, 0, 0, 0, 97, 2, 0, 0, 54, 4, 0, 0, 0,
	0, 60, 4, 'P', 'X', 'E', 'C'};

static const struct storm_dhcp_settings CLIENTS[] = {
	{.ipxe = true, .arch = 7, WAITS},
	{.discover = {OPTIONS, sizeof(OPTIONS)},
		.patience = STORM_DHCP_PROXY_WAIT,
		.secs = STORM_DHCP_SECS_IPXE,
		WAITS},
	{.discover = {OPTIONS, sizeof(OPTIONS)},
		.request = {OPTIONS, 12},
		.broadcast = true,
		.patience = STORM_DHCP_WHOLE_WAIT,
		.secs = STORM_DHCP_SECS_ZERO,
		.phase_us = 1000000,
		WAITS},
	{.server = 0x0a000001, .arch = STORM_DHCP_NO_ARCH, WAITS},
};

static void begin(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s, uint8_t choice,
	struct storm_dhcp_out *out) {
	switch (choice % 4) {
	case 0:
		storm_dhcp_discover(c, s, 1, out);
		break;
	case 1:
		storm_dhcp_renew(c, s, 1, out);
		break;
	case 2:
		storm_dhcp_reboot(c, s, 1, out);
		break;
	case 3:
		storm_dhcp_inform(c, s, 1, out);
		break;
	}
}

static void feed(struct storm_dhcp_client *c, const struct storm_dhcp_settings *s,
	const uint8_t *data, size_t len, uint64_t now_us) {
	uint8_t *copy = malloc(len ? len : 1);
	struct storm_dhcp_reply reply;
	struct storm_dhcp_out out;

	if (!copy)
		return;
	memcpy(copy, data, len);
	if (storm_dhcp_parse(copy, len, &reply) == 0) {
		if (!reply.type || memchr(reply.file, 0, sizeof(reply.file)) == NULL)
			abort();
		reply.xid = c->xid;
		memcpy(reply.mac, c->mac, 6);
		storm_dhcp_input(c, s, &reply, c->mac, now_us, &out);
		if (out.len > STORM_DHCP_MESSAGE_SIZE)
			abort();
	}
	storm_dhcp_tick(c, s, now_us, &out);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct storm_dhcp_client c = {.mac = {2, 0, 0, 0, 0, 1}, .xid = 7, .address = 0x0a000002};
	const struct storm_dhcp_settings *s;
	struct storm_dhcp_out out;
	uint64_t now_us = 1;

	if (!size)
		return 0;
	s = &CLIENTS[*data >> 2 & 3];
	begin(&c, s, *data++, &out);
	for (size--; size >= 2;) {
		size_t len = (size_t)data[0] << 8 | data[1];

		data += 2;
		size -= 2;
		len = len < size ? len : size;
		now_us += 700000;
		feed(&c, s, data, len, now_us);
		data += len;
		size -= len;
	}
	return 0;
}
