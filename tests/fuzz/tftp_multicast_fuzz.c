// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Groups of RFC 2090 under any sequence of joins, losses, silence, deaths, stray ACKs, ERRORs,
// garbage, time and restarts. Members are modelled: each keeps what it hears and, as master, asks
// for its first hole. Invariants: DATA goes to the group alone, from its TID, and never beyond the
// file; a pin for each record; the work between two events is bounded; from any state on, every
// member that answers gets the whole file once nothing more is lost; and when all fall silent,
// everything is free.

#include "../unit/policy_fixture.h"
#include "fuzz.h"
#include "tftp_core.h"

#define SESSIONS  128u
#define MEMBERS   8u
#define TID_FIRST 40000u
#define OWN       0x0a4d0001u
#define CLIENT    0x0a4d000bu
#define BLKSIZE   64u
#define SIZE      4000u
#define BLOCKS    (SIZE / BLKSIZE + 1)
#define QUEUE     32u // packets that wait in a member's sockets; more are lost

struct heard {
	uint8_t opcode;
	bool master;
	uint16_t number;
};

struct member {
	uint16_t port;
	uint16_t tid; // 0: it has no OACK
	bool started;
	bool alive;
	bool master;
	bool in_order; // keeps nothing behind its hole while it is the master
	bool done;
	uint32_t lives; // after everything, see complete
	uint32_t whole;
	bool has[BLOCKS + 1];
	uint32_t queued;
	struct heard queue[QUEUE];
};

struct bench {
	struct fixture fixture;
	struct image_slot slot;
	_Atomic uint32_t map[1];
	uint8_t *data;
	struct images images;
	struct tftp_session session[SESSIONS];
	_Atomic uint32_t pins[1];
	_Atomic uint64_t last_use[1];
	_Atomic uint64_t hits[1];
	_Atomic uint64_t want_ring[WANT_RING_SIZE];
	struct wants wants;
	struct worker_block worker;
	struct phase_block phases;
	struct event_record *ring;
	struct events events;
	struct stats stats;
	struct tftp_server *server;
	size_t server_size;
	struct rouse_now now;
	struct member member[MEMBERS];
	uint16_t next_port;
};

static struct bench *bench;

struct input {
	const uint8_t *at;
	size_t left;
};

static uint8_t take(struct input *input) {
	if (input->left == 0)
		return 0;
	input->left--;
	return *input->at++;
}

static uint16_t take16(struct input *input) {
	uint8_t high = take(input);

	return (uint16_t)(high << 8 | take(input));
}

static void make_policy(void) {
	struct fixture *f = &bench->fixture;

	fixture_begin(f);
	policy_build_port(f->builder,
		&(struct policy_port){
			.device = fixture_text(f, "eth1"), .address = OWN, .prefix_len = 24});
	policy_build_subnet(f->builder,
		&(struct policy_subnet){.network = OWN & 0xffffff00,
			.mask = 0xffffff00,
			.options = policy_build_bytes(f->builder, "", 0),
			.lease_time_s = 3600,
			.max_blksize = 600,
			.max_windowsize = 8,
			.edge_rate_bps = 1000000000},
		NULL, 0, NULL, 0);
	policy_build_name(f->builder,
		&(struct policy_name){
			.path = fixture_text(f, "file"), .generation = 1, .size = SIZE});
	FUZZ_ASSERT(fixture_finish(f) == 0);
}

static void make_bench(void) {
	bench = calloc(1, sizeof(*bench));
	FUZZ_ASSERT(bench);
	bench->data = calloc(1, IMAGE_EXTENT_BYTES);
	bench->ring = calloc(EVENT_RING_SIZE, sizeof(*bench->ring));
	bench->server_size = (tftp_server_size(SESSIONS) + 63) & ~(size_t)63;
	bench->server = aligned_alloc(64, bench->server_size);
	FUZZ_ASSERT(bench->data && bench->ring && bench->server);
	bench->images = (struct images){.slots = &bench->slot,
		.map = bench->map,
		.data = bench->data,
		.slot_count = 1,
		.map_count = 1,
		.extent_count = 1};
	bench->stats.counter = bench->worker.counter;
	bench->wants = (struct wants){.worker = &bench->worker, .ring = bench->want_ring};
	bench->events = (struct events){.worker = &bench->worker, .ring = bench->ring};
	make_policy();
}

static void start(void) {
	struct tftp_server_setup setup = {.sessions = bench->session,
		.session_count = SESSIONS,
		.port_count = 1,
		.tid_first = TID_FIRST,
		.images = &bench->images,
		.pins = bench->pins,
		.last_use = bench->last_use,
		.hits = bench->hits,
		.wants = &bench->wants,
		.stats = &bench->stats,
		.phases = &bench->phases,
		.events = &bench->events,
		.seed = {1, 2}};

	memset(bench->server, 0xa5, bench->server_size);
	tftp_server_init(bench->server, &setup);
}

static void begin(void) {
	if (!bench)
		make_bench();
	bench->slot = (struct image_slot){
		.word = IMAGE_WORD(1, IMAGE_READY), .size = SIZE, .map_count = 1};
	memset(bench->session, 0, sizeof(bench->session));
	memset(bench->member, 0, sizeof(bench->member));
	bench->next_port = 2000;
	bench->now = (struct rouse_now){.us = 1000000, .unix_s = 1800000000};
	start();
}

static void deliver(uint32_t index, uint16_t port, const uint8_t *bytes, size_t len) {
	uint8_t *payload = fuzz_exact(bytes, len);
	struct frame_view frame = {.src = CLIENT + index,
		.dst = OWN,
		.src_port = bench->member[index].port,
		.dst_port = port,
		.payload = payload,
		.payload_len = (uint16_t)len};
	struct tftp_input input = {.frame = &frame, .own_address = OWN, .port_mtu = 1500};

	if (port == TFTP_PORT)
		tftp_server_request(bench->server, &bench->fixture.policy, &input, bench->now);
	else
		tftp_server_packet(bench->server, &input, bench->now);
	free(payload);
}

static void ask(uint32_t index) {
	static const uint8_t request[] = "\0\1file\0octet\0blksize\00064\0multicast\0";

	deliver(index, TFTP_PORT, request, sizeof(request));
}

static void say(uint32_t index, uint8_t opcode, uint16_t number) {
	const struct member *m = &bench->member[index];

	if (m->tid)
		deliver(index, m->tid,
			(uint8_t[]){0, opcode, (uint8_t)(number >> 8), (uint8_t)number}, 4);
}

// A client that is not there, or is done, begins; one that has not been heard asks again.
static void join(uint32_t index, bool in_order) {
	struct member *m = &bench->member[index];

	if (!m->started || !m->alive || m->done)
		*m = (struct member){.started = true,
			.alive = true,
			.port = bench->next_port++,
			.in_order = in_order};
	if (!m->tid)
		ask(index);
}

static void acknowledge(uint32_t index, bool lost) {
	struct member *m = &bench->member[index];

	if (!lost)
		say(index, TFTP_ACK, (uint16_t)m->whole);
	m->done = m->whole == BLOCKS;
}

static void hear_data(struct member *m, uint16_t block) {
	if (m->master && m->in_order && block != m->whole + 1)
		return;
	m->has[block] = true;
	while (m->whole < BLOCKS && m->has[m->whole + 1])
		m->whole++;
}

// A member takes the first packet out of its sockets; how: bit 0, its answer is lost.
static void hear(uint32_t index, uint8_t how) {
	struct member *m = &bench->member[index];
	struct heard heard = m->queue[0];

	if (!m->queued)
		return;
	memmove(m->queue, m->queue + 1, --m->queued * sizeof(m->queue[0]));
	if (!m->alive || m->done)
		return;
	if (heard.opcode == TFTP_ERROR) {
		m->alive = false;
		return;
	}
	if (heard.opcode == TFTP_OACK)
		m->master = heard.master;
	else
		hear_data(m, heard.number);
	if (m->master)
		acknowledge(index, how & 1);
}

static void put(uint32_t index, struct heard heard) {
	struct member *m = &bench->member[index];

	if (m->started && m->queued < QUEUE)
		m->queue[m->queued++] = heard;
}

static void check_data(const struct tftp_packet *packet, size_t len) {
	const struct tftp_session *group = packet->session;

	if (group->state == SESSION_SENDING)
		return;
	FUZZ_ASSERT(group->state == SESSION_GROUP && packet->to.dst == group->peer_address);
	FUZZ_ASSERT(packet->to.src_port == group->tid && packet->to.ttl == 1);
	FUZZ_ASSERT(packet->block >= 1 && packet->block <= BLOCKS);
	FUZZ_ASSERT(len == (packet->block < BLOCKS ? BLKSIZE : SIZE % BLKSIZE) + 4);
}

static void send_data(const struct tftp_packet *packet) {
	for (uint32_t i = 0; i < MEMBERS; i++)
		if (bench->member[i].tid == packet->to.src_port)
			put(i, (struct heard){
				       .opcode = TFTP_DATA, .number = (uint16_t)packet->block});
}

static void send_to_member(const struct tftp_packet *packet) {
	uint32_t index = packet->to.dst - CLIENT;
	struct member *m;

	FUZZ_ASSERT(index < MEMBERS);
	m = &bench->member[index];
	if (m->port != packet->to.dst_port)
		return; // of its former life
	if (packet->kind == TFTP_PACKET_OACK && packet->session->state != SESSION_MEMBER) {
		m->alive = false; // served alone, as too many listen: tftp_session_fuzz.c
		return;
	}
	if (packet->kind == TFTP_PACKET_OACK && !m->tid)
		m->tid = packet->to.src_port;
	if (m->tid != packet->to.src_port && packet->kind == TFTP_PACKET_OACK)
		return;
	put(index,
		(struct heard){.opcode = packet->kind == TFTP_PACKET_OACK ? TFTP_OACK : TFTP_ERROR,
			.master = packet->session && packet->session->role != ROLE_LISTENER});
}

// Packets leave; lost: bit i set, the packet does not reach member i.
static uint32_t take_packets(uint32_t limit, uint8_t lost) {
	struct tftp_packet packet;
	uint8_t payload[BLKSIZE + 128];
	uint32_t count = 0, sum;

	while (count < limit && tftp_server_next(bench->server, 0, bench->now, &packet)) {
		size_t len =
			tftp_server_write(bench->server, &packet, payload, sizeof(payload), &sum);

		count++;
		if (packet.kind == TFTP_PACKET_DATA && len) {
			check_data(&packet, len);
			send_data(&packet);
		} else if (packet.kind != TFTP_PACKET_DATA) {
			send_to_member(&packet);
		}
		for (uint32_t i = 0; i < MEMBERS; i++)
			if (lost & 1u << i && bench->member[i].queued)
				bench->member[i].queued--;
	}
	return count;
}

static void check(void) {
	uint32_t live = 0, groups = 0;

	for (uint32_t i = 0; i < SESSIONS; i++)
		live += bench->session[i].state != SESSION_FREE;
	for (uint32_t i = 0; i < TFTP_GROUPS; i++)
		groups += bench->server->group[i].index != TFTP_GROUP_NONE;
	FUZZ_ASSERT(bench->pins[0] == live && live == tftp_server_active(bench->server));
	FUZZ_ASSERT(groups <= 1);
	FUZZ_ASSERT(bench->server->listeners[0] <= SESSIONS);
}

// Between two events not more is sent than the window and an OACK or two for each member.
static void run_timers(uint64_t us) {
	bench->now.us += us;
	tftp_server_expire(bench->server, bench->now);
	FUZZ_ASSERT(take_packets(1000, 0xff) < 8 * TFTP_STREAM_ALONE + 4 * MEMBERS);
}

static void restart(void) {
	start();
	tftp_server_resume(bench->server, &bench->fixture.policy, bench->now);
}

static void garbage(struct input *input, uint32_t index) {
	size_t len = take(input) % 8;

	len = len < input->left ? len : input->left;
	if (bench->member[index].tid && bench->member[index].port)
		deliver(index, bench->member[index].tid, input->at, len);
	input->at += len;
	input->left -= len;
}

static void step(struct input *input) {
	uint8_t op = take(input);
	uint32_t index = op >> 5;
	struct member *m = &bench->member[index];

	switch (op & 15) {
	case 0:
	case 1:
		join(index, op & 16);
		break;
	case 2:
	case 3:
	case 4:
	case 5:
		hear(index, op >> 4);
		break;
	case 6:
	case 7:
		take_packets(1u << (op >> 5), 0);
		break;
	case 8:
		take_packets(4, take(input));
		break;
	case 9:
		run_timers(take16(input));
		break;
	case 10:
		run_timers(1024u * take16(input));
		break;
	case 11:
		m->alive = false;
		break;
	case 12:
		if (m->port)
			say(index, TFTP_ACK, take16(input));
		break;
	case 13:
		if (m->port && op & 16)
			say(index, TFTP_ERROR, 0);
		m->alive &= !(op & 16);
		break;
	case 14:
		garbage(input, index);
		break;
	case 15:
		if (op & 16)
			restart();
		break;
	}
}

// Stray ACKs and garbage may have ended a member as a real client would not have had it: it begins
// anew.
static bool is_member(uint32_t index) {
	const struct member *m = &bench->member[index];
	uint32_t at = tftp_table_find(&bench->server->table, CLIENT + index, m->port);

	return at != TFTP_TABLE_NONE && bench->session[at].state == SESSION_MEMBER &&
	       (!m->tid || bench->session[at].tid == m->tid);
}

static bool all_done(void) {
	for (uint32_t i = 0; i < MEMBERS; i++)
		if (bench->member[i].started && bench->member[i].alive && !bench->member[i].done)
			return false;
	return true;
}

static void answer_all(void) {
	for (uint32_t i = 0; i < MEMBERS; i++)
		while (bench->member[i].queued)
			hear(i, 0);
}

// What was done to it before may end it once more: it had not answered for too long.
static void begin_anew(void) {
	for (uint32_t i = 0; i < MEMBERS; i++) {
		struct member *m = &bench->member[i];

		if (m->started && m->alive && !m->done && !is_member(i)) {
			uint32_t lives = m->lives + 1;

			FUZZ_ASSERT(lives <= 2);
			m->alive = false;
			join(i, m->in_order);
			m->lives = lives;
		}
	}
}

// Nothing is lost any more: all who answer get everything, in bounded time.
static void complete(void) {
	uint64_t start_us = bench->now.us;

	for (uint32_t turn = 0; !all_done(); turn++) {
		uint64_t due_us = tftp_server_expire(bench->server, bench->now);

		begin_anew();
		FUZZ_ASSERT(turn < 200000 && bench->now.us < start_us + 120000000);
		if (take_packets(MEMBERS, 0) == 0) {
			FUZZ_ASSERT(due_us != UINT64_MAX || all_done());
			if (due_us != UINT64_MAX && due_us > bench->now.us)
				bench->now.us = due_us;
		}
		answer_all();
	}
}

// Everybody falls silent: all ends.
static void finish(void) {
	uint64_t start_us = bench->now.us;
	uint64_t due_us = bench->now.us;

	while (due_us != UINT64_MAX) {
		take_packets(10000, 0xff);
		due_us = tftp_server_expire(bench->server, bench->now);
		if (due_us != UINT64_MAX && due_us > bench->now.us)
			bench->now.us = due_us;
		FUZZ_ASSERT(bench->now.us < start_us + 140000000);
	}
	FUZZ_ASSERT(tftp_server_active(bench->server) == 0);
	FUZZ_ASSERT(bench->server->listeners[0] == 0 && bench->server->listeners[1] == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct input input = {data, size};

	begin();
	while (input.left) {
		step(&input);
		check();
	}
	complete();
	check();
	finish();
	return 0;
}
