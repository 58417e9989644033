// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The TFTP server under any sequence of requests, ACKs, ERRORs, time, sending, restarts, damaged
// records and images that go and come. Invariants: each session has one pin and no pin has none;
// DATA holds the file's bytes and nothing beyond; a peer that never answers gets no more than its
// share; and in the end everything is free.

#include "../unit/policy_fixture.h"
#include "fuzz.h"
#include "tftp_core.h"

#define SESSIONS  12u
#define FILES     4u
#define CLIENTS   8u
#define TID_FIRST 40000u
#define OWN       0x0a4d0001u
#define CLIENT    0x0a4d000bu
#define EXTENTS   2u
#define MAP       3u

#define ORDER_ID   0x123456789abcdef0ull
#define ORDER_SLOT 7u

static const uint64_t sizes[FILES] = {0, 1000, 70000, 4200000};

// What a client has sent and got. proven: it sent something to a TID, which a stranger cannot.
struct account {
	uint64_t bytes_in;
	uint64_t bytes_out; // OACK and ERROR
	uint64_t requests;
	uint64_t data;
	bool proven;
	uint16_t tid; // of the last packet that it got
	uint64_t block;
};

struct bench {
	struct fixture fixture;
	struct image_slot slot[FILES];
	_Atomic uint32_t map[MAP];
	uint8_t *data;
	struct images images;
	struct tftp_session session[SESSIONS];
	_Atomic uint32_t pins[FILES];
	_Atomic uint64_t last_use[FILES];
	_Atomic uint64_t hits[FILES];
	_Atomic uint64_t order_used[ORDER_SLOTS];
	uint64_t orders_recorded[ORDER_SLOTS];
	struct order_log orders;
	_Atomic uint64_t want_ring[WANT_RING_SIZE];
	struct wants wants;
	_Atomic uint64_t tail;
	struct worker_block worker;
	struct phase_block phases;
	struct event_record *ring;
	struct events events;
	struct stats stats;
	struct tftp_server *server;
	size_t server_size;
	struct rouse_now now;
	struct account account[CLIENTS];
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
	static const char *const names[FILES] = {"empty", "a", "boot/b", "c"};
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
	for (uint32_t i = 0; i < FILES; i++)
		policy_build_name(
			f->builder, &(struct policy_name){.path = fixture_text(f, names[i]),
					    .slot = i,
					    .generation = i + 1,
					    .size = sizes[i]});
	// Client 0 has an order.
	policy_build_host(f->builder, &(struct policy_host){.name = fixture_text(f, "once"),
					      .address = CLIENT,
					      .mac = {2, 0, 0, 0, 0, 1},
					      .order_id = ORDER_ID,
					      .order_slot = ORDER_SLOT,
					      .order_last = fixture_text(f, "a")});
	FUZZ_ASSERT(fixture_finish(f) == 0);
	((struct policy_snapshot *)f->out)->multicast = 0; // tftp_multicast_fuzz.c
}

static void make_bench(void) {
	bench = calloc(1, sizeof(*bench));
	FUZZ_ASSERT(bench);
	bench->data = malloc(EXTENTS * (size_t)IMAGE_EXTENT_BYTES);
	bench->ring = calloc(EVENT_RING_SIZE, sizeof(*bench->ring));
	bench->server_size = (tftp_server_size(SESSIONS) + 63) & ~(size_t)63;
	bench->server = aligned_alloc(64, bench->server_size);
	FUZZ_ASSERT(bench->data && bench->ring && bench->server);
	for (size_t i = 0; i < EXTENTS * (size_t)IMAGE_EXTENT_BYTES; i++)
		bench->data[i] = (uint8_t)(i * 167 >> 3);
	bench->images = (struct images){.slots = bench->slot,
		.map = bench->map,
		.data = bench->data,
		.slot_count = FILES,
		.map_count = MAP,
		.extent_count = EXTENTS};
	bench->map[1] = 1;
	bench->stats.counter = bench->worker.counter;
	bench->events = (struct events){.worker = &bench->worker, .ring = bench->ring};
	bench->wants = (struct wants){.worker = &bench->worker, .ring = bench->want_ring};
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
		.orders = &bench->orders,
		.policy = &bench->fixture.policy,
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
	for (uint32_t i = 0; i < FILES; i++)
		bench->slot[i] = (struct image_slot){.word = IMAGE_WORD(i + 1, IMAGE_READY),
			.size = sizes[i],
			.map_count = (uint32_t)((sizes[i] + IMAGE_EXTENT_BYTES - 1) >>
						IMAGE_EXTENT_SHIFT)};
	memset(bench->session, 0, sizeof(bench->session));
	memset(bench->account, 0, sizeof(bench->account));
	bench->order_used[ORDER_SLOT] = 0;
	order_log_init(&bench->orders, bench->order_used, bench->orders_recorded);
	bench->now = (struct rouse_now){.us = 1000000, .unix_s = 1800000000};
	start();
}

static void deliver(uint32_t client, uint16_t port, const uint8_t *bytes, size_t len) {
	uint8_t *payload = fuzz_exact(bytes, len);
	struct frame_view frame = {.src = CLIENT + client,
		.dst = OWN,
		.src_port = (uint16_t)(2000 + client),
		.dst_port = port,
		.payload = payload,
		.payload_len = (uint16_t)len};
	struct tftp_input input = {.frame = &frame, .own_address = OWN, .port_mtu = 1500};

	bench->account[client].bytes_in += len;
	if (port == TFTP_PORT) {
		bench->account[client].requests++;
		tftp_server_request(bench->server, &bench->fixture.policy, &input, bench->now);
	} else {
		bench->account[client].proven = true;
		tftp_server_packet(bench->server, &input, bench->now);
	}
	free(payload);
}

static void send_raw_request(struct input *input, uint32_t client) {
	size_t len = take(input);

	len = len < input->left ? len : input->left;
	deliver(client, TFTP_PORT, input->at, len);
	input->at += len;
	input->left -= len;
}

static void send_request(struct input *input, uint32_t client) {
	static const char *const names[] = {
		"empty", "a", "boot/b", "c", "missing", "../a", "BOOT\\B"};
	static const char *const options[] = {"tsize", "0", "blksize", "1468", "blksize", "8",
		"windowsize", "4", "windowsize", "64", "timeout", "5", "blksize", "512", "tsize",
		"9"};
	uint8_t bytes[256] = {0, TFTP_RRQ};
	uint8_t choice = take(input);
	size_t len = 2;

	len += (size_t)sprintf((char *)bytes + len, "%s%coctet", names[take(input) % 7], 0) + 1;
	for (int i = 0; i < 8; i++)
		if (choice & 1 << i)
			len += (size_t)sprintf((char *)bytes + len, "%s%c%s", options[2 * i], 0,
				       options[2 * i + 1]) +
			       1;
	deliver(client, TFTP_PORT, bytes, len);
}

static void send_number(struct input *input, uint32_t client, uint8_t opcode) {
	const struct account *account = &bench->account[client];
	uint8_t how = take(input);
	uint16_t number = (uint16_t)account->block;

	if (how & 1)
		number = (uint16_t)(number - how / 2 % 16);
	else if (how & 2)
		number = take16(input);
	else if (opcode == TFTP_ERROR)
		number = how / 4 % 10;
	deliver(client, account->tid ? account->tid : TID_FIRST,
		(uint8_t[]){0, opcode, (uint8_t)(number >> 8), (uint8_t)number},
		how == 0xff ? 3 : 4);
}

static void send_raw(struct input *input, uint32_t client) {
	uint16_t tid = (uint16_t)(TID_FIRST - 1 + take(input) % (SESSIONS + 2));
	size_t len = take(input) % 8;

	len = len < input->left ? len : input->left;
	deliver(client, tid, input->at, len);
	input->at += len;
	input->left -= len;
}

static uint64_t in_flight_max(const struct tftp_session *session) {
	return session->ahead > session->windowsize ? session->ahead : session->windowsize;
}

static void check_data(const struct tftp_packet *packet, const uint8_t *payload, size_t len) {
	const struct tftp_session *session = packet->session;
	uint64_t offset = (packet->block - 1) * session->blksize;
	size_t done = 0;

	FUZZ_ASSERT(session->slot < FILES && len >= 4 && len <= session->blksize + 4u);
	FUZZ_ASSERT(offset + len - 4 <= sizes[session->slot]);
	FUZZ_ASSERT(packet->block <= tftp_session_acked(session) + in_flight_max(session) + 1);
	if (session->ahead) // a barrier at each 65,536th block
		FUZZ_ASSERT((packet->block & ~0xffffull) ==
			    ((tftp_session_acked(session) + 1) & ~0xffffull));
	while (done < len - 4) {
		uint64_t at = offset + done;
		size_t within = at & (IMAGE_EXTENT_BYTES - 1);
		size_t run = IMAGE_EXTENT_BYTES - within;
		uint64_t extent = bench->map[at >> IMAGE_EXTENT_SHIFT];

		run = run < len - 4 - done ? run : len - 4 - done;
		FUZZ_ASSERT(
			memcmp(payload + 4 + done,
				bench->data + (extent << IMAGE_EXTENT_SHIFT) + within, run) == 0);
		done += run;
	}
}

static void check_share(const struct account *account) {
	if (account->proven)
		return;
	FUZZ_ASSERT(account->bytes_out <= 3 * account->bytes_in);
	FUZZ_ASSERT(account->data <= 3 * account->requests);
}

static bool take_packet(void) {
	struct tftp_packet packet;
	struct account *account;
	uint32_t sum;
	size_t len;
	size_t size;
	uint8_t *payload;

	while (!tftp_server_next(bench->server, 0, bench->now, &packet)) {
		if (bench->server->paced.count == 0)
			return false;
		bench->now.us += 1u << PACE_WHEEL_SHIFT;
		tftp_server_expire(bench->server, bench->now);
	}
	FUZZ_ASSERT(packet.to.dst - CLIENT < CLIENTS && packet.to.src_port != TFTP_PORT);
	account = &bench->account[packet.to.dst - CLIENT];
	size = packet.kind == TFTP_PACKET_DATA ? packet.session->blksize + 4u : TFTP_OACK_MAX;
	payload = malloc(size);
	FUZZ_ASSERT(payload);
	len = tftp_server_write(bench->server, &packet, payload, size, &sum);
	if (packet.kind == TFTP_PACKET_DATA && len) {
		check_data(&packet, payload, len);
		account->data++;
		account->block = packet.block;
	} else if (packet.kind != TFTP_PACKET_DATA) {
		FUZZ_ASSERT(len >= 5);
		account->bytes_out += len;
		account->block = 0;
	}
	account->tid = packet.to.src_port;
	check_share(account);
	free(payload);
	return true;
}

static void take_packets(uint32_t limit) {
	while (limit-- && take_packet())
		;
}

static void pass_time(uint64_t us) {
	bench->now.us += us;
	while (tftp_server_expire(bench->server, bench->now) <= bench->now.us - 1024)
		;
	tftp_server_wake(bench->server, &bench->fixture.policy, bench->now);
}

static void restart(void) {
	start();
	tftp_server_resume(bench->server, &bench->fixture.policy, bench->now);
}

// A record that the dead process left damaged; sealed: its CRC is good all the same. What stands in
// it from then on is nobody's word about a client's share.
static void damage(struct input *input, bool sealed) {
	struct tftp_session *session = &bench->session[take(input) % SESSIONS];
	uint8_t at = take(input);

	((uint8_t *)session)[at] ^= take(input);
	if (sealed)
		session->crc = tftp_core_crc(session);
	for (uint32_t i = 0; i < CLIENTS; i++)
		bench->account[i].proven = true;
	restart();
}

static void change_image(struct input *input) {
	static const uint64_t words[] = {0, IMAGE_LOADING, IMAGE_READY, IMAGE_EVICTING};
	uint8_t choice = take(input);
	uint32_t slot = choice % FILES;

	bench->slot[slot].word = IMAGE_WORD(slot + 1 + choice / 64, words[choice / 4 % 4]);
}

static void check(void) {
	uint32_t pins = 0;
	uint32_t live = 0;

	for (uint32_t i = 0; i < FILES; i++)
		pins += bench->pins[i];
	for (uint32_t i = 0; i < SESSIONS; i++)
		live += bench->session[i].state != SESSION_FREE;
	FUZZ_ASSERT(pins == live && live == tftp_server_active(bench->server));
	FUZZ_ASSERT(bench->server->park.count <= CLIENTS &&
		    bench->server->park.strangers <= bench->server->park.count);
	FUZZ_ASSERT(
		bench->server->table.half[0].count + bench->server->table.half[1].count <= live);
}

static bool is_client(const struct tftp_session *session) {
	return session->peer_address - CLIENT < CLIENTS;
}

// A damaged record under a good CRC may name any peer: those are not our clients' business.
static void drop_strangers(void) {
	for (uint32_t i = 0; i < SESSIONS; i++)
		if (bench->session[i].state != SESSION_FREE && !is_client(&bench->session[i]))
			tftp_core_close(bench->server, i, bench->now);
	bench->server->refusal_tail = bench->server->refusal_head;
}

static void step(struct input *input) {
	uint8_t op = take(input);
	uint32_t client = op >> 5 & 7;

	switch (op & 15) {
	case 0:
		send_raw_request(input, client);
		break;
	case 1:
	case 2:
		send_request(input, client);
		break;
	case 3:
	case 4:
	case 5:
		send_number(input, client, TFTP_ACK);
		break;
	case 6:
		send_number(input, client, TFTP_ERROR);
		break;
	case 7:
		send_raw(input, client);
		break;
	case 8:
		pass_time(take16(input));
		break;
	case 9:
		pass_time(1024u * take16(input));
		break;
	case 10:
		restart();
		break;
	case 11:
		damage(input, op & 16);
		drop_strangers();
		break;
	case 12:
		change_image(input);
		break;
	default:
		take_packets(1u << (op >> 4));
	}
}

static uint64_t next_timer(void) {
	uint64_t wake_us = tftp_server_wake(bench->server, &bench->fixture.policy, bench->now);
	uint64_t due_us = tftp_server_expire(bench->server, bench->now);

	return wake_us < due_us ? wake_us : due_us;
}

// Everybody falls silent: all ends, in bounded time.
static void finish(void) {
	uint64_t start_us = bench->now.us;
	uint64_t due_us = bench->now.us;

	while (due_us != UINT64_MAX) {
		take_packets(100000);
		FUZZ_ASSERT(!take_packet());
		due_us = next_timer();
		if (due_us != UINT64_MAX && due_us > bench->now.us)
			bench->now.us = due_us;
		FUZZ_ASSERT(bench->now.us < start_us + 140000000);
	}
	check();
	FUZZ_ASSERT(tftp_server_active(bench->server) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct input input = {.at = data, .left = size < 4096 ? size : 4096};

	begin();
	while (input.left) {
		step(&input);
		check();
	}
	finish();
	return 0;
}
