// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What both kinds of place have in common: the queue of frames to send.

#include "storm_packet.h"

#include "storm_dpdk.h"
#include "storm_interface.h"

const char *storm_place_wrong(const struct storm_place *place) {
	if (!place->interface && !place->port)
		return "--interface or --port is needed";
	if (place->interface && place->port)
		return "--interface and --port contradict each other";
	return NULL;
}

const char *storm_place_name(const struct storm_place *place) {
	return place->interface ? place->interface : place->port;
}

struct storm_packet *storm_packet_open(
	const struct storm_place *place, bool all_udp, char why[STORM_PACKET_WHY_SIZE]) {
	return place->interface ? storm_interface_open(place->interface, all_udp, why)
				: storm_dpdk_open(place->port, why);
}

void storm_packet_close(struct storm_packet *p) {
	if (p)
		p->ops->close(p);
}

uint8_t *storm_packet_room(struct storm_packet *p) {
	if (p->queued == STORM_PACKET_QUEUE)
		storm_packet_flush(p);
	return p->frame[p->queued];
}

void storm_packet_push(struct storm_packet *p, size_t len) {
	p->len[p->queued++] = (uint16_t)len;
}

void storm_packet_flush(struct storm_packet *p) {
	if (p->queued)
		p->ops->flush(p);
	p->queued = 0;
}

void storm_packet_poll(
	struct storm_packet *p, uint64_t wait_us, storm_packet_receive *receive, void *arg) {
	storm_packet_flush(p);
	p->ops->poll(p, wait_us, receive, arg);
	storm_packet_flush(p);
}

uint64_t storm_packet_drops(struct storm_packet *p) {
	return p->ops->drops(p);
}
