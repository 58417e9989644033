// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A ring: every packet waits equally long, so the order of arrival is the order of leaving.

#include "storm_late.h"

#include <stdlib.h>
#include <string.h>

bool storm_late_hold(struct storm_late *late, struct storm_late_packet packet, const uint8_t *bytes,
	uint64_t now_us) {
	if (late->head - late->tail == STORM_LATE_SIZE)
		return false;
	packet.bytes = malloc(packet.len + 1);
	if (!packet.bytes)
		return false;
	memcpy(packet.bytes, bytes, packet.len);
	packet.due_us = now_us + STORM_LATE_WAIT_US;
	late->packets[late->head++ % STORM_LATE_SIZE] = packet;
	return true;
}

struct storm_late_packet *storm_late_due(struct storm_late *late, uint64_t now_us) {
	struct storm_late_packet *packet = &late->packets[late->tail % STORM_LATE_SIZE];

	if (late->tail == late->head || packet->due_us > now_us)
		return NULL;
	late->tail++;
	return packet;
}

void storm_late_clear(struct storm_late *late) {
	struct storm_late_packet *packet;

	while ((packet = storm_late_due(late, UINT64_MAX)))
		free(packet->bytes);
}
