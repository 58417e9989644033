// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Option negotiation (RFC 2090, 2347, 2348, 2349, 7440): one table, walked in one place.

#include "tftp_options.h"

#include <strings.h>

#include "tftp_parse.h"

// A decimal number of digits only, in min..max.
static bool number(
	const struct tftp_option_view *view, uint32_t min, uint32_t max, uint32_t *value) {
	uint64_t n = 0;

	if (view->value_len == 0)
		return false;
	for (size_t i = 0; i < view->value_len; i++) {
		char c = view->value[i];

		if (c < '0' || c > '9')
			return false;
		n = n * 10 + (uint64_t)(c - '0');
		if (n > max)
			return false;
	}
	*value = (uint32_t)n;
	return n >= min;
}

static bool read_blksize(struct tftp_asked *asked, const struct tftp_option_view *view) {
	uint32_t value;

	if (!number(view, TFTP_BLKSIZE_MIN, TFTP_BLKSIZE_MAX, &value))
		return false;
	asked->blksize = (uint16_t)value;
	return true;
}

// RFC 2349 has the client send 0; U-Boot sends what it believes. The answer is the real size
// anyway.
static bool read_tsize(struct tftp_asked *asked, const struct tftp_option_view *view) {
	if (view->value_len != 1 || view->value[0] != '0')
		asked->odd = true;
	return true;
}

static bool read_timeout(struct tftp_asked *asked, const struct tftp_option_view *view) {
	uint32_t value;

	if (!number(view, 1, 255, &value))
		return false;
	asked->timeout_s = (uint8_t)value;
	return true;
}

static bool read_windowsize(struct tftp_asked *asked, const struct tftp_option_view *view) {
	return number(view, 1, 65535, &asked->windowsize);
}

// RFC 2090: the request names the option alone, the server has its value.
static bool read_multicast(struct tftp_asked *asked, const struct tftp_option_view *view) {
	asked->multicast = view->value_len == 0;
	return asked->multicast;
}

static const struct {
	const char *name;
	bool (*read)(struct tftp_asked *asked, const struct tftp_option_view *view);
} table[TFTP_OPTION_COUNT] = {
	[TFTP_OPTION_BLKSIZE] = {"blksize", read_blksize},
	[TFTP_OPTION_TSIZE] = {"tsize", read_tsize},
	[TFTP_OPTION_TIMEOUT] = {"timeout", read_timeout},
	[TFTP_OPTION_WINDOWSIZE] = {"windowsize", read_windowsize},
	[TFTP_OPTION_MULTICAST] = {"multicast", read_multicast},
};

const char *tftp_option_name(enum tftp_option_id id) {
	return table[id].name;
}

static enum tftp_option_id find(const struct tftp_option_view *view) {
	for (enum tftp_option_id id = TFTP_OPTION_BLKSIZE; id < TFTP_OPTION_COUNT; id++)
		if (strlen(table[id].name) == view->name_len &&
			strncasecmp(table[id].name, view->name, view->name_len) == 0)
			return id;
	return TFTP_OPTION_NONE;
}

static void append(uint32_t *order, enum tftp_option_id id) {
	uint32_t shift = 0;

	while (*order >> shift)
		shift += TFTP_ORDER_BITS;
	*order |= (uint32_t)id << shift;
}

struct tftp_asked tftp_options_read(const uint8_t *options, size_t len) {
	struct tftp_asked asked = {0};
	struct reader reader = reader_of(options, len);
	struct tftp_option_view view;
	uint32_t seen = 1u << TFTP_OPTION_NONE;

	for (int count = 0; tftp_parse_option(&reader, &view); count++) {
		enum tftp_option_id id = find(&view);

		if (count == TFTP_OPTIONS_MAX) {
			asked.cut = true;
			break;
		}
		if (seen & 1u << id) {
			asked.odd = true;
			continue;
		}
		seen |= 1u << id;
		if (table[id].read(&asked, &view))
			append(&asked.order, id);
		else
			asked.odd = true;
	}
	return asked;
}

bool tftp_options_want_group(const uint8_t *packet, size_t len) {
	struct tftp_request request;

	return tftp_parse_opcode(packet, len) == TFTP_RRQ &&
	       tftp_parse_request(packet, len, &request) == 0 &&
	       tftp_options_read(request.options, request.options_len).multicast;
}

// A window is acknowledged in order, a group is asked for blocks: who wants both gets the window. A
// block's number stands for one block (RFC 2090 knows no rollover).
static bool may_share(const struct tftp_asked *asked, const struct tftp_limits *limits,
	uint16_t blksize, uint64_t size) {
	return asked->multicast && limits->multicast && !asked->windowsize &&
	       size / blksize + 1 <= TFTP_MULTICAST_BLOCKS;
}

// curl takes tsize 0 in an OACK for an error.
static bool is_granted(const struct tftp_granted *granted, enum tftp_option_id id, uint64_t size) {
	switch (id) {
	case TFTP_OPTION_TSIZE:
		return size > 0;
	case TFTP_OPTION_MULTICAST:
		return granted->multicast;
	case TFTP_OPTION_BLKSIZE:
	case TFTP_OPTION_TIMEOUT:
	case TFTP_OPTION_WINDOWSIZE:
	case TFTP_OPTION_NONE:
	case TFTP_OPTION_COUNT:
		break;
	}
	return true;
}

static uint32_t lower(uint32_t asked, uint32_t limit) {
	return asked < limit ? asked : limit;
}

struct tftp_granted tftp_options_grant(
	const struct tftp_asked *asked, const struct tftp_limits *limits, uint64_t size) {
	struct tftp_granted granted = {.blksize = TFTP_BLKSIZE_DEFAULT, .windowsize = 1};

	if (asked->blksize)
		granted.blksize = (uint16_t)lower(asked->blksize, limits->blksize);
	if (asked->windowsize)
		granted.windowsize = (uint16_t)lower(asked->windowsize, limits->windowsize);
	granted.timeout_s = asked->timeout_s;
	granted.multicast = may_share(asked, limits, granted.blksize, size);
	for (uint32_t rest = asked->order; rest; rest >>= TFTP_ORDER_BITS) {
		enum tftp_option_id id = rest & ((1u << TFTP_ORDER_BITS) - 1);

		if (is_granted(&granted, id, size))
			append(&granted.order, id);
	}
	return granted;
}
