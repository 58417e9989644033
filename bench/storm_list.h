// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The values of an option that may be given more than once, in their order.

#pragma once

#include <stdint.h>

#define STORM_LIST_MAX 16u

struct storm_list {
	uint32_t count;
	const char *items[STORM_LIST_MAX];
};
