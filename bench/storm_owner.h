// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Which simulated machine holds an address: for answering ARP and for finding the machine that a
// datagram is for.

#pragma once

#include <stdint.h>

#define STORM_OWNER_NONE UINT32_MAX

struct storm_owner {
	uint32_t mask;
	uint32_t count;      // addresses in it
	uint32_t *addresses; // 0: empty
	uint32_t *machines;
};

// Room for count addresses at first. 0 or -ENOMEM.
int storm_owner_init(struct storm_owner *o, uint32_t count);
void storm_owner_free(struct storm_owner *o);
// Sets or replaces. Without memory for more an address is left out: its machine is silent then.
void storm_owner_set(struct storm_owner *o, uint32_t address, uint32_t machine);
// STORM_OWNER_NONE if nobody holds it.
uint32_t storm_owner_find(const struct storm_owner *o, uint32_t address);
