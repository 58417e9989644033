// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The table of options. Lengths are those of RFC 2132 and of the option's own RFC; a tolerance is
// the parser's business and named there.

#include "dhcp_options.h"

#define CONCAT   DHCP_OPTION_CONCAT
#define STRICT   DHCP_OPTION_STRICT
#define RESERVED DHCP_OPTION_RESERVED

#define OPTION(code_, name_, type_, flags_, min_, max_, unit_)                                     \
	[code_] = {.name = name_,                                                                  \
		.type = DHCP_TYPE_##type_,                                                         \
		.flags = flags_,                                                                   \
		.len_min = min_,                                                                   \
		.len_max = max_,                                                                   \
		.len_unit = unit_}

static const struct dhcp_option_info options[256] = {
	OPTION(1, "subnet mask", IP, 0, 4, 4, 4),
	OPTION(2, "time offset", U32, 0, 4, 4, 4),
	OPTION(3, "routers", IPS, 0, 4, 0, 4),
	OPTION(4, "time servers", IPS, 0, 4, 0, 4),
	OPTION(6, "dns servers", IPS, 0, 4, 0, 4),
	OPTION(7, "log servers", IPS, 0, 4, 0, 4),
	OPTION(12, "host name", TEXT, CONCAT, 1, 0, 1),
	OPTION(13, "boot file size", U16, 0, 2, 2, 2),
	OPTION(15, "domain name", TEXT, 0, 1, 0, 1),
	OPTION(17, "root path", TEXT, 0, 1, 0, 1),
	OPTION(26, "interface mtu", U16, 0, 2, 2, 2),
	OPTION(28, "broadcast address", IP, 0, 4, 4, 4),
	OPTION(42, "ntp servers", IPS, 0, 4, 0, 4),
	OPTION(43, "vendor options", BYTES, CONCAT, 1, 0, 1),
	OPTION(50, "requested address", IP, STRICT | RESERVED, 4, 4, 4),
	OPTION(51, "lease time", U32, RESERVED, 4, 4, 4),
	OPTION(52, "overload", U8, RESERVED, 1, 1, 1),
	OPTION(53, "message type", U8, STRICT | RESERVED, 1, 1, 1),
	OPTION(54, "server identifier", IP, STRICT | RESERVED, 4, 4, 4),
	OPTION(55, "parameter request list", BYTES, CONCAT | RESERVED, 1, 0, 1),
	OPTION(56, "message", TEXT, RESERVED, 1, 0, 1),
	OPTION(57, "maximum message size", U16, RESERVED, 2, 2, 2),
	OPTION(58, "renewal time", U32, RESERVED, 4, 4, 4),
	OPTION(59, "rebinding time", U32, RESERVED, 4, 4, 4),
	OPTION(60, "vendor class", TEXT, CONCAT, 1, 0, 1),
	OPTION(61, "client identifier", BYTES, CONCAT | RESERVED, 2, 0, 1),
	OPTION(66, "tftp server name", TEXT, 0, 1, 0, 1),
	OPTION(67, "boot file name", TEXT, 0, 1, 255, 1),
	OPTION(77, "user class", BYTES, CONCAT, 1, 0, 1),
	OPTION(82, "relay agent information", BYTES, CONCAT | RESERVED, 2, 0, 1),
	OPTION(93, "client architecture", U16, RESERVED, 2, 0, 2),
	OPTION(94, "network interface", BYTES, RESERVED, 3, 3, 3),
	OPTION(97, "machine uuid", BYTES, RESERVED, 17, 17, 17),
	OPTION(119, "domain search", DOMAINS, 0, 1, 0, 1),
	OPTION(121, "classless routes", ROUTES, 0, 5, 0, 1),
	OPTION(150, "tftp server addresses", IPS, 0, 4, 0, 4),
	OPTION(175, "ipxe options", BYTES, 0, 1, 0, 1),
};

const struct dhcp_option_info *dhcp_option_find(uint8_t code) {
	return options[code].name ? &options[code] : NULL;
}

bool dhcp_option_len_ok(const struct dhcp_option_info *info, size_t len) {
	return len >= info->len_min && (!info->len_max || len <= info->len_max) &&
	       len % info->len_unit == 0;
}

bool dhcp_option_configurable(uint8_t code) {
	const struct dhcp_option_info *info = dhcp_option_find(code);

	if (code == DHCP_OPT_PAD || code == DHCP_OPT_END)
		return false;
	return !info || !(info->flags & RESERVED);
}

const uint8_t *dhcp_block_next(const uint8_t *block, size_t size, size_t *at, size_t *len) {
	size_t start = *at, end = start;

	while (size - end >= 2 && block[end] == block[start] && size - end - 2 >= block[end + 1])
		end += 2u + block[end + 1];
	if (end == start)
		return NULL;
	*at = end;
	*len = end - start;
	return block + start;
}

const uint8_t *dhcp_block_find(const uint8_t *block, size_t size, uint8_t code, size_t *len) {
	size_t at = 0;
	const uint8_t *option;

	while (size - at >= 2 && block[at] < code && size - at - 2 >= block[at + 1])
		at += 2u + block[at + 1];
	option = dhcp_block_next(block, size, &at, len);
	return option && option[0] == code ? option : NULL;
}

void dhcp_block_codes(const uint8_t *block, size_t size, uint8_t bits[32]) {
	for (size_t at = 0; size - at >= 2 && size - at - 2 >= block[at + 1];
		at += 2u + block[at + 1])
		bits[block[at] / 8] |= (uint8_t)(1 << block[at] % 8);
}
