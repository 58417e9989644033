// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// User-space UDP clients. The address says which station a datagram is for, the port which of its
// clients: no table is needed on the way in.

#include "storm_raw.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storm_clock.h"
#include "storm_datagram.h"

#define FIRST_PORT 1024u
#define PORT_COUNT 64000u

struct storm_raw {
	struct storm_net net;
	struct storm_raw_settings settings;
	struct storm_packet *packet;
	uint32_t lanes;  // clients of one station
	uint32_t turns;  // ports that a client uses in turn
	uint16_t *ports; // by client, 0: closed
	uint32_t *used;  // how often a client has been opened
	uint8_t server_mac[6];
	uint16_t ip_id;
	storm_net_receive *receive; // of the poll that runs
	void *arg;
};

static int raw_open(struct storm_net *net, uint32_t client) {
	struct storm_raw *raw = (struct storm_raw *)net;
	uint32_t lane = client / raw->settings.count;
	uint32_t turn = raw->used[client]++ % raw->turns;

	raw->ports[client] = (uint16_t)(FIRST_PORT + turn * raw->lanes + lane);
	return 0;
}

static void raw_close(struct storm_net *net, uint32_t client) {
	((struct storm_raw *)net)->ports[client] = 0;
}

static void raw_send(struct storm_net *net, uint32_t client, struct storm_peer to,
	const uint8_t *bytes, size_t len, unsigned copies) {
	struct storm_raw *raw = (struct storm_raw *)net;
	uint32_t station = client % raw->settings.count;
	struct frame_to frame = {.src = raw->settings.first + station,
		.dst = to.address,
		.src_port = raw->ports[client],
		.dst_port = to.port};

	storm_datagram_mac(raw->settings.mac_base, station, frame.src_mac);
	memcpy(frame.dst_mac, raw->server_mac, 6);
	for (unsigned i = 0; i < copies; i++) {
		frame.ip_id = raw->ip_id++;
		storm_datagram_send(raw->packet, &frame, bytes, len);
	}
}

// The client that a datagram is for, UINT32_MAX if none.
static uint32_t client_of(const struct storm_raw *raw, const struct frame_view *view) {
	uint32_t station = view->dst - raw->settings.first;
	uint32_t client;

	if (station >= raw->settings.count || view->dst_port < FIRST_PORT)
		return UINT32_MAX;
	client = (view->dst_port - FIRST_PORT) % raw->lanes * raw->settings.count + station;
	if (client >= raw->settings.clients || raw->ports[client] != view->dst_port)
		return UINT32_MAX;
	return client;
}

static void on_arp(struct storm_raw *raw, const uint8_t *frame, size_t len) {
	uint32_t target = storm_datagram_arp_target(frame, len);
	uint8_t mac[6];

	if (target - raw->settings.first >= raw->settings.count)
		return;
	storm_datagram_mac(raw->settings.mac_base, target - raw->settings.first, mac);
	storm_datagram_arp_answer(raw->packet, frame, len, target, mac);
}

static void on_frame(void *arg, const uint8_t *frame, size_t len) {
	struct storm_raw *raw = arg;
	struct frame_view view;
	enum frame_error error = frame_parse(frame, len, 0, &view);
	uint32_t client;

	if (error == FRAME_ARP)
		on_arp(raw, frame, len);
	if (error != FRAME_OK)
		return;
	client = client_of(raw, &view);
	if (client != UINT32_MAX)
		raw->receive(raw->arg, client, (struct storm_peer){view.src, view.src_port},
			view.payload, view.payload_len, storm_clock_us());
}

static void raw_poll(
	struct storm_net *net, uint64_t wait_us, storm_net_receive *receive, void *arg) {
	struct storm_raw *raw = (struct storm_raw *)net;

	raw->receive = receive;
	raw->arg = arg;
	storm_packet_poll(raw->packet, wait_us, on_frame, raw);
	net->send_failures = raw->packet->send_failures;
}

static void raw_destroy(struct storm_net *net) {
	struct storm_raw *raw = (struct storm_raw *)net;

	storm_packet_close(raw->packet);
	free(raw->ports);
	free(raw->used);
	free(raw);
}

static const struct storm_net_ops RAW_OPS = {
	.open = raw_open,
	.close = raw_close,
	.send = raw_send,
	.poll = raw_poll,
	.destroy = raw_destroy,
};

static int open_place(struct storm_raw *raw, char why[STORM_PACKET_WHY_SIZE]) {
	const struct storm_raw_settings *s = &raw->settings;

	raw->packet = storm_packet_open(&s->place, true, why);
	if (!raw->packet)
		return -EIO;
	if (storm_datagram_resolve(
		    raw->packet, s->first, s->mac_base, s->server, raw->server_mac) == 0)
		return 0;
	snprintf(why, STORM_PACKET_WHY_SIZE, "nobody answers ARP for the server's address");
	return -EHOSTUNREACH;
}

struct storm_net *storm_raw_create(
	const struct storm_raw_settings *settings, char why[STORM_PACKET_WHY_SIZE]) {
	struct storm_raw *raw = calloc(1, sizeof(*raw));
	int err = -ENOMEM;

	snprintf(why, STORM_PACKET_WHY_SIZE, "no memory for %u clients", settings->clients);
	if (!raw)
		return NULL;
	raw->net.ops = &RAW_OPS;
	raw->settings = *settings;
	raw->lanes = (settings->clients + settings->count - 1) / settings->count;
	raw->turns = PORT_COUNT / raw->lanes;
	raw->ports = calloc(settings->clients, sizeof(*raw->ports));
	raw->used = calloc(settings->clients, sizeof(*raw->used));
	if (raw->turns == 0)
		snprintf(why, STORM_PACKET_WHY_SIZE,
			"--source has too few addresses for %u clients", settings->clients);
	else if (raw->ports && raw->used)
		err = open_place(raw, why);
	if (!err)
		return &raw->net;
	raw_destroy(&raw->net);
	return NULL;
}
