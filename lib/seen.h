// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Machines that ProxyDHCP has spoken to, by MAC address: there is no lease that TFTP could know
// them by. Bounded: a new machine takes the place of the one in its bucket that was heard longest
// ago. The worker that owns DHCP notes, every worker asks.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clock.h"

#define SEEN_ENTRIES 65536u

struct seen_table; // opaque, in the memory given to seen_init

// Bytes of memory, to be aligned to 64.
size_t seen_size(void);

// seed: random, since machines choose their addresses.
struct seen_table *seen_init(void *memory, const uint64_t seed[2]);

// Heard of now; send_ahead: it said iPXE, and its boot rule lets TFTP send ahead.
void seen_note(
	struct seen_table *table, const uint8_t mac[6], bool send_ahead, struct rouse_now now);

struct seen_machine {
	bool send_ahead; // and it has borne it so far
};

// False: never heard of, or forgotten.
bool seen_find(const struct seen_table *table, const uint8_t mac[6], struct seen_machine *machine);

// It does not bear it; as long as it is remembered it gets one block at a time.
void seen_stop_ahead(struct seen_table *table, const uint8_t mac[6]);
