// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Fuzz: packets of a hostile server into the TFTP client of rouse-storm. The input is a list of
// packets, each led by two bytes of length and one that chooses sender and passing time; that of
// the first packet also chooses which client it is.

#include "storm_tftp_client.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SERVER        0x0a000001
#define OPTIONS(text) .options = (text), .options_len = sizeof(text)
#define WAITS         .retry = {2, {250000, 500000}}, .give_up_us = 3000000
#define ASKS          .name = "file", .server = SERVER, .port = 69, WAITS

static const struct storm_tftp_settings CLIENTS[] = {
	{ASKS, .blksize = 1468, .windowsize = 16, .timeout_s = 3, .tsize = true,
		.linger_us = 1000000},
	{ASKS, OPTIONS("blksize\0001432\000tsize\0000"), .gap = STORM_TFTP_GAP_KEEP},
	{ASKS, OPTIONS("tsize\0000\000blksize\0001468\000windowsize\0004"),
		.gap = STORM_TFTP_GAP_EACH, .probe = true},
	{ASKS, OPTIONS("blksize\000512\000windowsize\0004"), .gap = STORM_TFTP_GAP_EACH},
	{ASKS, OPTIONS("blksize\0001024\000tsize\0000"), .gap = STORM_TFTP_GAP_OLD, .mute = true,
		.needs_oack = true},
	{ASKS, OPTIONS("timeout\0005\000blksize\0008\000odd\0001"), .gap = STORM_TFTP_GAP_NACK},
	// With room for the numbers to wrap.
	{ASKS, .blksize = 8, .windowsize = 65535, .gap = STORM_TFTP_GAP_KEEP, .linger_us = 1},
	{ASKS},
};

static void feed(struct storm_tftp_client *c, const uint8_t *data, size_t len, uint8_t choice,
	uint64_t now_us) {
	struct storm_peer from = {SERVER, choice & 1 ? 4001 : 4000};
	uint8_t *copy = malloc(len ? len : 1);
	struct storm_tftp_out out;

	if (!copy)
		return;
	memcpy(copy, data, len);
	storm_tftp_input(c, from, copy, len, now_us, &out);
	if (out.data_len > len || out.send_len > sizeof(out.send))
		abort();
	if (c->tsize_known && c->bytes > c->tsize)
		abort();
	if (c->kept & 1 ||
		(out.data_len && out.data_offset / c->blksize > c->next + STORM_TFTP_KEEP))
		abort();
	storm_tftp_tick(c, now_us, &out);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct storm_tftp_client c;
	struct storm_tftp_out out;
	uint64_t now_us = 1;

	storm_tftp_start(&c, &CLIENTS[size > 2 ? data[2] >> 1 & 7 : 0], now_us, &out);
	while (size >= 3) {
		size_t len = (size_t)data[0] << 8 | data[1];
		uint8_t choice = data[2];

		data += 3;
		size -= 3;
		if (len > size)
			len = size;
		now_us += (uint64_t)choice * 10000;
		feed(&c, data, len, choice, now_us);
		data += len;
		size -= len;
	}
	return 0;
}
