// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Messages that come through relay agents, or claim to: who is believed, which subnet is chosen,
// where the answer goes and that option 82 comes back. What must hold is said here a second time,
// without the server's code.
//
// A message: 8 bytes (see struct draft), the length of option 82, its bytes; a length, and so many
// bytes that go to the options behind it, or to file when it carries options.

#include "dhcp_lint.h"
#include "dhcp_parse.h"
#include "dhcp_server.h"
#include "fuzz.h"
#include "policy_fixture.h"

#define RECORDS      24u
#define MESSAGES_MAX 12
#define OWN          0x0a4d0001u

struct draft {
	uint8_t type;
	uint8_t giaddr;
	uint8_t sender;
	uint8_t client;
	uint8_t address; // asked for, or had
	uint8_t server;
	uint8_t hops;
	uint8_t bits; // 1: broadcast, 2: options in file, 4: ciaddr, 8: option 50, 16: it boots
};

// Agents, machines and others, as giaddr and as sender.
static const uint32_t places[] = {0, 0x0a580001, 0x0a580002, 0x0a590001, 0x0a4d0002, 0x0a4d003c,
	0x0a580032, 0xc0000201, 0xffffffff, OWN, 0x0a580003, 0x0a590032};

static const struct {
	uint32_t network;
	uint32_t relays[3];
	size_t relay_count;
} subnets[] = {{0x0a4d0000, {0}, 0}, {0x0a580000, {0x0a580001, 0x0a580002, 0x0a4d0002}, 3},
	{0x0a590000, {0x0a590001, 0x0a4d0002}, 2}};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct fixture fixture;
static struct lease_record records[RECORDS];
static _Atomic uint64_t lease_high;
static _Atomic uint64_t counters[ROUSE_STAT_MAX];
static struct worker_block worker;
static struct event_record *ring;
static void *memory;
static struct dhcp_output output;
static struct stats stats = {.counter = counters};
static const struct rouse_now now = {.us = 1000000000, .unix_s = 1800000000};

static void prepare(void) {
	if (memory)
		return;
	fixture_begin(&fixture);
	fixture_port(&fixture, "eth1", "10.77.0.1");
	for (size_t i = 0; i < COUNT(subnets); i++)
		policy_build_subnet(fixture.builder,
			&(struct policy_subnet){.network = subnets[i].network,
				.mask = 0xffffff00,
				.lease_time_s = 600,
				.max_blksize = 1468,
				.max_windowsize = 64,
				.edge_rate_bps = 1000000000},
			(const struct policy_pool[1]){
				{subnets[i].network + 50, subnets[i].network + 53}},
			1, subnets[i].relays, subnets[i].relay_count);
	fixture_host(&fixture, "n001", "52:54:00:00:00:01", "10.88.0.11", "");
	fixture_rule(&fixture, "by-circuit", 1,
		(struct policy_condition[]){
			fixture_glob(&fixture, POLICY_MATCH_CIRCUIT_ID, 0, "p*")},
		1);
	fixture_rule(&fixture, "by-remote", 2,
		(struct policy_condition[]){
			fixture_glob(&fixture, POLICY_MATCH_REMOTE_ID, 0, "r*")},
		1);
	FUZZ_ASSERT(fixture_finish(&fixture) == 0);
	memory = aligned_alloc(64, (lease_table_size(RECORDS) + 63) / 64 * 64);
	ring = calloc(EVENT_RING_SIZE, sizeof(*ring));
	FUZZ_ASSERT(memory && ring);
}

static void put32(uint8_t *at, uint32_t value) {
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t u32(const uint8_t *at) {
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

// What is left of the input.
struct input {
	const uint8_t *data;
	size_t size;
};

static struct input take(struct input *in, size_t len) {
	struct input taken = {.data = in->data, .size = len < in->size ? len : in->size};

	in->data += taken.size;
	in->size -= taken.size;
	return taken;
}

static struct input take_counted(struct input *in) {
	struct input length = take(in, 1);

	return take(in, length.size ? length.data[0] : 0);
}

static uint8_t *add(uint8_t *at, uint8_t code, const void *data, size_t len) {
	at[0] = code;
	at[1] = (uint8_t)len;
	memcpy(at + 2, data, len);
	return at + 2 + len;
}

static uint8_t *add_ip(uint8_t *at, uint8_t code, uint32_t address) {
	uint8_t bytes[4];

	put32(bytes, address);
	return add(at, code, bytes, 4);
}

static uint8_t *add_options(uint8_t *at, const struct draft *draft, uint32_t address) {
	static const uint8_t types[] = {
		DHCP_DISCOVER, DHCP_REQUEST, DHCP_DECLINE, DHCP_RELEASE, DHCP_INFORM};

	at = add(at, DHCP_OPT_TYPE, &types[draft->type % COUNT(types)], 1);
	if (draft->bits & 8)
		at = add_ip(at, DHCP_OPT_REQUESTED_IP, address);
	if (draft->server % 4 == 1)
		at = add_ip(at, DHCP_OPT_SERVER_ID, OWN);
	else if (draft->server % 4 == 2)
		at = add_ip(at, DHCP_OPT_SERVER_ID, places[draft->server / 4 % COUNT(places)]);
	if (draft->bits & 16)
		at = add(at, DHCP_OPT_ARCH, "\0\7", 2);
	if (draft->bits & 2)
		at = add(at, DHCP_OPT_OVERLOAD, "\1", 1);
	return at;
}

// Returns its length; message has room for the longest.
static size_t write_message(
	uint8_t message[1024], const struct draft *draft, struct input agent, struct input more) {
	uint32_t address =
		subnets[draft->address % COUNT(subnets)].network + 50 + draft->address / 64;
	uint8_t *at = message + DHCP_OPTIONS_OFFSET;

	memset(message, 0, 1024);
	memcpy(message, (uint8_t[]){DHCP_OP_REQUEST, DHCP_HTYPE_ETHERNET, 6, draft->hops}, 4);
	put32(message + 4, 0x11220000u + draft->client % 4);
	if (draft->bits & 4)
		put32(message + 12, address);
	put32(message + 24, places[draft->giaddr % COUNT(places)]);
	memcpy(message + 28, (uint8_t[]){0x52, 0x54, 0, 0, 0, draft->client % 4}, 6);
	put32(message + DHCP_MAGIC_OFFSET, DHCP_MAGIC);
	at = add_options(at, draft, address);
	if (agent.size)
		at = add(at, DHCP_OPT_AGENT, agent.data, agent.size);
	if (draft->bits & 2)
		memcpy(message + DHCP_FILE_OFFSET, more.data,
			more.size < DHCP_FILE_BYTES ? more.size : DHCP_FILE_BYTES);
	else if (more.size)
		memcpy(at, more.data, more.size);
	if (!(draft->bits & 2))
		at += more.size;
	*at++ = DHCP_OPT_END;
	return (size_t)(at - message);
}

// A suboption of four bytes, the last of its kind; 0: there is none.
static uint32_t suboption(const struct dhcp_view *view, uint8_t code) {
	const uint8_t *data = view->agent.data;
	size_t len = view->agent.len, at = 0;
	uint32_t found = 0;

	while (len - at >= 2 && len - at - 2 >= data[at + 1]) {
		if (data[at] == code && data[at + 1] == 4)
			found = u32(data + at + 2);
		at += 2u + data[at + 1];
	}
	return found;
}

static bool is_relay(size_t subnet, uint32_t address) {
	for (size_t i = 0; i < subnets[subnet].relay_count; i++)
		if (subnets[subnet].relays[i] == address)
			return true;
	return false;
}

// The subnet of a relayed message that is to be believed, or -1.
static int believed_subnet(const struct dhcp_view *view, uint32_t sender) {
	uint32_t link = suboption(view, DHCP_AGENT_LINK), place = link ? link : view->giaddr;

	for (size_t i = 0; i < COUNT(subnets); i++)
		if ((place & 0xffffff00) == subnets[i].network)
			return is_relay(i, view->giaddr) && is_relay(i, sender) ? (int)i : -1;
	return -1;
}

static void check_relayed(
	const struct dhcp_view *view, const struct frame_view *frame, uint32_t subnet) {
	uint32_t override = suboption(view, DHCP_AGENT_SERVER_ID);
	uint32_t yiaddr = u32(output.payload + 16);

	FUZZ_ASSERT(output.to.dst == view->giaddr && output.to.dst_port == DHCP_SERVER_PORT);
	FUZZ_ASSERT(memcmp(output.to.dst_mac, frame->src_mac, 6) == 0);
	FUZZ_ASSERT(!yiaddr || (yiaddr & 0xffffff00) == subnet);
	FUZZ_ASSERT(u32(output.payload + 245) == (override ? override : OWN)); // behind option 53
}

static void check_reply(const struct frame_view *frame, const struct dhcp_view *view) {
	const char *complaint =
		dhcp_lint(frame->payload, frame->payload_len, output.payload, output.len, 0);
	int subnet = believed_subnet(view, frame->src);

	if (complaint)
		fprintf(stderr, "reply: %s\n", complaint);
	FUZZ_ASSERT(!complaint);
	if (!view->giaddr) {
		FUZZ_ASSERT(output.to.dst_port == DHCP_CLIENT_PORT);
		FUZZ_ASSERT(u32(output.payload + 245) == OWN);
		return;
	}
	FUZZ_ASSERT(subnet >= 0);
	check_relayed(view, frame, subnets[subnet].network);
}

static uint64_t hostile(void) {
	return counters[STAT_DHCP_HOSTILE_RELAY] + counters[STAT_DHCP_HOSTILE_RELAY_SENDER];
}

static void handle(
	struct dhcp_server *server, const struct draft *draft, const uint8_t *data, size_t len) {
	uint8_t *message = fuzz_exact(data, len);
	struct frame_view frame = {.src_mac = {2, 0, 0, 0, 0, 9},
		.src = places[draft->sender % COUNT(places)],
		.dst = draft->bits & 1 ? UINT32_MAX : OWN,
		.payload = message,
		.payload_len = (uint16_t)len};
	struct dhcp_input input = {
		.frame = &frame, .port_mac = {2, 0, 0, 0, 0, 1}, .journal_room = 8};
	uint64_t hostile_before = hostile(), high = lease_high;
	static struct dhcp_view view;
	enum dhcp_verdict verdict = dhcp_server_handle(server, &input, now, &output);
	bool parsed = dhcp_parse(message, len, &view) == DHCP_PARSE_OK;

	for (int i = 0; i < output.record_count; i++)
		dhcp_server_durable(server, &output.record[i]);
	if (verdict == DHCP_REPLY || verdict == DHCP_REPLY_WHEN_DURABLE)
		check_reply(&frame, &view);
	if (parsed && view.giaddr && believed_subnet(&view, frame.src) < 0) {
		FUZZ_ASSERT(verdict == DHCP_SILENT && !output.record_count);
		FUZZ_ASSERT(hostile() == hostile_before + 1 && lease_high == high);
	} else {
		FUZZ_ASSERT(hostile() == hostile_before);
	}
	free(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static const uint64_t seed[2] = {1, 2};
	struct events events = {.worker = &worker};
	struct dhcp_server server = {.stats = &stats, .events = &events};
	struct input in = {.data = data, .size = size};

	prepare();
	events.ring = ring;
	server.policy = &fixture.policy;
	server.leases = lease_table_init(memory, records, RECORDS, seed, &lease_high);
	lease_set_policy(server.leases, &fixture.policy);
	for (int i = 0; i < MESSAGES_MAX && in.size >= sizeof(struct draft); i++) {
		struct input head = take(&in, sizeof(struct draft));
		struct input agent = take_counted(&in), more = take_counted(&in);
		uint8_t message[1024];
		struct draft draft;

		memcpy(&draft, head.data, sizeof(draft));
		handle(&server, &draft, message, write_message(message, &draft, agent, more));
	}
	return 0;
}
