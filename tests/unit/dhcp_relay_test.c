// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Messages that relay agents bring (RFC 1542, 2131, 3046, 3527, 5107), and those that only say so.
// The agents: 10.88.0.1 and 10.88.0.2 on the link of 10.88.0.0/24, the first also 10.77.0.2 on ours
// and 10.89.0.1 on that of 10.89.0.0/24; 10.90.0.1, far away, of 10.90.0.0/24.

#include "dhcp_fixture.h"

static void add_subnet(
	struct world *w, const char *network, const char *const relays[], size_t relay_count) {
	uint32_t base = fixture_ip(network), relay[4] = {0};
	const struct policy_pool pool[1] = {{base + 50, base + 99}};
	uint8_t router[6] = {DHCP_OPT_ROUTERS, 4};
	struct policy_subnet subnet = {.network = base,
		.mask = 0xffffff00,
		.lease_time_s = 3600,
		.max_blksize = 1468,
		.max_windowsize = 64,
		.edge_rate_bps = 1000000000};

	put32(router + 2, base + 1);
	subnet.options = world_bytes(w, router, sizeof(router));
	for (size_t i = 0; i < relay_count; i++)
		relay[i] = fixture_ip(relays[i]);
	policy_build_subnet(w->f.builder, &subnet, pool, 1, relay, relay_count);
}

static int set_up(void **state) {
	struct world *w = calloc(1, sizeof(*w));

	world_begin(w);
	fixture_port(&w->f, "eth1", "10.77.0.1");
	add_subnet(w, "10.77.0.0", NULL, 0);
	add_subnet(w, "10.88.0.0", (const char *[]){"10.88.0.1", "10.88.0.2", "10.77.0.2"}, 3);
	add_subnet(w, "10.89.0.0", (const char *[]){"10.89.0.1", "10.77.0.2"}, 2);
	add_subnet(w, "10.90.0.0", (const char *[]){"10.90.0.1"}, 1);
	fixture_host(&w->f, "n001", "52:54:00:00:01:01", "10.88.0.11", "compute");
	fixture_rule(&w->f, "by-circuit", 1,
		(struct policy_condition[]){
			fixture_glob(&w->f, POLICY_MATCH_CIRCUIT_ID, 0, "port7*")},
		1);
	fixture_rule(&w->f, "by-switch", 2,
		(struct policy_condition[]){
			fixture_glob(&w->f, POLICY_MATCH_REMOTE_ID, 0, "rack1")},
		1);
	fixture_rule(&w->f, "by-arch", 3,
		(struct policy_condition[]){fixture_value(POLICY_MATCH_ARCH, 0, 7)}, 1);
	world_start(w);
	*state = w;
	return 0;
}

static int tear_down(void **state) {
	world_end(*state);
	free(*state);
	return 0;
}

// As message_relay, from the agent's other interface.
static void relay(struct message *m, const char *giaddr, const char *sender) {
	message_relay(m, giaddr);
	m->src = fixture_ip(sender);
}

static uint32_t network_of(uint32_t address) {
	return address & 0xffffff00;
}

static uint32_t discover(struct world *w, uint16_t client, const char *giaddr) {
	struct message m = message_begin(DHCP_DISCOVER, client);

	message_relay(&m, giaddr);
	return world_send(w, &m) == DHCP_REPLY ? reply_yiaddr(w) : 0;
}

static enum dhcp_verdict request(
	struct world *w, uint16_t client, uint32_t address, bool selects, const char *giaddr) {
	struct message m = message_begin(DHCP_REQUEST, client);

	message_ip_number(&m, DHCP_OPT_REQUESTED_IP, address);
	if (selects)
		message_ip(&m, DHCP_OPT_SERVER_ID, "10.77.0.1");
	message_relay(&m, giaddr);
	return world_send(w, &m);
}

static uint32_t lease(struct world *w, uint16_t client, const char *giaddr) {
	uint32_t address = discover(w, client, giaddr);

	assert_int_equal(request(w, client, address, true, giaddr), DHCP_REPLY_WHEN_DURABLE);
	assert_int_equal(w->output.message_type, DHCP_ACK);
	return address;
}

static bool is_bound(struct world *w, uint32_t address) {
	const struct lease_record *record = lease_find_address(w->server.leases, address);

	return record && record->state == LEASE_BOUND;
}

static void sender_must_be_a_relay_too(void **state) {
	static const struct {
		const char *name, *giaddr, *sender;
		enum rouse_stat stat; // STAT_DHCP_OFFER: believed
	} cases[] = {
		{"a machine on our link", "10.88.0.1", "10.77.0.60",
			STAT_DHCP_HOSTILE_RELAY_SENDER},
		{"a machine without an address", "10.88.0.1", "0.0.0.0",
			STAT_DHCP_HOSTILE_RELAY_SENDER},
		{"a machine behind the agent", "10.88.0.1", "10.88.0.60",
			STAT_DHCP_HOSTILE_RELAY_SENDER},
		{"a machine far away", "10.90.0.1", "192.0.2.9", STAT_DHCP_HOSTILE_RELAY_SENDER},
		{"another subnet's agent", "10.90.0.1", "10.88.0.1",
			STAT_DHCP_HOSTILE_RELAY_SENDER},
		{"an agent, for one of nobody", "10.88.0.3", "10.88.0.1", STAT_DHCP_HOSTILE_RELAY},
		{"an agent, for our own link", "10.77.0.2", "10.77.0.2", STAT_DHCP_HOSTILE_RELAY},
		{"the agent", "10.88.0.1", "10.88.0.1", STAT_DHCP_OFFER},
		{"the agent, from our side", "10.88.0.1", "10.77.0.2", STAT_DHCP_OFFER},
		{"passed on by another agent", "10.88.0.2", "10.88.0.1", STAT_DHCP_OFFER},
	};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct message m = message_begin(DHCP_DISCOVER, 1);
		uint64_t before = world_count(w, cases[i].stat);
		bool believed = cases[i].stat == STAT_DHCP_OFFER;

		relay(&m, cases[i].giaddr, cases[i].sender);
		assert_case(cases[i].name, (world_send(w, &m) == DHCP_REPLY) == believed);
		assert_case(cases[i].name, world_count(w, cases[i].stat) == before + 1);
	}
}

// RFC 1542, 4.1.1: an agent may send to a broadcast address.
static void broadcasting_relay_is_answered(void **state) {
	struct world *w = *state;
	struct message m = message_begin(DHCP_DISCOVER, 1);

	relay(&m, "10.88.0.1", "10.77.0.2");
	m.dst = UINT32_MAX;
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_int_equal(w->output.to.dst, fixture_ip("10.88.0.1"));
	assert_memory_equal(w->output.to.dst_mac, "\x02\x00\x00\x00\x00\x09", 6);
}

static uint32_t one_of(uint64_t *random, const char *const list[], size_t count) {
	return fixture_ip(list[unit_random(random) % count]);
}

// Anything but what an agent of ours sends: an unlisted giaddr, whoever sends it, or a listed one
// from anybody else.
static void forge_addresses(struct message *m, uint64_t *random) {
	static const char *const ours[] = {
		"10.88.0.1", "10.88.0.2", "10.77.0.2", "10.89.0.1", "10.90.0.1"};
	static const char *const others[] = {"10.77.0.60", "10.77.0.1", "10.77.0.255", "10.88.0.3",
		"10.88.0.50", "10.88.0.255", "10.89.0.2", "10.90.0.254", "192.0.2.1", "8.8.8.8",
		"127.0.0.1", "224.0.0.1", "255.255.255.255", "0.0.0.1"};
	bool listed = unit_random(random) & 1;
	uint32_t giaddr = listed ? one_of(random, ours, COUNT_OF(ours))
				 : one_of(random, others, COUNT_OF(others));

	if (!listed && unit_random(random) % 4 == 0)
		giaddr = 0x0b000000 | (uint32_t)(unit_random(random) & 0xffffff);
	put32(m->bytes + 24, giaddr);
	m->src = listed ? one_of(random, others, COUNT_OF(others))
			: one_of(random, ours, COUNT_OF(ours));
	if (listed && unit_random(random) % 4 == 0)
		m->src = unit_random(random) & 1
				 ? 0
				 : 0x0b000000 | (uint32_t)(unit_random(random) & 0xffffff);
	m->dst = unit_random(random) & 1 ? fixture_ip("10.77.0.1") : UINT32_MAX;
}

static void forge_agent_option(struct message *m, uint64_t *random) {
	static const struct {
		const char *bytes;
		size_t len;
	} options[] = {{"\x01\x05port7\x02\x05rack1", 14}, {"\x05\x04\x0a\x58\x00\x00", 6},
		{"\x05\x04\x0a\x4d\x00\x00", 6}, {"\x05\x04\x0a\x5a\x00\x01", 6},
		{"\x0b\x04\x0a\x58\x00\x01", 6}, {"\x0b\x04\x0a\x4d\x00\x01", 6},
		{"\x05\x04\x0a\x4d\x00\x00\x0b\x04\x0a\x4d\x00\x01", 12}, {"\x01\xff", 2}};
	size_t which = unit_random(random) % (COUNT_OF(options) + 1);

	if (which < COUNT_OF(options))
		message_option(m, DHCP_OPT_AGENT, options[which].bytes, options[which].len);
}

// Of a machine that is unknown, or has a reservation, or a lease that others would like to end.
static struct message forgery(uint64_t *random, uint32_t victims_address) {
	static const uint8_t types[] = {
		DHCP_DISCOVER, DHCP_REQUEST, DHCP_DECLINE, DHCP_RELEASE, DHCP_INFORM};
	static const uint16_t machines[] = {1, 2, 0x101};
	uint8_t type = types[unit_random(random) % COUNT_OF(types)];
	uint16_t machine = machines[unit_random(random) % COUNT_OF(machines)];
	struct message m = message_begin(
		type, unit_random(random) & 1 ? machine : (uint16_t)(unit_random(random) | 0x8000));
	uint32_t address = unit_random(random) & 1 ? victims_address
						   : fixture_ip("10.88.0.50") +
							     (uint32_t)(unit_random(random) % 50);

	if (unit_random(random) & 1)
		put32(m.bytes + 12, address);
	if (unit_random(random) & 1)
		message_ip_number(&m, DHCP_OPT_REQUESTED_IP, address);
	if (unit_random(random) & 1)
		message_ip(&m, DHCP_OPT_SERVER_ID,
			unit_random(random) & 1 ? "10.77.0.1" : "10.88.0.1");
	if (unit_random(random) & 1)
		message_option(&m, DHCP_OPT_ARCH, "\x00\x07", 2);
	m.bytes[3] = (uint8_t)(unit_random(random) % 17);
	forge_addresses(&m, random);
	forge_agent_option(&m, random);
	return m;
}

static void forged_relays_get_nothing(void **state) {
	enum { FORGERIES = 100000 };
	struct world *w = *state;
	uint32_t victims_address = lease(w, 1, "10.88.0.1"), high = (uint32_t)w->lease_high;
	uint32_t journal_len = w->journal_len, events = (uint32_t)w->worker.event_head;
	uint64_t random = 20260, counted;

	for (int i = 0; i < FORGERIES; i++) {
		struct message m = forgery(&random, victims_address);

		if (world_send(w, &m) != DHCP_SILENT)
			fail_msg("forgery %d, a message of type %u from %08x, had an effect", i,
				m.bytes[DHCP_OPTIONS_OFFSET + 2], m.src);
	}
	counted = world_count(w, STAT_DHCP_HOSTILE_RELAY) +
		  world_count(w, STAT_DHCP_HOSTILE_RELAY_SENDER);
	assert_int_equal(counted, FORGERIES);
	assert_true(world_count(w, STAT_DHCP_HOSTILE_RELAY) > FORGERIES / 4);
	assert_true(world_count(w, STAT_DHCP_HOSTILE_RELAY_SENDER) > FORGERIES / 8);
	assert_int_equal(w->lease_high, high);
	assert_int_equal(w->journal_len, journal_len);
	assert_int_equal(w->worker.event_head, events);
	assert_true(is_bound(w, victims_address));
}

#define BY_PORT7 "\x01\x05port7"

// Whoever is on the link can add it; switches that snoop do, and want it back.
static void option_82_without_giaddr_is_given_back_and_not_matched(void **state) {
	static const uint8_t agent[] = BY_PORT7 "\x05\x04\x0a\x58\x00\x00\x0b\x04\x0a\x58\x00\x01";
	struct world *w = *state;
	struct message m = message_begin(DHCP_DISCOVER, 1);

	message_option(&m, DHCP_OPT_ARCH, "\x00\x07", 2);
	message_option(&m, DHCP_OPT_AGENT, agent, sizeof(agent) - 1);
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_int_equal(network_of(reply_yiaddr(w)), fixture_ip("10.77.0.0"));
	assert_true(reply_is(w, DHCP_OPT_BOOT_FILE, "by-arch", 8));
	assert_true(reply_is(w, DHCP_OPT_SERVER_ID, "\x0a\x4d\x00\x01", 4));
	assert_true(reply_is(w, DHCP_OPT_AGENT, agent, sizeof(agent) - 1));
}

static void rules_match_what_the_relay_says(void **state) {
	static const struct {
		const char *name, *agent;
		size_t len;
		const char *file;
	} cases[] = {
		{"neither", "\x01\x05port8\x02\x05rack2", 14, "by-arch"},
		{"no option 82", "", 0, "by-arch"},
		{"circuit id", BY_PORT7 "\x02\x05rack2", 14, "by-circuit"},
		{"remote id", "\x01\x05port8\x02\x05rack1", 14, "by-switch"},
		{"remote id first", "\x02\x05rack1\x01\x05port8", 14, "by-switch"},
		{"behind one that we do not read", "\x09\x03xyz" BY_PORT7, 12, "by-circuit"},
		{"cut in the middle", "\x02\x05rack1\x01\x07port7", 14, "by-switch"},
	};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct message m = message_begin(DHCP_DISCOVER, 1);

		message_option(&m, DHCP_OPT_ARCH, "\x00\x07", 2);
		if (cases[i].len)
			message_option(&m, DHCP_OPT_AGENT, cases[i].agent, cases[i].len);
		message_relay(&m, "10.88.0.1");
		assert_case(cases[i].name, world_send(w, &m) == DHCP_REPLY);
		assert_case(cases[i].name,
			reply_is(w, DHCP_OPT_BOOT_FILE, cases[i].file, strlen(cases[i].file) + 1));
		assert_case(cases[i].name, reply_has(w, DHCP_OPT_AGENT) == (cases[i].len != 0));
	}
}

// An agent adds its option to the options field, and takes away what a client put there; in file
// and sname it does not look. Joined to the agent's, the client's would come last and count.
static void client_cannot_hide_an_option_82_in_file_or_sname(void **state) {
	static const struct {
		const char *name;
		size_t offset;
		uint8_t overload;
	} fields[] = {{"file", DHCP_FILE_OFFSET, 1}, {"sname", DHCP_SNAME_OFFSET, 2}};
	static const uint8_t hidden[] = {
		DHCP_OPT_AGENT, 7, 1, 5, 'p', 'o', 'r', 't', '7', DHCP_OPT_END};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		struct message m = message_begin(DHCP_DISCOVER, 1);

		message_option(&m, DHCP_OPT_ARCH, "\x00\x07", 2);
		message_u8(&m, DHCP_OPT_OVERLOAD, fields[i].overload);
		message_option(&m, DHCP_OPT_AGENT, "\x01\x05port8", 7);
		memcpy(m.bytes + fields[i].offset, hidden, sizeof(hidden));
		message_relay(&m, "10.88.0.1");
		assert_case(fields[i].name, world_send(w, &m) == DHCP_REPLY);
		assert_case(fields[i].name, reply_is(w, DHCP_OPT_BOOT_FILE, "by-arch", 8));
		assert_case(fields[i].name, reply_is(w, DHCP_OPT_AGENT, "\x01\x05port8", 7));
	}
	assert_int_equal(world_count(w, STAT_DHCP_ODD), COUNT_OF(fields));
}

// Over 255 bytes by RFC 3396: joined to be read, and given back as long as it was.
static void option_82_in_parts_is_given_back(void **state) {
	uint8_t agent[300] = {9, 250, [252] = 1, [253] = 5, 'p', 'o', 'r', 't', '7', [259] = 9, 39};
	struct world *w = *state;
	struct message m = message_begin(DHCP_DISCOVER, 1);

	message_option(&m, DHCP_OPT_ARCH, "\x00\x07", 2);
	message_option(&m, DHCP_OPT_AGENT, agent, 255);
	message_option(&m, DHCP_OPT_AGENT, agent + 255, sizeof(agent) - 255);
	message_relay(&m, "10.88.0.1");
	assert_int_equal(world_send(w, &m), DHCP_REPLY); // the linter compares
	assert_true(reply_is(w, DHCP_OPT_BOOT_FILE, "by-circuit", 11));
}

static void several_subnets_behind_one_relay(void **state) {
	static const struct {
		const char *giaddr, *network;
	} cases[] = {{"10.88.0.1", "10.88.0.0"}, {"10.89.0.1", "10.89.0.0"}};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct message m = message_begin(DHCP_DISCOVER, 1);
		uint8_t router[4];

		relay(&m, cases[i].giaddr, "10.77.0.2");
		put32(router, fixture_ip(cases[i].network) + 1);
		assert_case(cases[i].giaddr, world_send(w, &m) == DHCP_REPLY);
		assert_case(cases[i].giaddr,
			network_of(reply_yiaddr(w)) == fixture_ip(cases[i].network));
		assert_case(cases[i].giaddr, reply_is(w, DHCP_OPT_ROUTERS, router, 4));
		assert_case(cases[i].giaddr, w->output.to.dst == fixture_ip(cases[i].giaddr));
	}
}

// RFC 3527: giaddr is where the agent is reached, link selection where its client is. Only for
// subnets that list this agent.
static void link_selection_of_an_agent_elsewhere(void **state) {
	static const struct {
		const char *name, *giaddr, *link, *network; // network NULL: no answer
	} cases[] = {
		{"its first subnet", "10.77.0.2", "10.88.0.1", "10.88.0.0"},
		{"its second subnet", "10.77.0.2", "10.89.0.0", "10.89.0.0"},
		{"not its subnet", "10.77.0.2", "10.90.0.0", NULL},
		{"our own link", "10.77.0.2", "10.77.0.0", NULL},
		{"no subnet at all", "10.77.0.2", "192.0.2.0", NULL},
		{"0.0.0.0 selects nothing", "10.88.0.1", "0.0.0.0", "10.88.0.0"},
	};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct message m = message_begin(DHCP_DISCOVER, 1);
		uint8_t agent[6] = {DHCP_AGENT_LINK, 4};

		put32(agent + 2, fixture_ip(cases[i].link));
		message_option(&m, DHCP_OPT_AGENT, agent, sizeof(agent));
		message_relay(&m, cases[i].giaddr);
		assert_case(cases[i].name, (world_send(w, &m) == DHCP_REPLY) == !!cases[i].network);
		if (!cases[i].network)
			continue;
		assert_case(
			cases[i].name, network_of(reply_yiaddr(w)) == fixture_ip(cases[i].network));
		assert_case(cases[i].name, w->output.to.dst == fixture_ip(cases[i].giaddr));
	}
	assert_int_equal(world_count(w, STAT_DHCP_HOSTILE_RELAY), 3);
}

// RFC 5107: the client takes the agent for its server, so also its renewal comes through it.
static void server_id_override_renews_and_releases(void **state) {
	static const uint8_t agent[] = "\x0b\x04\x0a\x58\x00\x01";
	struct world *w = *state;
	struct message m = message_begin(DHCP_DISCOVER, 1);
	uint32_t address;

	message_option(&m, DHCP_OPT_AGENT, agent, 6);
	message_relay(&m, "10.88.0.1");
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	address = reply_yiaddr(w);
	for (int i = 0; i < 2; i++) { // selecting, renewing
		m = message_begin(DHCP_REQUEST, 1);
		if (i)
			put32(m.bytes + 12, address);
		else
			message_ip_number(&m, DHCP_OPT_REQUESTED_IP, address);
		if (!i)
			message_option(&m, DHCP_OPT_SERVER_ID, agent + 2, 4);
		message_option(&m, DHCP_OPT_AGENT, agent, 6);
		message_relay(&m, "10.88.0.1");
		assert_int_not_equal(world_send(w, &m), DHCP_SILENT);
		assert_int_equal(w->output.message_type, DHCP_ACK);
		assert_true(reply_is(w, DHCP_OPT_SERVER_ID, agent + 2, 4));
		assert_int_equal(w->output.to.dst, fixture_ip("10.88.0.1"));
	}
	m = message_begin(DHCP_RELEASE, 1);
	put32(m.bytes + 12, address);
	message_option(&m, DHCP_OPT_SERVER_ID, agent + 2, 4);
	message_option(&m, DHCP_OPT_AGENT, agent, 6);
	message_relay(&m, "10.88.0.1");
	assert_int_equal(world_send(w, &m), DHCP_RECORD_ONLY);
	assert_false(is_bound(w, address));
}

// Both bring each message; there is one lease, each gets its answer, and none of it is taken for a
// repetition.
static void two_relays_of_one_subnet(void **state) {
	static const char *const agents[] = {"10.88.0.1", "10.88.0.2"};
	struct world *w = *state;
	uint32_t address = discover(w, 1, agents[0]);

	w->hold_journal = true;
	assert_int_equal(discover(w, 1, agents[1]), address);
	assert_false(w->output.again);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(request(w, 1, address, true, agents[i]), DHCP_REPLY_WHEN_DURABLE);
		assert_int_equal(w->output.message_type, DHCP_ACK);
		assert_int_equal(reply_yiaddr(w), address);
		assert_int_equal(w->output.to.dst, fixture_ip(agents[i]));
		assert_int_equal(w->output.wait_lsn, w->journal[0].lsn);
		assert_false(w->output.again);
	}
	assert_int_equal(w->journal_len, 1);
	assert_int_equal(w->lease_high, 1);
	request(w, 1, address, true, agents[1]);
	assert_true(w->output.again);
}

// The machine has an offer in each and takes the first. Its REQUEST comes through the other agent,
// too, before or after, and must not be contradicted.
static void two_relays_of_two_subnets(void **state) {
	struct world *w = *state;
	uint32_t taken = discover(w, 1, "10.88.0.1"), other = discover(w, 1, "10.89.0.1");

	assert_int_equal(network_of(taken), fixture_ip("10.88.0.0"));
	assert_int_equal(network_of(other), fixture_ip("10.89.0.0"));
	assert_int_equal(request(w, 1, taken, true, "10.89.0.1"), DHCP_SILENT);
	assert_null(lease_find_address(w->server.leases, other)); // free for the next one
	assert_int_equal(request(w, 1, taken, true, "10.88.0.1"), DHCP_REPLY_WHEN_DURABLE);
	assert_int_equal(w->output.message_type, DHCP_ACK);
	assert_int_equal(request(w, 1, taken, true, "10.89.0.1"), DHCP_SILENT);
	assert_int_equal(world_count(w, STAT_DHCP_OTHER_SUBNET), 2);
	assert_true(is_bound(w, taken));
}

static enum dhcp_verdict rebind(
	struct world *w, uint16_t client, uint32_t address, const char *giaddr) {
	struct message m = message_begin(DHCP_REQUEST, client);

	message_ciaddr(&m, address);
	message_relay(&m, giaddr);
	return world_send(w, &m);
}

static void rebinding_through_two_relays_of_two_subnets(void **state) {
	struct world *w = *state;
	uint32_t address = lease(w, 1, "10.88.0.1");

	assert_int_equal(rebind(w, 1, address, "10.89.0.1"), DHCP_SILENT);
	assert_int_equal(rebind(w, 1, address, "10.88.0.1"), DHCP_REPLY);
	assert_int_equal(w->output.message_type, DHCP_ACK);
	// Of what is another's, or nobody's, there is no doubt.
	assert_int_equal(rebind(w, 2, address, "10.89.0.1"), DHCP_REPLY);
	assert_int_equal(w->output.message_type, DHCP_NAK);
}

// A machine that was moved: RFC 2131, 4.3.2, "on the wrong net".
static void reboot_behind_another_relay_is_contradicted(void **state) {
	struct world *w = *state;
	uint32_t address = lease(w, 1, "10.88.0.1");
	struct message m = message_begin(DHCP_REQUEST, 1);

	message_ip_number(&m, DHCP_OPT_REQUESTED_IP, address);
	message_option(&m, DHCP_OPT_AGENT, BY_PORT7, 7);
	message_relay(&m, "10.89.0.1");
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_int_equal(w->output.message_type, DHCP_NAK);
	assert_int_equal(w->output.payload[10], 0x80);
	assert_true(reply_is(w, DHCP_OPT_AGENT, BY_PORT7, 7));
	assert_int_equal(w->output.to.dst, fixture_ip("10.89.0.1"));
}

static enum dhcp_verdict renew(
	struct world *w, uint16_t client, uint32_t address, const char *sender) {
	struct message m = message_begin(DHCP_REQUEST, client);

	message_ciaddr(&m, address);
	m.dst = fixture_ip("10.77.0.1");
	if (sender)
		m.src = fixture_ip(sender);
	return world_send(w, &m);
}

// By unicast, through a router: no agent, no giaddr.
static void renewal_comes_through_the_router(void **state) {
	struct world *w = *state;
	uint32_t address = lease(w, 1, "10.88.0.1");

	world_pass(w, 1800);
	assert_int_equal(renew(w, 1, address, NULL), DHCP_REPLY_WHEN_DURABLE);
	assert_int_equal(w->output.message_type, DHCP_ACK);
	assert_int_equal(reply_seconds(w, DHCP_OPT_LEASE_TIME), 3600);
	assert_int_equal(w->output.to.dst, address);
	assert_int_equal(w->output.to.dst_port, DHCP_CLIENT_PORT);
	assert_memory_equal(w->output.to.dst_mac, "\x02\x00\x00\x00\x00\x09", 6);
}

// A broadcast on our link would not reach it, and it would go on with an address that is another's.
static void nak_goes_back_through_the_router(void **state) {
	struct world *w = *state;
	uint32_t address = lease(w, 1, "10.88.0.1");

	assert_int_equal(renew(w, 2, address, NULL), DHCP_REPLY);
	assert_int_equal(w->output.message_type, DHCP_NAK);
	assert_int_equal(w->output.to.dst, address);
	assert_memory_equal(w->output.to.dst_mac, "\x02\x00\x00\x00\x00\x09", 6);
	assert_int_equal(reply_u32(w, 12), 0);
	// On our own link all hear it (RFC 2131, 4.1).
	address = world_lease(w, 3);
	assert_int_equal(renew(w, 4, address, NULL), DHCP_REPLY);
	assert_int_equal(w->output.message_type, DHCP_NAK);
	assert_int_equal(w->output.to.dst, UINT32_MAX);
}

// Otherwise anybody who reaches us could empty the pools behind the agents, without a giaddr.
static void renewal_from_another_address_takes_nothing(void **state) {
	struct world *w = *state;
	uint32_t first = fixture_ip("10.88.0.50");

	for (uint32_t i = 0; i < 50; i++) {
		enum dhcp_verdict verdict = renew(
			w, (uint16_t)(0x300 + i), first + i, i & 1 ? "10.77.0.60" : "192.0.2.1");

		assert_true(verdict == DHCP_SILENT || w->output.message_type == DHCP_NAK);
	}
	assert_int_equal(w->lease_high, 0);
	assert_int_equal(w->journal_len, 0);
}

static void relayed_inform(void **state) {
	struct world *w = *state;
	struct message m = message_begin(DHCP_INFORM, 1);

	message_ciaddr(&m, fixture_ip("10.88.0.200"));
	message_relay(&m, "10.88.0.1");
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_int_equal(w->output.to.dst, fixture_ip("10.88.0.1"));
	// The sender's address is the agent's, not the machine's.
	m = message_begin(DHCP_INFORM, 1);
	message_relay(&m, "10.88.0.1");
	assert_int_equal(world_send(w, &m), DHCP_SILENT);
	assert_int_equal(world_count(w, STAT_DHCP_HOSTILE_INFORM), 1);
}

static void reservation_behind_a_relay(void **state) {
	struct world *w = *state;

	assert_int_equal(discover(w, 0x101, "10.88.0.1"), fixture_ip("10.88.0.11"));
	assert_int_equal(network_of(discover(w, 0x101, "10.89.0.1")), fixture_ip("10.89.0.0"));
}

static void sixteen_hops_are_the_most(void **state) {
	struct world *w = *state;

	for (uint8_t hops = 15; hops <= 18; hops++) {
		struct message m = message_begin(DHCP_DISCOVER, 1);

		m.bytes[3] = hops;
		message_relay(&m, "10.88.0.1");
		assert_int_equal(world_send(w, &m) == DHCP_REPLY, hops <= 16);
	}
	assert_int_equal(world_count(w, STAT_DHCP_HOSTILE_HOPS), 2);
}

// --- what control is told of the machine's place

static struct message from_ipxe(uint16_t client, const char *giaddr) {
	struct message m = message_begin(DHCP_DISCOVER, client);

	message_text(&m, DHCP_OPT_USER_CLASS, "iPXE");
	message_relay(&m, giaddr);
	return m;
}

static const struct event_record *next_of(
	const struct world *w, uint64_t *at, enum event_kind kind) {
	while (*at < w->worker.event_head) {
		const struct event_record *event = &w->ring[(*at)++ % EVENT_RING_SIZE];

		if (event->kind == kind)
			return event;
	}
	return NULL;
}

static void a_place_is_told_after_its_machine(void **state) {
	static const uint8_t agent[] = {1, 5, 'p', 'o', 'r', 't', '7', 2, 5, 'r', 'a', 'c', 'k', 0};
	struct world *w = *state;
	struct message m = from_ipxe(1, "10.88.0.1");
	const struct event_record *event;
	uint64_t at = 0;

	message_option(&m, DHCP_OPT_AGENT, agent, sizeof(agent));
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	world_send(w, &m); // repeated
	assert_non_null(next_of(w, &at, EVENT_DHCP_MACHINE));
	event = next_of(w, &at, EVENT_DHCP_RELAYED);
	assert_non_null(event);
	assert_memory_equal(event->mac, "\x52\x54\x00\x00\x00\x01", 6);
	assert_int_equal(event->address, fixture_ip("10.88.0.1"));
	assert_int_equal(event->text_len, 11);
	assert_memory_equal(event->text, "\5port7rack\0", 11);
	assert_null(next_of(w, &at, EVENT_DHCP_RELAYED));
}

static void a_long_place_is_cut(void **state) {
	struct world *w = *state;
	struct message m = from_ipxe(1, "10.88.0.1");
	const struct event_record *event;
	uint8_t agent[2 + 100 + 2 + 9] = {1, 100};
	uint64_t at = 0;

	memset(agent + 2, 'c', 100);
	memcpy(agent + 102, "\2\11remote---", 11);
	message_option(&m, DHCP_OPT_AGENT, agent, sizeof(agent));
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	event = next_of(w, &at, EVENT_DHCP_RELAYED);
	assert_non_null(event);
	assert_int_equal(event->text_len, EVENT_TEXT_MAX);
	assert_int_equal(event->text[0], EVENT_TEXT_MAX - 1);
	assert_int_equal(event->text[EVENT_TEXT_MAX - 1], 'c');
}

// Without option 82, from our own link, and from who is no agent.
static void no_place_is_told_of_others(void **state) {
	static const uint8_t agent[] = {1, 5, 'p', 'o', 'r', 't', '7'};
	struct world *w = *state;
	struct message m = from_ipxe(1, "10.88.0.1");
	uint64_t at = 0;

	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	m = message_begin(DHCP_DISCOVER, 2);
	message_text(&m, DHCP_OPT_USER_CLASS, "iPXE");
	message_option(&m, DHCP_OPT_AGENT, agent, sizeof(agent));
	world_send(w, &m);
	m = from_ipxe(3, "10.88.0.1");
	m.src = fixture_ip("10.77.0.60");
	message_option(&m, DHCP_OPT_AGENT, agent, sizeof(agent));
	world_send(w, &m);
	assert_null(next_of(w, &at, EVENT_DHCP_RELAYED));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(forged_relays_get_nothing),
		TEST(sender_must_be_a_relay_too),
		TEST(client_cannot_hide_an_option_82_in_file_or_sname),
		TEST(option_82_without_giaddr_is_given_back_and_not_matched),
		TEST(renewal_from_another_address_takes_nothing),
		TEST(sixteen_hops_are_the_most),
		TEST(broadcasting_relay_is_answered),
		TEST(rules_match_what_the_relay_says),
		TEST(option_82_in_parts_is_given_back),
		TEST(several_subnets_behind_one_relay),
		TEST(link_selection_of_an_agent_elsewhere),
		TEST(server_id_override_renews_and_releases),
		TEST(two_relays_of_one_subnet),
		TEST(two_relays_of_two_subnets),
		TEST(rebinding_through_two_relays_of_two_subnets),
		TEST(reboot_behind_another_relay_is_contradicted),
		TEST(renewal_comes_through_the_router),
		TEST(nak_goes_back_through_the_router),
		TEST(relayed_inform),
		TEST(reservation_behind_a_relay),
		TEST(a_place_is_told_after_its_machine),
		TEST(a_long_place_is_cut),
		TEST(no_place_is_told_of_others),
	};

	return cmocka_run_group_tests_name("dhcp_relay", tests, NULL, NULL);
}
