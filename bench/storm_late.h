// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Packets that the impairment holds back for a moment, so that what follows overtakes them.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storm_tftp_client.h"

#define STORM_LATE_SIZE    4096u
#define STORM_LATE_WAIT_US 1000u

struct storm_late_packet {
	uint64_t due_us;
	uint32_t client;
	uint32_t generation; // of the client, so that a successor does not get it
	bool inbound;
	struct storm_peer peer;
	unsigned copies;
	size_t len;
	uint8_t *bytes;
};

struct storm_late {
	uint32_t head; // free-running
	uint32_t tail;
	struct storm_late_packet packets[STORM_LATE_SIZE];
};

// Keeps a copy of bytes until now_us + STORM_LATE_WAIT_US. false: full, deliver it now.
bool storm_late_hold(struct storm_late *late, struct storm_late_packet packet, const uint8_t *bytes,
	uint64_t now_us);
// The next packet that is due, or NULL. The caller frees bytes.
struct storm_late_packet *storm_late_due(struct storm_late *late, uint64_t now_us);
void storm_late_clear(struct storm_late *late);
