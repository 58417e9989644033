// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// ProxyDHCP, boot servers and menus: the first byte says where the message comes in (a port that
// gives leases or one that does not, UDP 67 or 4011, broadcast or not, with an address or without),
// the rest is the message. Every reply is linted, and goes where the message came from.

#include "dhcp_lint.h"
#include "dhcp_pxe.h"
#include "dhcp_server.h"
#include "fuzz.h"
#include "policy_fixture.h"
#include "seen.h"

#define RECORDS 16u

enum where {
	WHERE_PROXY = 1,
	WHERE_PXE_PORT = 2,
	WHERE_UNICAST = 4,
	WHERE_ADDRESS = 8,
};

static struct fixture f;
static struct lease_record records[RECORDS];
static _Atomic uint64_t lease_high;
static _Atomic uint64_t counters[ROUSE_STAT_MAX];
static struct worker_block worker;
static struct event_record *ring;
static void *memory;
static void *seen_memory;
static struct dhcp_output output;

static void build_policy(void) {
	static char text[POLICY_MENU_TEXT_MAX + 1];

	memset(text, 't', POLICY_MENU_TEXT_MAX);
	fixture_begin(&f);
	fixture_port(&f, "eth1", "10.77.0.1");
	policy_build_port(f.builder, &(struct policy_port){.device = fixture_text(&f, "eth2"),
					     .address = 0x0a4e0001,
					     .prefix_len = 24,
					     .dhcp = POLICY_DHCP_PROXY});
	fixture_subnet(&f, "10.77.0.0", 24, "10.77.0.50", "10.77.0.57");
	fixture_subnet(&f, "10.9.0.0", 24, NULL, NULL);
	fixture_rule(&f, "menu.ipxe", 1,
		(struct policy_condition[]){fixture_value(POLICY_MATCH_IPXE, 0, 1)}, 1);
	fixture_rule(&f, "http://10.78.0.1/x.efi", 2,
		(struct policy_condition[]){fixture_value(POLICY_MATCH_ARCH, 0, 16)}, 1);
	policy_build_rule(f.builder,
		&(struct policy_rule){.file = fixture_text(&f, "x.efi"),
			.options = policy_build_bytes(f.builder, "\x2b\x04\x06\x01\x08\xff", 6)},
		(struct policy_condition[]){fixture_value(POLICY_MATCH_ARCH, 0, 7)}, 1);
	fixture_rule(&f, "by-port", 4,
		(struct policy_condition[]){fixture_glob(&f, POLICY_MATCH_CIRCUIT_ID, 0, "p*")}, 1);
	fixture_menu(&f, 5);
	FUZZ_ASSERT(fixture_finish(&f) == 0);
}

static void prepare(void) {
	static const uint64_t seed[2] = {1, 2};

	if (memory)
		return;
	build_policy();
	memory = aligned_alloc(64, (lease_table_size(RECORDS) + 63) / 64 * 64);
	ring = calloc(EVENT_RING_SIZE, sizeof(*ring));
	seen_memory = aligned_alloc(64, seen_size());
	FUZZ_ASSERT(memory && ring && seen_memory);
	seen_init(seen_memory, seed);
}

static void check_reply(const struct dhcp_input *input, uint8_t where) {
	const struct frame_view *frame = input->frame;
	bool of_pxe = output.to.src_port == DHCP_PXE_PORT || where & WHERE_PROXY;
	uint32_t flags = DHCP_LINT_ALLOW_CLASS | DHCP_LINT_PXE;
	const char *complaint;

	// An item is asked for on port 67 of a server, too.
	if (of_pxe || (output.len > 20 && !memcmp(output.payload + 16, "\0\0\0", 4)))
		flags |= DHCP_LINT_PROXY;
	complaint =
		dhcp_lint(frame->payload, frame->payload_len, output.payload, output.len, flags);
	if (complaint)
		fprintf(stderr, "reply: %s\n", complaint);
	FUZZ_ASSERT(!complaint);
	FUZZ_ASSERT(output.to.src == (where & WHERE_PROXY ? 0x0a4e0001u : 0x0a4d0001u));
	FUZZ_ASSERT(output.to.dst && output.to.src_port);
	FUZZ_ASSERT(!(where & WHERE_PROXY) || !output.record_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static const uint64_t seed[2] = {1, 2};
	struct stats stats = {.counter = counters};
	struct events events = {.worker = &worker};
	struct rouse_now now = {.us = 1000000000, .unix_s = 1800000000};
	struct dhcp_server server = {.stats = &stats, .events = &events};
	struct frame_view frame = {.src_mac = {2, 0, 0, 0, 0, 9}, .src_port = 68};
	struct dhcp_input input = {
		.frame = &frame, .port_mac = {2, 0, 0, 0, 0, 1}, .journal_room = 8};
	enum dhcp_verdict verdict;
	uint8_t where, *message;

	if (!size || size > 1500)
		return 0;
	prepare();
	where = data[0];
	message = fuzz_exact(data + 1, size - 1);
	frame.payload = message;
	frame.payload_len = (uint16_t)(size - 1);
	frame.dst_port = where & WHERE_PXE_PORT ? DHCP_PXE_PORT : DHCP_SERVER_PORT;
	input.port = where & WHERE_PROXY ? 1 : 0;
	frame.dst = where & WHERE_UNICAST ? f.policy.ports[input.port].address : UINT32_MAX;
	frame.src = where & WHERE_ADDRESS ? f.policy.ports[input.port].address + 49 : 0;
	events.ring = ring;
	server.policy = &f.policy;
	server.seen = seen_memory;
	server.leases = lease_table_init(memory, records, RECORDS, seed, &lease_high);
	lease_set_policy(server.leases, server.policy);
	verdict = dhcp_server_handle(&server, &input, now, &output);
	if (verdict == DHCP_REPLY || verdict == DHCP_REPLY_WHEN_DURABLE)
		check_reply(&input, where);
	free(message);
	return 0;
}
