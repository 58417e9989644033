// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// DHCP: from frames in to frames out, DISCOVER, OFFER, REQUEST, ACK. The journal is a matter of its
// own (micro_commit.c): here a record is durable as soon as it is made.

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "checksum.h"
#include "dhcp_parse.h"
#include "dhcp_reply.h"
#include "micro.h"
#include "micro_frame.h"
#include "micro_world.h"

#define RETURNING  4096u // machines that come again and again
#define STEP_US    20u
#define YIADDR_AT  16u
#define OUT_FRAMES 64u

enum population {
	POPULATION_RETURNING, // each has a lease, half of its time gone: it is extended, by a
			      // record
	POPULATION_NEW,   // each is seen for the first time
	POPULATION_HOSTS, // each has a reservation: no record
};

struct dhcp_case {
	struct micro_world world;
	struct micro_leases leases;
	struct micro_frame discover;
	struct micro_frame request;
	struct dhcp_output output;
	enum population population;
	uint32_t next;
	uint32_t out;
	uint8_t frame[OUT_FRAMES][2048];
	// of dhcp-reply
	struct dhcp_view view;
	struct dhcp_selection selection;
	struct dhcp_reply reply;
	uint8_t payload[DHCP_PAYLOAD_MAX];
};

// As worker and glue do it: parse the frame, handle, copy the reply into a buffer of the port.
static void handle(
	struct dhcp_case *d, const struct micro_frame *frame, enum dhcp_verdict expected) {
	struct frame_view view;
	struct dhcp_input input = {
		.frame = &view, .port_mac = {2, 0, 0, 0, 0, 1}, .journal_room = 1000};
	uint8_t *out = d->frame[d->out++ % OUT_FRAMES];
	uint32_t sum;

	if (frame_parse(frame->bytes, frame->len, MICRO_OWN, &view))
		micro_die("frame", "was not parsed");
	if (dhcp_server_handle(&d->leases.server, &input, d->world.now, &d->output) != expected)
		micro_die("DHCP message", "got another answer than it should; too many steps?");
	for (uint8_t i = 0; i < d->output.record_count; i++)
		dhcp_server_durable(&d->leases.server, &d->output.record[i]);
	sum = checksum_copy(0, out + FRAME_HEADER_BYTES, d->output.payload, d->output.len);
	frame_write_headers(out, &d->output.to, d->output.len, sum);
}

static uint32_t offered(const struct dhcp_case *d) {
	struct reader r = reader_of(d->output.payload + YIADDR_AT, 4);

	return reader_u32(&r);
}

static void exchange(struct dhcp_case *d, const uint8_t mac[6]) {
	bool host = d->population == POPULATION_HOSTS;

	micro_frame_machine(&d->discover, mac, 0);
	handle(d, &d->discover, DHCP_REPLY);
	micro_frame_machine(&d->request, mac, offered(d));
	handle(d, &d->request, host ? DHCP_REPLY : DHCP_REPLY_WHEN_DURABLE);
}

static void run_exchange(void *state, uint32_t steps) {
	struct dhcp_case *d = state;
	uint64_t step_us = STEP_US;
	uint8_t mac[6];

	if (d->population == POPULATION_RETURNING)
		step_us = MICRO_LEASE_S * 1000000ull / 2 / RETURNING;
	for (uint32_t i = 0; i < steps; i++) {
		switch (d->population) {
		case POPULATION_RETURNING:
			micro_client_mac(d->next % RETURNING, mac);
			break;
		case POPULATION_NEW:
			micro_client_mac(d->next, mac);
			break;
		case POPULATION_HOSTS:
			micro_host_mac(d->next % MICRO_HOSTS, mac);
			break;
		}
		d->next++;
		exchange(d, mac);
		micro_world_pass(&d->world, step_us);
	}
	micro_sink = d->output.len;
}

static void *begin_exchange(const struct micro_case *c) {
	struct dhcp_case *d = micro_memory(sizeof(*d));

	micro_world_begin(&d->world);
	micro_leases_begin(&d->leases, &d->world);
	micro_frame_discover(&d->discover);
	micro_frame_request(&d->request);
	d->population = (enum population)c->parameter;
	if (d->population == POPULATION_RETURNING)
		run_exchange(d, RETURNING);
	return d;
}

// What an OFFER to a known machine is built from.
static void *begin_reply(const struct micro_case *c) {
	struct dhcp_case *d = begin_exchange(c);
	struct frame_view frame;
	uint8_t mac[6];

	micro_host_mac(77, mac);
	micro_frame_machine(&d->discover, mac, 0);
	if (frame_parse(d->discover.bytes, d->discover.len, MICRO_OWN, &frame) ||
		dhcp_parse(frame.payload, frame.payload_len, &d->view) ||
		dhcp_select_place(&d->selection, &d->world.policy, NULL, 0, &frame, &d->view))
		micro_die("DISCOVER", "has no place in the policy");
	dhcp_select_boot(&d->selection, &d->view, MICRO_CLIENT + 78);
	d->reply = (struct dhcp_reply){
		.type = DHCP_OFFER, .yiaddr = MICRO_CLIENT + 78, .lease_s = MICRO_LEASE_S};
	return d;
}

static void run_reply(void *state, uint32_t steps) {
	struct dhcp_case *d = state;
	uint32_t left_out;

	for (uint32_t i = 0; i < steps; i++) {
		micro_sink =
			dhcp_reply_build(&d->reply, &d->selection, &d->view, d->payload, &left_out);
		if (micro_sink == 0)
			micro_die("reply", "was not built");
	}
}

static void end(void *state) {
	struct dhcp_case *d = state;

	micro_leases_end(&d->leases);
	micro_world_end(&d->world);
	free(d);
}

const struct micro_case MICRO_DHCP[] = {
	{"dhcp-reply", "the OFFER to EDK2 built", POPULATION_HOSTS, 5000, false, begin_reply,
		run_reply, end},
	{"dhcp-exchange", "DISCOVER to ACK and its record, of a machine that returns",
		POPULATION_RETURNING, 1000, false, begin_exchange, run_exchange, end},
	{"dhcp-exchange-new", "the same of a machine that was never seen", POPULATION_NEW, 1000,
		false, begin_exchange, run_exchange, end},
	{"dhcp-exchange-host", "the same of one with a reservation: no record", POPULATION_HOSTS,
		1000, false, begin_exchange, run_exchange, end},
};
const size_t MICRO_DHCP_COUNT = sizeof(MICRO_DHCP) / sizeof(MICRO_DHCP[0]);
