// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The whole server with its state: the first byte chooses a configuration, then follow events:
// messages, time, a journal that writes or fails, a change of policy, a restart. Every reply is
// linted, every record must be one that recovery takes, and no address may be in the table twice.
//
// Event: one byte what, one byte argument; a message is two bytes of length and as many bytes.

#include "dhcp_lint.h"
#include "dhcp_server.h"
#include "fuzz.h"
#include "policy_fixture.h"

#define RECORDS     24u
#define PENDING_MAX 64u
#define EVENTS_MAX  24

enum event {
	EVENT_MESSAGE = 0, // broadcast
	EVENT_UNICAST,     // to our address, from ciaddr
	EVENT_RELAYED,     // from giaddr
	EVENT_TIME,
	EVENT_DURABLE,
	EVENT_FAILED,
	EVENT_DEGRADED,
	EVENT_ROOM,
	EVENT_POLICY,
	EVENT_RESTART,
	EVENT_WALL,
	EVENT_PROBED,
	EVENT_COUNT,
};

struct box {
	struct dhcp_server server;
	struct stats stats;
	struct events events;
	struct rouse_now now;
	bool degraded;
	uint32_t room;
	uint32_t config;
	struct journal_record pending[PENDING_MAX];
	uint32_t pending_count;
	uint64_t lsn;
};

enum { CONFIGS = 8 };

static struct fixture fixtures[CONFIGS];
static struct lease_record records[RECORDS];
static _Atomic uint64_t lease_high;
static _Atomic uint64_t counters[ROUSE_STAT_MAX];
static struct worker_block worker;
static struct event_record *ring;
static void *memory;
static struct dhcp_output output;

static void add_subnet(struct fixture *f, int config) {
	static uint8_t long_options[1100];
	static const uint8_t plain[] = "\x03\x04\x0a\x4d\x00\x01\x06\x04\x0a\x4d\x00\x01\x0f\x01z";
	const struct policy_pool pool[2] = {{0x0a4d0032, config == 1 ? 0x0a4d0033 : 0x0a4d0045},
		{0x0a4d0064, 0x0a4d0064, 0, config % POLICY_POOL_USERS}};
	const uint32_t relay[2] = {0x0a4d0002, 0x0a580001};
	struct policy_subnet subnet = {.network = 0x0a4d0000,
		.mask = 0xffffff00,
		.lease_time_s = config == 2   ? UINT32_MAX
				: config == 3 ? 1
					      : 600,
		.max_blksize = 1468,
		.max_windowsize = 64,
		.edge_rate_bps = 1000000000};

	for (size_t i = 0; i < sizeof(long_options) / 275; i++) {
		long_options[i * 275] = (uint8_t)(200 + i);
		long_options[i * 275 + 1] = 255;
		long_options[i * 275 + 257] = (uint8_t)(200 + i);
		long_options[i * 275 + 258] = 16;
	}
	subnet.options =
		config == 4 ? policy_build_bytes(f->builder, long_options, sizeof(long_options))
			    : policy_build_bytes(f->builder, plain, sizeof(plain) - 1);
	policy_build_subnet(f->builder, &subnet, pool, config == 5 ? 0 : 2, relay, 1);
	subnet.network = 0x0a580000;
	subnet.options = (struct policy_ref){0};
	policy_build_subnet(f->builder, &subnet,
		(const struct policy_pool[1]){{0x0a580010, 0x0a580013}}, 1, relay + 1, 1);
}

static void add_boot(struct fixture *f, int config) {
	static char long_name[500];

	memset(long_name, 'n', sizeof(long_name) - 1);
	fixture_rule(f, config == 6 ? long_name : "menu.ipxe", 1,
		(struct policy_condition[]){fixture_value(POLICY_MATCH_IPXE, 0, 1)}, 1);
	policy_build_rule(f->builder,
		&(struct policy_rule){.file = fixture_text(f, "http://10.77.0.1/x"),
			.options = policy_build_bytes(f->builder, "\x3c\x0aHTTPClient", 12)},
		(struct policy_condition[]){fixture_value(POLICY_MATCH_ARCH, 0, 16)}, 1);
	policy_build_rule(f->builder,
		&(struct policy_rule){.file = fixture_text(f, "x.efi"), .file_blocks = 99},
		(struct policy_condition[]){fixture_value(POLICY_MATCH_ARCH, 0, 7)}, 1);
	fixture_rule(f, "by-port", 4,
		(struct policy_condition[]){fixture_glob(f, POLICY_MATCH_CIRCUIT_ID, 0, "p*")}, 1);
	if (config != 7)
		fixture_rule(f, "undionly.kpxe", 5, NULL, 0);
}

static void build_config(int config) {
	struct fixture *f = &fixtures[config];

	fixture_begin(f);
	policy_build_globals(f->builder, &(struct policy_globals){.runtime_dir = "/r",
						 .state_dir = "/s",
						 .memory_bytes = 1 << 20,
						 .max_leases = RECORDS,
						 .workers = 1,
						 .tid_first = 32768,
						 .tid_last = 49151,
						 .authoritative = config != 7});
	fixture_port(f, "eth1", "10.77.0.1");
	add_subnet(f, config);
	fixture_host(f, "n001", "52:54:00:00:01:01", "10.77.0.50", "compute");
	fixture_host(f, "n002", "52:54:00:00:01:02", "10.77.0.11", "");
	fixture_host(f, "n003", "52:54:00:00:01:03", NULL, "");
	add_boot(f, config);
	FUZZ_ASSERT(fixture_finish(f) == 0);
}

static void prepare(void) {
	if (memory)
		return;
	for (int config = 0; config < CONFIGS; config++)
		build_config(config);
	memory = aligned_alloc(64, (lease_table_size(RECORDS) + 63) / 64 * 64);
	ring = calloc(EVENT_RING_SIZE, sizeof(*ring));
	FUZZ_ASSERT(memory && ring);
}

static void new_table(struct box *box) {
	static const uint64_t seed[2] = {1, 2};

	box->server.leases = lease_table_init(memory, records, RECORDS, seed, &lease_high);
	lease_raise_lsn(box->server.leases, box->lsn);
}

static void set_policy(struct box *box, uint32_t config) {
	box->config = config % CONFIGS;
	box->server.policy = &fixtures[box->config].policy;
	lease_set_policy(box->server.leases, box->server.policy);
}

static void take_records(struct box *box) {
	FUZZ_ASSERT(output.record_count <= DHCP_RECORDS_MAX);
	FUZZ_ASSERT(!box->degraded || !output.record_count);
	FUZZ_ASSERT(output.record_count <= box->room);
	for (int i = 0; i < output.record_count; i++) {
		FUZZ_ASSERT(journal_whole(&output.record[i]) && journal_sane(&output.record[i]));
		FUZZ_ASSERT(output.record[i].lsn == ++box->lsn);
		FUZZ_ASSERT(box->pending_count < PENDING_MAX);
		box->pending[box->pending_count++] = output.record[i];
	}
}

static uint32_t u32(const uint8_t *at) {
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void handle(struct box *box, const uint8_t *data, size_t len, enum event how) {
	uint8_t *message = fuzz_exact(data, len);
	struct frame_view frame = {.src_mac = {2, 0, 0, 0, 0, 9},
		.dst = how == EVENT_MESSAGE ? UINT32_MAX : 0x0a4d0001,
		.payload = message,
		.payload_len = (uint16_t)len};
	struct dhcp_input input = {.frame = &frame,
		.port_mac = {2, 0, 0, 0, 0, 1},
		.journal_degraded = box->degraded,
		.journal_room = box->room};
	enum dhcp_verdict verdict;
	const char *complaint;

	if (len >= 28 && how != EVENT_MESSAGE)
		frame.src = u32(message + (how == EVENT_UNICAST ? 12 : 24));
	verdict = dhcp_server_handle(&box->server, &input, box->now, &output);
	take_records(box);
	if (verdict == DHCP_REPLY || verdict == DHCP_REPLY_WHEN_DURABLE) {
		FUZZ_ASSERT((verdict == DHCP_REPLY) == !output.wait_lsn);
		FUZZ_ASSERT(output.to.src == 0x0a4d0001 && output.to.dst);
		complaint =
			dhcp_lint(message, len, output.payload, output.len, DHCP_LINT_ALLOW_CLASS);
		if (complaint)
			fprintf(stderr, "reply: %s\n", complaint);
		FUZZ_ASSERT(!complaint);
	}
	free(message);
}

static void check_table(struct box *box) {
	struct lease_record copy;

	for (uint32_t i = 0; i < lease_high; i++) {
		FUZZ_ASSERT(!(records[i].seq & 1));
		if (lease_read(&records[i], &copy) < 0)
			continue;
		FUZZ_ASSERT(lease_find_address(box->server.leases, copy.address) == &records[i]);
		FUZZ_ASSERT(copy.state <= LEASE_DECLINED);
		FUZZ_ASSERT(copy.durable_unix_s <= copy.expiry_unix_s || copy.reserved ||
			    copy.state != LEASE_BOUND);
	}
}

static void journal_ends(struct box *box, bool well) {
	for (uint32_t i = 0; i < box->pending_count; i++) {
		if (well)
			dhcp_server_durable(&box->server, &box->pending[i]);
		else
			dhcp_server_failed(&box->server, &box->pending[i], box->now);
	}
	box->pending_count = 0;
}

static void restart(struct box *box) {
	struct journal_record disk[PENDING_MAX];
	uint32_t count = box->pending_count;

	memcpy(disk, box->pending, count * sizeof(disk[0]));
	box->pending_count = 0;
	new_table(box);
	for (uint32_t i = 0; i < count; i++)
		FUZZ_ASSERT(lease_restore(box->server.leases, &disk[i], box->now) == 0);
	set_policy(box, box->config);
}

static void pass_time(struct box *box, uint8_t argument) {
	uint64_t seconds = argument < 128 ? argument / 8 : argument * 100ull;

	box->now.us += seconds * 1000000 + argument;
	box->now.unix_s += (int64_t)seconds;
	dhcp_server_sweep(&box->server, box->now, 16);
}

static void restamp(struct box *box, uint8_t argument) {
	struct journal_record record;

	box->now.unix_s += ((int64_t)argument - 128) * 100;
	dhcp_server_sweep(&box->server, box->now, 0);
	while (box->pending_count < PENDING_MAX &&
		dhcp_server_restamp(&box->server, box->now, &record)) {
		FUZZ_ASSERT(record.lsn == ++box->lsn && journal_sane(&record));
		box->pending[box->pending_count++] = record;
	}
}

static void happen(struct box *box, enum event event, uint8_t argument) {
	switch (event) {
	case EVENT_TIME:
		pass_time(box, argument);
		break;
	case EVENT_DURABLE:
	case EVENT_FAILED:
		journal_ends(box, event == EVENT_DURABLE);
		break;
	case EVENT_DEGRADED:
		box->degraded = argument & 1;
		break;
	case EVENT_ROOM:
		box->room = argument;
		break;
	case EVENT_POLICY:
		lease_require_probes(box->server.leases, argument & 0x80);
		set_policy(box, argument & 0x7f);
		break;
	case EVENT_RESTART:
		restart(box);
		break;
	case EVENT_WALL:
		restamp(box, argument);
		break;
	case EVENT_PROBED:
		lease_probed(
			box->server.leases, 0x0a4d0032 + argument / 2u, argument & 1, box->now);
		break;
	case EVENT_MESSAGE:
	case EVENT_UNICAST:
	case EVENT_RELAYED:
	case EVENT_COUNT:
		break;
	}
}

static void play(struct box *box, const uint8_t *data, size_t size) {
	for (int i = 0; i < EVENTS_MAX && size >= 3; i++) {
		enum event event = (enum event)(data[0] % EVENT_COUNT);
		size_t len = (size_t)data[1] << 8 | data[2];

		if (event > EVENT_RELAYED) {
			happen(box, event, data[1]);
			data += 2;
			size -= 2;
			continue;
		}
		data += 3;
		size -= 3;
		if (len > size)
			len = size;
		handle(box, data, len, event);
		data += len;
		size -= len;
		if (box->pending_count > PENDING_MAX - 4)
			journal_ends(box, true);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct box box = {.stats = {.counter = counters},
		.now = {.us = 1000000000, .unix_s = 1800000000},
		.room = 8};

	if (!size)
		return 0;
	prepare();
	box.events = (struct events){.worker = &worker, .ring = ring};
	box.server.stats = &box.stats;
	box.server.events = &box.events;
	new_table(&box);
	set_policy(&box, data[0]);
	play(&box, data + 1, size - 1);
	check_table(&box);
	return 0;
}
