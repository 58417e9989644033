// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A DHCP server in a box for the tests: a policy, a lease table, clients' messages written by hand,
// and every reply checked by the linter.

#pragma once

#include "dhcp_server.h"

#include "bytes.h"
#include "dhcp.h"
#include "dhcp_lint.h"
#include "policy_fixture.h"
#include "unit.h"

#define WORLD_LEASES  1024u
#define WORLD_JOURNAL 4096u

struct message {
	uint8_t bytes[2048];
	size_t len;
	uint32_t src;
	uint32_t dst;
	uint16_t port;
	uint16_t src_port; // 0: 68
	uint16_t dst_port; // 0: 67
};

struct world {
	struct fixture f;
	void *memory;
	struct lease_record *records;
	uint32_t lease_count;
	_Atomic uint64_t lease_high;
	_Atomic uint64_t counter[ROUSE_STAT_MAX];
	struct stats stats;
	struct worker_block worker;
	struct event_record *ring;
	struct events events;
	struct dhcp_server server;
	struct rouse_now now;
	struct dhcp_output output;
	bool degraded;
	bool hold_journal; // records stay under way until world_journal_done
	uint32_t room;
	struct journal_record journal[WORLD_JOURNAL];
	uint32_t journal_len;
	uint32_t journal_done;
	uint32_t lint; // enum dhcp_lint_flags
};

static inline struct policy_ref world_bytes(struct world *w, const void *data, size_t len) {
	return policy_build_bytes(w->f.builder, data, len);
}

// Begins a world; add to its policy (w->f), then world_start.
static inline void world_begin(struct world *w) {
	memset(w, 0, sizeof(*w));
	fixture_begin(&w->f);
	w->lease_count = WORLD_LEASES;
	w->room = 1000;
	w->now = (struct rouse_now){.us = 1000000000, .unix_s = 1800000000};
}

static inline void world_new_table(struct world *w) {
	static const uint64_t seed[2] = {1, 2};

	free(w->memory);
	w->memory = aligned_alloc(64, (lease_table_size(w->lease_count) + 63) / 64 * 64);
	if (!w->records)
		w->records = calloc(w->lease_count, sizeof(*w->records));
	w->server.leases =
		lease_table_init(w->memory, w->records, w->lease_count, seed, &w->lease_high);
}

static inline void world_start(struct world *w) {
	if (fixture_finish(&w->f) < 0) {
		print_error("%s\n", w->f.why);
		abort();
	}
	w->ring = calloc(EVENT_RING_SIZE, sizeof(*w->ring));
	w->stats = (struct stats){.counter = w->counter};
	w->events = (struct events){.worker = &w->worker, .ring = w->ring};
	world_new_table(w);
	w->server.policy = &w->f.policy;
	w->server.stats = &w->stats;
	w->server.events = &w->events;
	lease_set_policy(w->server.leases, &w->f.policy);
}

static inline void world_end(struct world *w) {
	fixture_end(&w->f);
	free(w->memory);
	free(w->records);
	free(w->ring);
}

// One subnet 10.77.0.0/24 with a pool of 10.77.0.50 to .99, host n001 with a reservation, rules for
// iPXE, x64 UEFI, BIOS.
static inline void world_sample(struct world *w) {
	static const uint8_t options[] = "\x03\x04\x0a\x4d\x00\x01"                 // routers
					 "\x06\x08\x0a\x4d\x00\x01\x0a\x4d\x00\x02" // dns
					 "\x0f\x07"
					 "cluster"                   // domain
					 "\x2a\x04\x0a\x4d\x00\x01"  // ntp
					 "\x96\x04\x0a\x4d\x00\x01"; // 150
	const struct policy_pool pool[1] = {{fixture_ip("10.77.0.50"), fixture_ip("10.77.0.99")}};
	const struct policy_pool behind[1] = {{fixture_ip("10.88.0.50"), fixture_ip("10.88.0.59")}};
	const uint32_t relay[1] = {fixture_ip("10.88.0.1")};
	struct policy_subnet subnet = {.network = fixture_ip("10.77.0.0"),
		.mask = 0xffffff00,
		.lease_time_s = 43200,
		.max_blksize = 1468,
		.max_windowsize = 64,
		.edge_rate_bps = 1000000000};

	world_begin(w);
	fixture_port(&w->f, "eth1", "10.77.0.1");
	subnet.options = world_bytes(w, options, sizeof(options) - 1);
	policy_build_subnet(w->f.builder, &subnet, pool, 1, NULL, 0);
	subnet.network = fixture_ip("10.88.0.0");
	subnet.lease_time_s = 3600;
	policy_build_subnet(w->f.builder, &subnet, behind, 1, relay, 1);
	policy_build_host(w->f.builder, &(struct policy_host){.name = fixture_text(&w->f, "n001"),
						.role = fixture_text(&w->f, "compute"),
						.address = fixture_ip("10.77.0.11"),
						.mac = {0x52, 0x54, 0, 0, 1, 1}});
	fixture_rule(&w->f, "menu.ipxe", 1,
		(struct policy_condition[]){fixture_value(POLICY_MATCH_IPXE, 0, 1)}, 1);
	policy_build_rule(w->f.builder,
		&(struct policy_rule){
			.file = fixture_text(&w->f, "ipxe.efi"), .line = 2, .file_blocks = 2000},
		(struct policy_condition[]){fixture_value(POLICY_MATCH_ARCH, 0, 7)}, 1);
	fixture_rule(&w->f, "undionly.kpxe", 3,
		(struct policy_condition[]){fixture_value(POLICY_MATCH_ARCH, 0, 0)}, 1);
}

// For cmocka: the sample world as the state of a test.
static inline int world_set_up(void **state) {
	struct world *w = calloc(1, sizeof(*w));

	world_sample(w);
	world_start(w);
	*state = w;
	return 0;
}

static inline int world_tear_down(void **state) {
	world_end(*state);
	free(*state);
	return 0;
}

static inline void put32(uint8_t *at, uint32_t value) {
	struct writer w = writer_of(at, 4);

	writer_u32(&w, value);
}

static inline void message_option(struct message *m, uint8_t code, const void *data, size_t len) {
	m->bytes[m->len++] = code;
	m->bytes[m->len++] = (uint8_t)len;
	memcpy(m->bytes + m->len, data, len);
	m->len += len;
}

static inline void message_u8(struct message *m, uint8_t code, uint8_t value) {
	message_option(m, code, &value, 1);
}

static inline void message_ip(struct message *m, uint8_t code, const char *address) {
	uint8_t bytes[4];

	put32(bytes, fixture_ip(address));
	message_option(m, code, bytes, 4);
}

static inline void message_ip_number(struct message *m, uint8_t code, uint32_t address) {
	uint8_t bytes[4];

	put32(bytes, address);
	message_option(m, code, bytes, 4);
}

static inline void message_text(struct message *m, uint8_t code, const char *text) {
	message_option(m, code, text, strlen(text));
}

// The n-th client: 52:54:00:00:HH:LL. Client 0x101 is host n001.
static inline struct message message_begin(uint8_t type, uint16_t client) {
	struct message m = {.len = DHCP_OPTIONS_OFFSET, .src = 0, .dst = UINT32_MAX};

	m.bytes[0] = DHCP_OP_REQUEST;
	m.bytes[1] = DHCP_HTYPE_ETHERNET;
	m.bytes[2] = 6;
	put32(m.bytes + 4, 0x11220000u + client);
	memcpy(m.bytes + 28, (uint8_t[]){0x52, 0x54, 0, 0, (uint8_t)(client >> 8), (uint8_t)client},
		6);
	put32(m.bytes + DHCP_MAGIC_OFFSET, DHCP_MAGIC);
	if (type)
		message_u8(&m, DHCP_OPT_TYPE, type);
	return m;
}

static inline void message_ciaddr(struct message *m, uint32_t address) {
	put32(m->bytes + 12, address);
	m->src = address;
}

static inline void message_broadcast(struct message *m) {
	m->bytes[10] = 0x80;
}

static inline void message_relay(struct message *m, const char *giaddr) {
	put32(m->bytes + 24, fixture_ip(giaddr));
	m->src = fixture_ip(giaddr);
	m->dst = fixture_ip("10.77.0.1");
}

static inline void message_end(struct message *m) {
	m->bytes[m->len++] = DHCP_OPT_END;
}

static inline void world_journal_done(struct world *w) {
	for (; w->journal_done < w->journal_len; w->journal_done++)
		dhcp_server_durable(&w->server, &w->journal[w->journal_done]);
}

static inline void world_journal_fails(struct world *w) {
	for (; w->journal_done < w->journal_len; w->journal_done++)
		dhcp_server_failed(&w->server, &w->journal[w->journal_done], w->now);
}

// Handles bytes that need not be a message; lints every reply.
static inline enum dhcp_verdict world_handle(
	struct world *w, const uint8_t *bytes, size_t len, const struct message *from) {
	uint8_t *copy = unit_exact(bytes, len);
	struct frame_view frame = {.src_mac = {2, 0, 0, 0, 0, 9},
		.src = from ? from->src : 0,
		.dst = from ? from->dst : UINT32_MAX,
		.src_port = from && from->src_port ? from->src_port : DHCP_CLIENT_PORT,
		.dst_port = from && from->dst_port ? from->dst_port : DHCP_SERVER_PORT,
		.payload_len = (uint16_t)len,
		.payload = copy};
	struct dhcp_input input = {.frame = &frame,
		.port = from ? from->port : 0,
		.port_mac = {2, 0, 0, 0, 0, 1},
		.journal_degraded = w->degraded,
		.journal_room = w->room};
	enum dhcp_verdict verdict = dhcp_server_handle(&w->server, &input, w->now, &w->output);

	for (int i = 0; i < w->output.record_count; i++) {
		assert_true(w->journal_len < WORLD_JOURNAL);
		assert_true(journal_whole(&w->output.record[i]));
		w->journal[w->journal_len++] = w->output.record[i];
	}
	if (!w->hold_journal)
		world_journal_done(w);
	if (verdict == DHCP_REPLY || verdict == DHCP_REPLY_WHEN_DURABLE) {
		const char *complaint =
			dhcp_lint(copy, len, w->output.payload, w->output.len, w->lint);

		if (complaint)
			fail_msg("reply: %s", complaint);
	}
	free(copy);
	return verdict;
}

static inline enum dhcp_verdict world_send(struct world *w, struct message *m) {
	if (m->bytes[m->len - 1] != DHCP_OPT_END || m->len == DHCP_OPTIONS_OFFSET)
		message_end(m);
	return world_handle(w, m->bytes, m->len, m);
}

static inline uint32_t reply_u32(const struct world *w, size_t offset) {
	struct reader r = reader_of(w->output.payload + offset, 4);

	return reader_u32(&r);
}

static inline uint32_t reply_yiaddr(const struct world *w) {
	return reply_u32(w, 16);
}

// The first option with this code in the reply, or NULL.
static inline const uint8_t *reply_option(const struct world *w, uint8_t code, size_t *len) {
	size_t at = DHCP_OPTIONS_OFFSET;

	while (at + 1 < w->output.len && w->output.payload[at] != DHCP_OPT_END) {
		if (w->output.payload[at] == DHCP_OPT_PAD) {
			at++;
			continue;
		}
		*len = w->output.payload[at + 1];
		if (w->output.payload[at] == code)
			return w->output.payload + at + 2;
		at += 2 + *len;
	}
	*len = 0;
	return NULL;
}

static inline bool reply_has(const struct world *w, uint8_t code) {
	size_t len;

	return reply_option(w, code, &len) != NULL;
}

static inline bool reply_is(
	const struct world *w, uint8_t code, const void *data, size_t data_len) {
	size_t len;
	const uint8_t *option = reply_option(w, code, &len);

	return option && len == data_len && memcmp(option, data, len) == 0;
}

static inline uint32_t reply_seconds(const struct world *w, uint8_t code) {
	size_t len;
	const uint8_t *option = reply_option(w, code, &len);
	struct reader r = reader_of(option, option ? 4 : 0);

	return reader_u32(&r);
}

static inline uint64_t world_count(const struct world *w, enum rouse_stat stat) {
	return w->counter[stat];
}

static inline void world_pass(struct world *w, uint64_t seconds) {
	w->now.us += seconds * 1000000;
	w->now.unix_s += (int64_t)seconds;
	dhcp_server_sweep(&w->server, w->now, 100000);
}

static inline uint32_t world_discover(struct world *w, uint16_t client) {
	struct message m = message_begin(DHCP_DISCOVER, client);

	return world_send(w, &m) == DHCP_REPLY ? reply_yiaddr(w) : 0;
}

static inline enum dhcp_verdict world_select(struct world *w, uint16_t client, uint32_t address) {
	struct message m = message_begin(DHCP_REQUEST, client);

	message_ip_number(&m, DHCP_OPT_REQUESTED_IP, address);
	message_ip(&m, DHCP_OPT_SERVER_ID, "10.77.0.1");
	return world_send(w, &m);
}

static inline enum dhcp_verdict world_init_reboot(
	struct world *w, uint16_t client, uint32_t address) {
	struct message m = message_begin(DHCP_REQUEST, client);

	message_ip_number(&m, DHCP_OPT_REQUESTED_IP, address);
	return world_send(w, &m);
}

static inline enum dhcp_verdict world_renew(struct world *w, uint16_t client, uint32_t address) {
	struct message m = message_begin(DHCP_REQUEST, client);

	message_ciaddr(&m, address);
	m.dst = fixture_ip("10.77.0.1");
	return world_send(w, &m);
}

// DISCOVER to ACK; the address, or 0.
static inline uint32_t world_lease(struct world *w, uint16_t client) {
	uint32_t address = world_discover(w, client);
	enum dhcp_verdict verdict = address ? world_select(w, client, address) : DHCP_SILENT;

	if (verdict != DHCP_REPLY && verdict != DHCP_REPLY_WHEN_DURABLE)
		return 0;
	return w->output.message_type == DHCP_ACK ? reply_yiaddr(w) : 0;
}
