// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A subnet's DHCP options as they go into a reply: code, length, value, in ascending order of
// codes, values over 255 bytes split as RFC 3396 says. Pure.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "config.h"

struct option_block {
	size_t len;
	uint8_t data[CONFIG_OPTIONS_LEN_MAX];
	char why[160];
};

// Options 1, 3, 6, 15, 28 and 42 from the subnet's keys, and all of options:. 0, or -EINVAL with a
// sentence in why: a number that a key gives already, or too much for a reply.
int option_block_subnet(const struct config_subnet *subnet, struct option_block *block);

// Only what options: holds, for a host or a boot rule. 0, or -EINVAL with a sentence in why.
int option_block_options(const struct config_options *options, struct option_block *block);
