// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "tftp_glue.h"

#include <string.h>

#include "worker.h"

#include "hot.h"

static struct tftp_input input_of(
	const struct worker *w, uint16_t port, const struct frame_view *view) {
	struct tftp_input input = {
		.frame = view,
		.port = port,
		.own_address = w->port[port].address,
		.port_mtu = w->port[port].mtu,
	};

	memcpy(input.port_mac, w->port[port].mac, sizeof(input.port_mac));
	return input;
}

void tftp_glue_request(struct worker *w, uint16_t port, const struct frame_view *view) {
	struct tftp_input input = input_of(w, port, view);

	tftp_server_request(w->tftp, &w->outlook->policy, &input, w->time.now);
}

void tftp_glue_packet(struct worker *w, uint16_t port, const struct frame_view *view) {
	struct tftp_input input = input_of(w, port, view);

	tftp_server_packet(w->tftp, &input, w->time.now);
}

void tftp_glue_reconfigure(
	struct worker *w, const struct outlook *last, const struct outlook *next) {
	if (last && last->images_serial != next->images_serial)
		tftp_server_abandon(w->tftp, w->time.now);
	w->images = next->images;
	tftp_server_renew(w->tftp, &next->policy);
}
