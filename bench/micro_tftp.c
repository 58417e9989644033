// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A read request to its OACK, of a stranger who never says another word, as in a spoofed flood: the
// oldest of those half-open sessions makes room for it.
//
// ACK to DATA: the ACK's frame parsed and handled (one per window), the block chosen, written with
// its checksum and given its headers. 1,000 transfers at once, so that sessions and file come from
// the cache as they would in a boot storm.

#include <stdlib.h>
#include <string.h>

#include "micro.h"
#include "micro_frame.h"
#include "micro_world.h"
#include "tftp.h"
#include "tftp_queue.h"
#include "tftp_server.h"

#define CLIENTS      1000u
#define SESSIONS     2048u
#define CLIENT_PORT  2000u
#define FIRST_CLIENT (MICRO_CLIENT + 1) // the first host's
#define SOURCE_MAC   6u                 // of a frame
#define TID_FIRST    40000u
#define BURST        64u // packets between two passes of the worker's loop
#define BURST_US     20u
#define IDLE_TURNS   100000u // passes without a packet: something is wrong
#define OUT_FRAMES   64u
#define SERVER_BYTES 2048u
#define STRANGERS    1024u       // by turns: twice as many as have a session at a time
#define FIRST_ALIEN  0x0a480000u // 10.72.0.0: neither host nor in the pool
#define REQUEST_US   50u         // from one to the next

struct client {
	struct micro_frame ack;
	uint16_t left; // blocks until it acknowledges
};

struct tftp_case {
	struct micro_world world;
	struct micro_images images;
	struct tftp_session *sessions;
	_Atomic uint32_t *pins;
	_Atomic uint64_t *last_use;
	_Atomic uint64_t *hits;
	struct phase_block *phases;
	void *memory;
	struct tftp_server *server;
	uint16_t window;
	uint32_t sent;
	struct client client[CLIENTS];
	struct micro_frame stranger[STRANGERS];
	uint8_t frame[OUT_FRAMES][SERVER_BYTES];
};

static void receive(struct tftp_case *t, const struct micro_frame *frame) {
	struct frame_view view;
	struct tftp_input input = {.frame = &view,
		.port_mac = {2, 0, 0, 0, 0, 1},
		.own_address = MICRO_OWN,
		.port_mtu = 1500};

	if (frame_parse(frame->bytes, frame->len, MICRO_OWN, &view))
		micro_die("frame", "was not parsed");
	if (view.dst_port == TFTP_PORT)
		tftp_server_request(t->server, &t->world.policy, &input, t->world.now);
	else
		tftp_server_packet(t->server, &input, t->world.now);
}

// A pass of the worker's loop goes by.
static void pass(struct tftp_case *t) {
	micro_world_pass(&t->world, BURST_US);
	tftp_server_expire(t->server, t->world.now);
}

// The next packet, if need be a while later: sessions may be paced.
static void next_packet(struct tftp_case *t, struct tftp_packet *packet) {
	for (uint32_t i = 0; i < IDLE_TURNS; i++) {
		if (tftp_server_next(t->server, 0, t->world.now, packet))
			return;
		pass(t);
	}
	micro_die("transfers", "there is nothing to send");
}

static void send(struct tftp_case *t, struct tftp_packet *packet) {
	uint8_t *frame = t->frame[t->sent % OUT_FRAMES];
	uint32_t sum = 0;
	size_t len;

	next_packet(t, packet);
	len = tftp_server_write(t->server, packet, frame + FRAME_HEADER_BYTES,
		SERVER_BYTES - FRAME_HEADER_BYTES, &sum);
	if (len == 0)
		micro_die("packet", "was not written");
	frame_write_headers(frame, &packet->to, (uint16_t)len, sum);
	if (++t->sent % BURST == 0)
		pass(t);
}

// Sends one block; its client acknowledges what ends its window.
static void turn(struct tftp_case *t) {
	struct tftp_packet packet;
	struct client *client;

	send(t, &packet);
	client = &t->client[packet.to.dst - FIRST_CLIENT];
	if (--client->left)
		return;
	client->left = t->window;
	micro_frame_block(&client->ack, (uint16_t)packet.block);
	receive(t, &client->ack);
}

static void open_one(struct tftp_case *t, uint32_t i) {
	struct tftp_packet packet;
	struct micro_frame request;

	micro_frame_read(&request, FIRST_CLIENT + i, CLIENT_PORT, t->window);
	micro_host_mac(i, request.bytes + SOURCE_MAC); // so that it is known, and never a stranger
	receive(t, &request);
	send(t, &packet);
	if (packet.kind != TFTP_PACKET_OACK)
		micro_die("read request", "was not granted");
	micro_frame_ack(&t->client[i].ack, FIRST_CLIENT + i, CLIENT_PORT, packet.to.src_port);
	t->client[i].left = t->window;
}

static void make_server(struct tftp_case *t) {
	struct tftp_server_setup setup = {
		.session_count = SESSIONS,
		.tid_first = TID_FIRST,
		.port_count = 1,
		.images = &t->images.images,
		.stats = &t->world.stats,
		.events = &t->world.events,
		.seed = {0x243f6a8885a308d3ULL, 0x13198a2e03707344ULL},
	};

	setup.sessions = t->sessions = micro_memory(SESSIONS * sizeof(*t->sessions));
	setup.pins = t->pins = micro_memory(MICRO_FILES * sizeof(*t->pins));
	setup.phases = t->phases = micro_memory(sizeof(*t->phases));
	setup.last_use = t->last_use = micro_memory(MICRO_FILES * sizeof(*t->last_use));
	setup.hits = t->hits = micro_memory(MICRO_FILES * sizeof(*t->hits));
	t->memory = micro_memory(tftp_server_size(SESSIONS));
	t->server = tftp_server_init(t->memory, &setup);
}

// The transfers begin in groups, one burst apart: so their ACKs come evenly, as many in each batch,
// and not those of a thousand windows at once.
static void start_all(struct tftp_case *t) {
	uint32_t groups = t->window > TFTP_QUEUE_BURST ? t->window / TFTP_QUEUE_BURST : 1;
	uint32_t started = 0;

	for (uint32_t group = 1; group <= groups; group++) {
		for (; started < CLIENTS * group / groups; started++) {
			micro_frame_block(&t->client[started].ack, 0);
			receive(t, &t->client[started].ack);
		}
		for (uint32_t i = 0; group < groups && i < started * TFTP_QUEUE_BURST; i++)
			turn(t);
	}
}

static struct tftp_case *begin_world(const struct micro_case *c) {
	struct tftp_case *t = micro_memory(sizeof(*t));

	micro_world_begin(&t->world);
	micro_images_begin(&t->images);
	t->window = (uint16_t)c->parameter;
	make_server(t);
	pass(t); // the timer wheel learns the time
	return t;
}

static void *begin(const struct micro_case *c) {
	struct tftp_case *t = begin_world(c);

	for (uint32_t i = 0; i < CLIENTS; i++)
		open_one(t, i);
	start_all(t);
	return t;
}

static void run(void *state, uint32_t steps) {
	for (uint32_t i = 0; i < steps; i++)
		turn(state);
}

static void ask(struct tftp_case *t) {
	struct tftp_packet packet;

	receive(t, &t->stranger[t->sent % STRANGERS]);
	send(t, &packet);
	micro_world_pass(&t->world, REQUEST_US);
	tftp_server_expire(t->server, t->world.now);
}

static void *begin_strangers(const struct micro_case *c) {
	struct tftp_case *t = begin_world(c);

	for (uint32_t i = 0; i < STRANGERS; i++)
		micro_frame_read(&t->stranger[i], FIRST_ALIEN + i, CLIENT_PORT, t->window);
	for (uint32_t i = 0; i < SESSIONS; i++)
		ask(t);
	return t;
}

static void run_strangers(void *state, uint32_t steps) {
	for (uint32_t i = 0; i < steps; i++)
		ask(state);
}

static void end_world(struct tftp_case *t) {
	free(t->memory);
	free(t->sessions);
	free(t->pins);
	free(t->last_use);
	free(t->hits);
	free(t->phases);
	micro_images_end(&t->images);
	micro_world_end(&t->world);
	free(t);
}

// A block that was sent twice would be a figure of something else.
static void end(void *state) {
	struct tftp_case *t = state;

	if (t->world.worker->counter[STAT_TFTP_REPEATED])
		micro_die("transfers", "blocks were repeated");
	end_world(t);
}

static void end_strangers(void *state) {
	struct tftp_case *t = state;

	if (t->world.worker->counter[STAT_TFTP_OPENED] != t->sent)
		micro_die("read requests", "were refused");
	end_world(t);
}

const struct micro_case MICRO_TFTP[] = {
	{"tftp-request", "a read request to its OACK, of a stranger", 4, 4000, false,
		begin_strangers, run_strangers, end_strangers},
	{"tftp-data-1", "ACK to DATA of 1,468 bytes, 1,000 sessions, window 1", 1, 8000, false,
		begin, run, end},
	{"tftp-data-64", "the same, window 64", 64, 8000, false, begin, run, end},
};
const size_t MICRO_TFTP_COUNT = sizeof(MICRO_TFTP) / sizeof(MICRO_TFTP[0]);
