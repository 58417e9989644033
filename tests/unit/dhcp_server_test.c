// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The server by message type: RFC 2131, section 4.3, relays, and what must get no answer. REQUEST
// has a test program of its own.

#include "dhcp_fixture.h"

static bool in_pool(uint32_t address) {
	return address >= fixture_ip("10.77.0.50") && address <= fixture_ip("10.77.0.99");
}

static enum dhcp_verdict end_lease(
	struct world *w, uint8_t type, uint16_t client, uint32_t address, const char *server) {
	struct message m = message_begin(type, client);

	if (type == DHCP_RELEASE)
		message_ciaddr(&m, address);
	else
		message_ip_number(&m, DHCP_OPT_REQUESTED_IP, address);
	if (server)
		message_ip(&m, DHCP_OPT_SERVER_ID, server);
	return world_send(w, &m);
}

static void bad_messages_are_counted_apart(void **state) {
	static const struct {
		const char *name;
		size_t offset; // a byte to be changed
		uint8_t value;
		enum rouse_stat stat;
	} cases[] = {
		{"reply", 0, 2, STAT_DHCP_NOT_REQUEST},
		{"hlen", 2, 20, STAT_DHCP_MALFORMED_HLEN},
		{"no key", 2, 0, STAT_DHCP_MALFORMED_NO_KEY},
		{"hops", 3, 17, STAT_DHCP_HOSTILE_HOPS},
		{"chaddr", 28, 0xff, STAT_DHCP_HOSTILE_CHADDR},
		{"magic", 236, 0, STAT_DHCP_MALFORMED_MAGIC},
		{"no type", 240, 12, STAT_DHCP_BOOTP},
		{"option too long", 241, 9, STAT_DHCP_MALFORMED_OPTIONS},
		{"type of two bytes", 241, 2, STAT_DHCP_MALFORMED_LENGTH},
		{"leasequery", 242, 10, STAT_DHCP_NOT_SERVED},
	};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct message m = message_begin(DHCP_DISCOVER, 1);

		message_end(&m);
		m.bytes[cases[i].offset] = cases[i].value;
		assert_case(cases[i].name, world_handle(w, m.bytes, m.len, &m) == DHCP_SILENT);
		assert_case(cases[i].name, world_count(w, cases[i].stat) == 1);
	}
	assert_int_equal(world_handle(w, (const uint8_t *)"", 0, NULL), DHCP_SILENT);
	assert_int_equal(world_count(w, STAT_DHCP_MALFORMED_SHORT), 1);
	assert_int_equal(w->lease_high, 0);
}

static void unknown_port_and_dhcp_off(void **state) {
	struct world *w = *state;
	struct message m = message_begin(DHCP_DISCOVER, 1);

	m.port = 7;
	assert_int_equal(world_send(w, &m), DHCP_SILENT);
	((struct policy_port *)w->f.policy.ports)->dhcp = POLICY_DHCP_OFF;
	assert_int_equal(world_discover(w, 1), 0);
	assert_int_equal(world_count(w, STAT_DHCP_OFF), 2);
}

static void port_without_a_subnet(void **state) {
	struct world *w = *state;

	((struct policy_port *)w->f.policy.ports)->subnet = UINT32_MAX;
	assert_int_equal(world_discover(w, 1), 0);
	assert_int_equal(world_count(w, STAT_DHCP_NO_SUBNET), 1);
}

static void discover_gets_an_address_of_the_pool(void **state) {
	struct world *w = *state;
	uint32_t address = world_discover(w, 1);

	assert_true(in_pool(address));
	assert_int_equal(world_discover(w, 1), address); // the lost OFFER is made again
	assert_int_equal(w->journal_len, 0);
	assert_int_equal(world_count(w, STAT_DHCP_OFFER), 2);
	assert_int_equal(w->output.to.dst, address);
	assert_memory_equal(w->output.to.dst_mac, "\x52\x54\x00\x00\x00\x01", 6);
}

static void request_of_the_offer_is_recorded_before_the_ack(void **state) {
	struct world *w = *state;
	uint32_t address = world_discover(w, 1);

	assert_int_equal(world_select(w, 1, address), DHCP_REPLY_WHEN_DURABLE);
	assert_int_equal(w->output.message_type, DHCP_ACK);
	assert_int_equal(reply_yiaddr(w), address);
	assert_int_equal(w->output.record_count, 1);
	assert_int_equal(w->output.wait_lsn, w->output.record[0].lsn);
	assert_int_equal(w->output.record[0].address, address);
	assert_int_equal(w->output.record[0].expiry_unix_s, w->now.unix_s + 43200);
	assert_int_equal(reply_seconds(w, DHCP_OPT_LEASE_TIME), 43200);
	assert_true(journal_sane(&w->output.record[0]));
}

static void requested_address_is_honoured_when_free(void **state) {
	static const struct {
		const char *address;
		bool honoured;
	} cases[] = {{"10.77.0.77", true}, {"10.77.0.200", false}, {"10.77.0.11", false},
		{"10.88.0.50", false}, {"0.0.0.0", false}, {"255.255.255.255", false}};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct message m = message_begin(DHCP_DISCOVER, (uint16_t)(0x200 + i));

		message_ip(&m, DHCP_OPT_REQUESTED_IP, cases[i].address);
		assert_int_equal(world_send(w, &m), DHCP_REPLY);
		assert_case(cases[i].address,
			(reply_yiaddr(w) == fixture_ip(cases[i].address)) == cases[i].honoured);
	}
}

static void requested_address_of_another_is_not_given(void **state) {
	struct world *w = *state;
	uint32_t taken = world_lease(w, 1);
	struct message m = message_begin(DHCP_DISCOVER, 2);

	message_ip_number(&m, DHCP_OPT_REQUESTED_IP, taken);
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_int_not_equal(reply_yiaddr(w), taken);
	assert_true(in_pool(reply_yiaddr(w)));
}

static void known_host_gets_its_reservation_without_the_journal(void **state) {
	struct world *w = *state;
	uint32_t address = fixture_ip("10.77.0.11");

	assert_int_equal(world_discover(w, 0x101), address);
	assert_true(reply_is(w, DHCP_OPT_HOSTNAME, "n001", 4));
	assert_int_equal(world_select(w, 0x101, address), DHCP_REPLY);
	assert_int_equal(w->journal_len, 0);
	assert_int_equal(lease_find_address(w->server.leases, address)->reserved, 1);
}

static bool is_copied(struct world *w, uint8_t type, uint16_t client, uint32_t xid) {
	struct message m = message_begin(type, client);

	put32(m.bytes + 4, xid);
	if (type == DHCP_REQUEST)
		message_ip_number(&m, DHCP_OPT_REQUESTED_IP, fixture_ip("10.77.0.11"));
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	return w->output.again;
}

// The same xid and type as in the machine's message before: nothing had come back, so a copy may
// follow. Not when it goes on, nor when it begins anew.
static void what_is_asked_again_may_be_answered_twice(void **state) {
	struct world *w = *state;

	assert_false(is_copied(w, DHCP_DISCOVER, 0x101, 7));
	assert_true(is_copied(w, DHCP_DISCOVER, 0x101, 7));
	assert_true(is_copied(w, DHCP_DISCOVER, 0x101, 7));
	assert_false(is_copied(w, DHCP_REQUEST, 0x101, 7));
	assert_true(is_copied(w, DHCP_REQUEST, 0x101, 7));
	assert_false(is_copied(w, DHCP_DISCOVER, 0x101, 8));
	assert_false(is_copied(w, DHCP_DISCOVER, 0x101, 9));
	assert_false(is_copied(w, DHCP_DISCOVER, 0x102, 9));
	assert_true(is_copied(w, DHCP_DISCOVER, 0x101, 9));
}

static void client_keeps_its_address(void **state) {
	struct world *w = *state;
	uint32_t address = world_lease(w, 1);

	world_pass(w, 43200 + 10); // it ran out
	assert_int_equal(lease_find_address(w->server.leases, address)->state, LEASE_RELEASED);
	assert_int_equal(world_count(w, STAT_DHCP_LEASE_EXPIRED), 1);
	for (uint16_t client = 2; client < 40; client++)
		assert_int_not_equal(world_lease(w, client), address);
	assert_int_equal(world_lease(w, 1), address);
}

static void full_pool_is_silence_and_an_event(void **state) {
	struct world *w = *state;
	uint64_t told;

	for (uint16_t client = 1; client <= 50; client++)
		assert_true(in_pool(world_lease(w, client)));
	assert_int_equal(world_discover(w, 60), 0);
	assert_int_equal(world_count(w, STAT_DHCP_POOL_EMPTY), 1);
	assert_int_equal(w->ring[w->worker.event_head - 1].kind, EVENT_POOL_EXHAUSTED);
	told = w->worker.event_head;
	for (uint16_t client = 61; client < 90; client++)
		assert_int_equal(world_discover(w, client), 0);
	assert_int_equal(w->worker.event_head, told); // not again within a second
	world_pass(w, 2);
	assert_int_equal(world_discover(w, 60), 0);
	assert_int_equal(w->worker.event_head, told + 1);
	world_pass(w, 43200 + 10);
	assert_true(in_pool(world_discover(w, 60)));
}

static void expired_leases_need_no_sweeper(void **state) {
	struct world *w = *state;

	for (uint16_t client = 1; client <= 50; client++)
		world_lease(w, client);
	w->now.us += 43210ull * 1000000;
	w->now.unix_s += 43210;
	assert_true(in_pool(world_discover(w, 60)));
}

static void offers_that_nobody_takes_end(void **state) {
	struct world *w = *state;
	uint32_t address = world_discover(w, 1);

	world_pass(w, 9);
	assert_non_null(lease_find_address(w->server.leases, address));
	world_pass(w, 2);
	assert_null(lease_find_address(w->server.leases, address));
	assert_int_equal(world_count(w, STAT_DHCP_OFFER_EXPIRED), 1);
}

static void release_by_the_owner(void **state) {
	struct world *w = *state;
	uint32_t address = world_lease(w, 1);

	assert_int_equal(end_lease(w, DHCP_RELEASE, 1, address, "10.77.0.1"), DHCP_RECORD_ONLY);
	assert_int_equal(w->output.record[0].state, LEASE_RELEASED);
	assert_int_equal(lease_find_address(w->server.leases, address)->state, LEASE_RELEASED);
	assert_int_equal(end_lease(w, DHCP_RELEASE, 1, address, "10.77.0.1"), DHCP_SILENT);
	assert_int_equal(world_count(w, STAT_DHCP_NOT_OWNER), 1);
}

// RFC 2131, 4.4.6 wants the server's identifier in it.
static void networkd_releases_without_server_id(void **state) {
	struct world *w = *state;
	uint32_t address = world_lease(w, 1);

	assert_int_equal(end_lease(w, DHCP_RELEASE, 1, address, NULL), DHCP_RECORD_ONLY);
	assert_int_equal(lease_find_address(w->server.leases, address)->state, LEASE_RELEASED);
}

static void release_and_decline_by_others_are_not_believed(void **state) {
	static const struct {
		const char *name;
		uint8_t type;
		uint16_t client;
		const char *server;
		enum rouse_stat stat;
	} cases[] = {
		{"release, not the owner", DHCP_RELEASE, 2, "10.77.0.1", STAT_DHCP_NOT_OWNER},
		{"decline, not the owner", DHCP_DECLINE, 2, "10.77.0.1", STAT_DHCP_NOT_OWNER},
		{"release, another server", DHCP_RELEASE, 1, "10.77.0.9", STAT_DHCP_OTHER_SERVER},
		{"decline, another server", DHCP_DECLINE, 1, "10.77.0.9", STAT_DHCP_OTHER_SERVER},
	};
	struct world *w = *state;
	uint32_t address = world_lease(w, 1);

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint64_t before = world_count(w, cases[i].stat);

		assert_case(cases[i].name, end_lease(w, cases[i].type, cases[i].client, address,
						   cases[i].server) == DHCP_SILENT);
		assert_case(cases[i].name, world_count(w, cases[i].stat) == before + 1);
		assert_case(cases[i].name,
			lease_find_address(w->server.leases, address)->state == LEASE_BOUND);
	}
	assert_int_equal(end_lease(w, DHCP_DECLINE, 1, 0, "10.77.0.1"), DHCP_SILENT);
	assert_int_equal(end_lease(w, DHCP_RELEASE, 1, fixture_ip("1.2.3.4"), NULL), DHCP_SILENT);
}

static void release_without_journal_room_still_ends_the_lease(void **state) {
	struct world *w = *state;
	uint32_t address = world_lease(w, 1);

	w->room = 0;
	assert_int_equal(end_lease(w, DHCP_RELEASE, 1, address, NULL), DHCP_SILENT);
	assert_int_equal(lease_find_address(w->server.leases, address)->state, LEASE_RELEASED);
	assert_int_equal(lease_find_address(w->server.leases, address)->durable_unix_s, 0);
}

static void declined_address_goes_into_quarantine(void **state) {
	struct world *w = *state;
	uint32_t address = world_lease(w, 1);

	assert_int_equal(end_lease(w, DHCP_DECLINE, 1, address, "10.77.0.1"), DHCP_RECORD_ONLY);
	assert_int_equal(w->output.record[0].state, LEASE_DECLINED);
	assert_int_equal(world_count(w, STAT_DHCP_QUARANTINED), 1);
	assert_int_not_equal(world_discover(w, 1), address);
	world_pass(w, 599);
	assert_int_equal(lease_find_address(w->server.leases, address)->state, LEASE_DECLINED);
	world_pass(w, 2);
	assert_null(lease_find_address(w->server.leases, address));
}

// A client that declines whatever it gets.
static void quarantine_takes_a_tenth_of_the_pool(void **state) {
	struct world *w = *state;

	for (int i = 0; i < 40; i++) {
		uint32_t address = world_lease(w, 1);

		assert_true(in_pool(address));
		end_lease(w, DHCP_DECLINE, 1, address, "10.77.0.1");
	}
	assert_int_equal(world_count(w, STAT_DHCP_QUARANTINED), 5);
	assert_int_equal(world_count(w, STAT_DHCP_QUARANTINE_FULL), 35);
}

static void inform_gets_options_and_no_lease(void **state) {
	struct world *w = *state;
	struct message m = message_begin(DHCP_INFORM, 1);

	message_ciaddr(&m, fixture_ip("10.77.0.200"));
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_int_equal(w->output.message_type, DHCP_ACK);
	assert_int_equal(reply_yiaddr(w), 0);
	assert_false(reply_has(w, DHCP_OPT_LEASE_TIME));
	assert_true(reply_has(w, DHCP_OPT_DNS));
	assert_int_equal(w->output.to.dst, fixture_ip("10.77.0.200"));
	assert_int_equal(w->lease_high, 0);
}

static void inform_for_others_is_not_answered(void **state) {
	static const char *const addresses[] = {"8.8.8.8", "255.255.255.255", "224.0.0.1",
		"10.88.0.50", "10.77.0.255", "10.77.0.0", "10.77.0.1"};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		struct message m = message_begin(DHCP_INFORM, 1);

		message_ciaddr(&m, fixture_ip(addresses[i]));
		assert_case(addresses[i], world_send(w, &m) == DHCP_SILENT);
	}
	assert_int_equal(world_count(w, STAT_DHCP_HOSTILE_INFORM), COUNT_OF(addresses));
}

static void relay_is_believed_only_when_it_is_listed(void **state) {
	static const struct {
		const char *giaddr;
		bool believed;
	} cases[] = {{"10.88.0.1", true}, {"10.88.0.2", false}, {"10.77.0.5", false},
		{"9.9.9.9", false}, {"255.255.255.255", false}};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct message m = message_begin(DHCP_DISCOVER, 1);

		message_relay(&m, cases[i].giaddr);
		assert_case(
			cases[i].giaddr, (world_send(w, &m) == DHCP_REPLY) == cases[i].believed);
	}
	assert_int_equal(world_count(w, STAT_DHCP_HOSTILE_RELAY), 4);
}

static void relayed_client_gets_its_own_subnet(void **state) {
	struct world *w = *state;
	struct message m = message_begin(DHCP_DISCOVER, 1);

	message_relay(&m, "10.88.0.1");
	message_option(&m, DHCP_OPT_AGENT,
		"\x01\x04"
		"port\x02\x02"
		"r1",
		10);
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_int_equal(reply_yiaddr(w) & 0xffffff00, fixture_ip("10.88.0.0"));
	assert_int_equal(reply_seconds(w, DHCP_OPT_LEASE_TIME), 3600);
	assert_int_equal(w->output.to.dst, fixture_ip("10.88.0.1"));
	assert_int_equal(w->output.to.dst_port, DHCP_SERVER_PORT);
	assert_memory_equal(w->output.to.dst_mac, "\x02\x00\x00\x00\x00\x09", 6);
	assert_true(reply_is(w, DHCP_OPT_AGENT,
		"\x01\x04"
		"port\x02\x02"
		"r1",
		10));
}

static void rfc3527_link_selection(void **state) {
	struct world *w = *state;
	struct message m = message_begin(DHCP_DISCOVER, 1);

	message_relay(&m, "10.88.0.1");
	message_option(&m, DHCP_OPT_AGENT, "\x05\x04\x0a\x58\x00\x00", 6);
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	m = message_begin(DHCP_DISCOVER, 1);
	message_relay(&m, "10.88.0.1");
	message_option(&m, DHCP_OPT_AGENT, "\x05\x04\x0a\x4d\x00\x00", 6); // it has no such relay
	assert_int_equal(world_send(w, &m), DHCP_SILENT);
}

static void rfc5107_server_id_override(void **state) {
	struct world *w = *state;
	struct message m = message_begin(DHCP_DISCOVER, 1);
	uint32_t address;

	message_relay(&m, "10.88.0.1");
	message_option(&m, DHCP_OPT_AGENT, "\x0b\x04\x0a\x58\x00\x01", 6);
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_true(reply_is(w, DHCP_OPT_SERVER_ID, "\x0a\x58\x00\x01", 4));
	address = reply_yiaddr(w);
	m = message_begin(DHCP_REQUEST, 1);
	message_relay(&m, "10.88.0.1");
	message_ip_number(&m, DHCP_OPT_REQUESTED_IP, address);
	message_ip(&m, DHCP_OPT_SERVER_ID, "10.88.0.1");
	message_option(&m, DHCP_OPT_AGENT, "\x0b\x04\x0a\x58\x00\x01", 6);
	assert_int_equal(world_send(w, &m), DHCP_REPLY_WHEN_DURABLE);
}

static void one_machine_has_a_lease_in_each_subnet(void **state) {
	struct world *w = *state;
	uint32_t here = world_lease(w, 1);
	struct message m = message_begin(DHCP_DISCOVER, 1);

	message_relay(&m, "10.88.0.1");
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_int_not_equal(reply_yiaddr(w), here);
	assert_int_equal(lease_find_address(w->server.leases, here)->state, LEASE_BOUND);
	assert_int_equal(world_discover(w, 1), here);
}

static void rom_ipxe_and_linux_get_one_address(void **state) {
	static const struct {
		const char *name;
		const void *id;
		size_t len;
	} stages[] = {{"ROM, no client id", "", 0},
		{"iPXE, the MAC", "\x01\x52\x54\x00\x00\x00\x01", 7},
		{"Linux, a DUID", "\xff\x00\x01\x02\x03\x04\x05\x06", 8}};
	struct world *w = *state;
	uint32_t address = world_lease(w, 1);

	for (size_t i = 0; i < COUNT_OF(stages); i++) {
		struct message m = message_begin(DHCP_DISCOVER, 1);

		if (stages[i].len)
			message_option(&m, DHCP_OPT_CLIENT_ID, stages[i].id, stages[i].len);
		assert_case(stages[i].name, world_send(w, &m) == DHCP_REPLY);
		assert_case(stages[i].name, reply_yiaddr(w) == address);
	}
}

static void infiniband_is_known_by_its_client_id(void **state) {
	struct world *w = *state;
	uint32_t address[2];

	for (uint8_t i = 0; i < 2; i++) {
		struct message m = message_begin(DHCP_DISCOVER, 1);

		m.bytes[1] = 32;
		m.bytes[2] = 0;
		message_option(&m, DHCP_OPT_CLIENT_ID, (uint8_t[]){0xff, 0, 0, i}, 4);
		assert_int_equal(world_send(w, &m), DHCP_REPLY);
		assert_int_equal(w->output.to.dst, UINT32_MAX); // no chaddr to send it to
		address[i] = reply_yiaddr(w);
	}
	assert_int_not_equal(address[0], address[1]);
}

static void broadcast_flag_is_honoured(void **state) {
	struct world *w = *state;
	struct message m = message_begin(DHCP_DISCOVER, 1);

	message_broadcast(&m);
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_int_equal(w->output.to.dst, UINT32_MAX);
	assert_memory_equal(w->output.to.dst_mac, "\xff\xff\xff\xff\xff\xff", 6);
	assert_int_equal(w->output.payload[10], 0x80);
}

static void ciaddr_in_discover_is_ignored(void **state) {
	struct world *w = *state;
	struct message m = message_begin(DHCP_DISCOVER, 1);

	put32(m.bytes + 12, fixture_ip("192.168.7.7"));
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_int_equal(reply_u32(w, 12), 0);
	assert_int_equal(w->output.to.dst, reply_yiaddr(w));
}

// Unknown machines fill the pool with offers; a known one without a reservation gets an address.
static void known_host_takes_an_offer_from_an_unknown_one(void **state) {
	struct world w;

	(void)state;
	world_sample(&w);
	policy_build_host(w.f.builder, &(struct policy_host){.name = fixture_text(&w.f, "n002"),
					       .mac = {0x52, 0x54, 0, 0, 1, 2}});
	world_start(&w);
	for (uint16_t client = 0x300; client < 0x300 + 50; client++)
		assert_true(in_pool(world_discover(&w, client)));
	assert_int_equal(world_discover(&w, 0x400), 0);
	assert_true(in_pool(world_lease(&w, 0x102)));
	world_end(&w);
}

// A machine that hosts: does not name is unknown to pools, and nobody gave it its name; but rules
// look at what the policy says of it.
static void a_host_that_is_not_listed_is_unknown(void **state) {
	static _Atomic uint64_t used[ORDER_SLOTS];
	const struct policy_pool pools[] = {
		{fixture_ip("10.77.0.60"), fixture_ip("10.77.0.69"), 0, POLICY_POOL_KNOWN},
		{fixture_ip("10.77.0.70"), fixture_ip("10.77.0.79"), 0, POLICY_POOL_UNKNOWN},
	};
	struct message m = message_begin(DHCP_DISCOVER, 0x109);
	struct world w;

	(void)state;
	world_begin(&w);
	fixture_port(&w.f, "eth1", "10.77.0.1");
	policy_build_subnet(w.f.builder,
		&(struct policy_subnet){.network = fixture_ip("10.77.0.0"),
			.mask = 0xffffff00,
			.lease_time_s = 3600,
			.max_blksize = 1468,
			.max_windowsize = 64,
			.edge_rate_bps = 1000000000},
		pools, 2, NULL, 0);
	fixture_node(&w.f, "m-525400000109", "52:54:00:00:01:09", 0x77, 5, "last");
	fixture_rule(&w.f, "install.efi", 1,
		(struct policy_condition[]){fixture_value(POLICY_MATCH_ORDER, 0, 1)}, 1);
	fixture_rule(&w.f, "", 2,
		(struct policy_condition[]){fixture_value(POLICY_MATCH_LOCAL, 0, 1)}, 1);
	world_start(&w);
	w.server.order_used = used;
	message_option(&m, DHCP_OPT_ARCH, "\0\x07", 2);
	message_option(&m, DHCP_OPT_PARAMETERS, "\x0c\x43", 2);
	assert_int_equal(world_send(&w, &m), DHCP_REPLY);
	assert_true(reply_yiaddr(&w) >= fixture_ip("10.77.0.70"));
	assert_false(reply_has(&w, DHCP_OPT_HOSTNAME));
	assert_string_equal((char *)w.output.payload + DHCP_FILE_OFFSET, "install.efi");
	used[5] = 0x77;
	assert_int_equal(world_send(&w, &m), DHCP_REPLY);
	assert_string_equal((char *)w.output.payload + DHCP_FILE_OFFSET, "");
	world_end(&w);
}

static void machine_is_told_a_name_that_it_was_given(void **state) {
	struct message m = message_begin(DHCP_DISCOVER, 0x109);
	struct policy_host host = {.mac = {0x52, 0x54, 0, 0, 1, 9}, .flags = POLICY_HOST_UNLISTED};
	struct world w;

	(void)state;
	world_sample(&w);
	host.name = fixture_text(&w.f, "web1");
	policy_build_host(w.f.builder, &host);
	world_start(&w);
	message_option(&m, DHCP_OPT_PARAMETERS, "\x0c", 1);
	assert_int_equal(world_send(&w, &m), DHCP_REPLY);
	assert_true(reply_is(&w, DHCP_OPT_HOSTNAME, "web1", 4));
	world_end(&w);
}

// The next event of this kind, or NULL.
static const struct event_record *next_event(
	const struct world *w, uint64_t *at, enum event_kind kind) {
	while (*at < w->worker.event_head) {
		const struct event_record *event = &w->ring[(*at)++ % EVENT_RING_SIZE];

		if (event->kind == kind)
			return event;
	}
	return NULL;
}

static struct message from_firmware(uint8_t type, uint16_t client, uint8_t xid) {
	static const char class[] =
		"PXEClient:Arch:00007:UNDI:003016, and more than an event has room for";
	static const uint8_t uuid[17] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
	struct message m = message_begin(type, client);

	m.bytes[7] = xid;
	message_text(&m, DHCP_OPT_VENDOR_CLASS, class);
	message_option(&m, DHCP_OPT_ARCH, "\0\x07", 2);
	message_option(&m, DHCP_OPT_UUID, uuid, sizeof(uuid));
	return m;
}

static void a_machine_that_boots_is_told_of_once(void **state) {
	struct world *w = *state;
	struct message m = from_firmware(DHCP_DISCOVER, 9, 1);
	const struct event_record *event;
	uint64_t at = 0;
	uint32_t address;

	world_send(w, &m);
	address = reply_yiaddr(w);
	world_send(w, &m); // repeated
	event = next_event(w, &at, EVENT_DHCP_MACHINE);
	assert_non_null(event);
	assert_memory_equal(event->mac, "\x52\x54\x00\x00\x00\x09", 6);
	assert_int_equal(event->address, address);
	assert_int_equal(event->port, 7);
	assert_int_equal(event->value, EVENT_MACHINE_HAS_UUID);
	assert_int_equal(event->bytes, 0);
	assert_int_equal(event->text_len, EVENT_TEXT_MAX);
	assert_memory_equal(
		event->text, "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20PXEClient:Arch", 30);
	assert_non_null(next_event(w, &at, EVENT_DHCP_OFFER)); // and then what it was told
	m = from_firmware(DHCP_REQUEST, 9, 1);
	message_ip_number(&m, DHCP_OPT_REQUESTED_IP, address);
	message_ip(&m, DHCP_OPT_SERVER_ID, "10.77.0.1");
	world_send(w, &m);
	assert_null(next_event(w, &at, EVENT_DHCP_MACHINE));
	m = from_firmware(DHCP_DISCOVER, 9, 2); // it boots once more
	world_send(w, &m);
	assert_non_null(next_event(w, &at, EVENT_DHCP_MACHINE));
}

static void whoever_does_not_boot_is_not_told_of(void **state) {
	struct world *w = *state;
	struct message m = message_begin(DHCP_DISCOVER, 9);
	const struct event_record *event;
	uint64_t at = 0;

	message_text(&m, DHCP_OPT_VENDOR_CLASS, "MSFT 5.0");
	world_send(w, &m);
	world_lease(w, 10);
	m = from_firmware(DHCP_REQUEST, 11, 1); // refused
	message_ip(&m, DHCP_OPT_REQUESTED_IP, "192.168.1.1");
	world_send(w, &m);
	assert_null(next_event(w, &at, EVENT_DHCP_MACHINE));
	// A REQUEST without a DISCOVER, of iPXE without a UUID, through a relay agent.
	m = message_begin(DHCP_REQUEST, 12);
	message_relay(&m, "10.88.0.1");
	message_text(&m, DHCP_OPT_USER_CLASS, "iPXE");
	message_ip(&m, DHCP_OPT_REQUESTED_IP, "10.88.0.55");
	assert_int_equal(world_send(w, &m), DHCP_REPLY_WHEN_DURABLE);
	event = next_event(w, &at, EVENT_DHCP_MACHINE);
	assert_non_null(event);
	assert_int_equal(event->address, fixture_ip("10.88.0.55"));
	assert_int_equal(event->port, UINT16_MAX);
	assert_int_equal(event->value, EVENT_MACHINE_IPXE);
	assert_int_equal(event->bytes, fixture_ip("10.88.0.1"));
	assert_int_equal(event->text_len, 0);
}

static void events_tell_what_happened(void **state) {
	struct world *w = *state;
	struct message m = message_begin(DHCP_DISCOVER, 1);
	struct event_record *event = w->ring;
	uint32_t address;

	message_text(&m, DHCP_OPT_HOSTNAME, "evil\n\x1b[2J");
	world_send(w, &m);
	address = reply_yiaddr(w);
	assert_int_equal(event->kind, EVENT_DHCP_OFFER);
	assert_int_equal(event->address, address);
	assert_memory_equal(event->mac, "\x52\x54\x00\x00\x00\x01", 6);
	m = message_begin(DHCP_REQUEST, 1);
	message_ip_number(&m, DHCP_OPT_REQUESTED_IP, address);
	message_ip(&m, DHCP_OPT_SERVER_ID, "10.77.0.1");
	message_text(&m, DHCP_OPT_HOSTNAME, "evil\n\x1b[2J");
	world_send(w, &m);
	event++;
	assert_int_equal(event->kind, EVENT_DHCP_ACK);
	assert_int_equal(event->value, 43200);
	assert_memory_equal(event->text, "evil\n\x1b[2J", 9); // bytes, cleaned by who prints them
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(bad_messages_are_counted_apart),
		TEST(unknown_port_and_dhcp_off),
		TEST(port_without_a_subnet),
		TEST(release_and_decline_by_others_are_not_believed),
		TEST(inform_for_others_is_not_answered),
		TEST(relay_is_believed_only_when_it_is_listed),
		TEST(quarantine_takes_a_tenth_of_the_pool),
		TEST(full_pool_is_silence_and_an_event),
		TEST(discover_gets_an_address_of_the_pool),
		TEST(request_of_the_offer_is_recorded_before_the_ack),
		TEST(requested_address_is_honoured_when_free),
		TEST(requested_address_of_another_is_not_given),
		TEST(known_host_gets_its_reservation_without_the_journal),
		TEST(what_is_asked_again_may_be_answered_twice),
		TEST(client_keeps_its_address),
		TEST(expired_leases_need_no_sweeper),
		TEST(offers_that_nobody_takes_end),
		TEST(release_by_the_owner),
		TEST(networkd_releases_without_server_id),
		TEST(release_without_journal_room_still_ends_the_lease),
		TEST(declined_address_goes_into_quarantine),
		TEST(inform_gets_options_and_no_lease),
		TEST(relayed_client_gets_its_own_subnet),
		TEST(rfc3527_link_selection),
		TEST(rfc5107_server_id_override),
		TEST(one_machine_has_a_lease_in_each_subnet),
		TEST(rom_ipxe_and_linux_get_one_address),
		TEST(infiniband_is_known_by_its_client_id),
		TEST(broadcast_flag_is_honoured),
		TEST(ciaddr_in_discover_is_ignored),
		cmocka_unit_test(known_host_takes_an_offer_from_an_unknown_one),
		cmocka_unit_test(a_host_that_is_not_listed_is_unknown),
		cmocka_unit_test(machine_is_told_a_name_that_it_was_given),
		TEST(a_machine_that_boots_is_told_of_once),
		TEST(whoever_does_not_boot_is_not_told_of),
		TEST(events_tell_what_happened),
	};

	return cmocka_run_group_tests_name("dhcp_server", tests, NULL, NULL);
}
