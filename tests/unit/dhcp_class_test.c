// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Which machine a message is from, and whether it counts as known.

#include "dhcp_class.h"

#include "dhcp_fixture.h"

static struct dhcp_sender sender_of(struct world *w, const uint8_t *bytes, size_t len) {
	uint8_t *copy = unit_exact(bytes, len);
	struct dhcp_sender sender;

	dhcp_class_sender(w->server.leases, copy, len, &sender);
	free(copy);
	return sender;
}

static enum dhcp_class class_of(struct world *w, struct message *m) {
	struct dhcp_sender sender = sender_of(w, m->bytes, m->len);

	return dhcp_class_of(&w->f.policy, w->server.leases, &sender);
}

static enum dhcp_class class_of_client(struct world *w, uint16_t client) {
	struct message m = message_begin(DHCP_DISCOVER, client);

	message_end(&m);
	return class_of(w, &m);
}

// Whatever it is cut to, it is read inside its bytes, and is unknown.
static void rubbish_is_unknown(void **state) {
	struct world w;
	struct message m = message_begin(DHCP_DISCOVER, 7);
	uint8_t noise[300];

	(void)state;
	world_sample(&w);
	world_start(&w);
	message_u8(&m, DHCP_OPT_PAD, 200); // an option's length beyond the end
	for (size_t len = 0; len <= m.len; len++) {
		struct dhcp_sender sender = sender_of(&w, m.bytes, len);

		assert_int_equal(
			dhcp_class_of(&w.f.policy, w.server.leases, &sender), DHCP_CLASS_UNKNOWN);
	}
	memset(noise, 0xff, sizeof(noise));
	assert_false(sender_of(&w, noise, sizeof(noise)).replaces);
	world_end(&w);
}

// What two agents on the machine's link bring waits twice; and what a flood writes there eight
// times.
static void agents_are_told_apart_up_to_eight(void **state) {
	struct world w;
	struct message m = message_begin(DHCP_REQUEST, 7);
	uint64_t random = 3;
	uint8_t direct, first, second;

	(void)state;
	world_sample(&w);
	world_start(&w);
	direct = sender_of(&w, m.bytes, m.len).agent;
	message_relay(&m, "10.88.0.1");
	first = sender_of(&w, m.bytes, m.len).agent;
	message_relay(&m, "10.89.0.1");
	second = sender_of(&w, m.bytes, m.len).agent;
	assert_int_equal(direct, 0);
	assert_int_not_equal(first, second);
	assert_int_not_equal(first, direct);
	for (int i = 0; i < 1000; i++) {
		put32(m.bytes + 24, (uint32_t)unit_random(&random));
		assert_true(sender_of(&w, m.bytes, m.len).agent < 8);
	}
	world_end(&w);
}

static void hosts_are_known(void **state) {
	struct world w;

	(void)state;
	world_sample(&w);
	fixture_node(&w.f, "m-525400000103", "52:54:00:00:01:03", 0, 0, "");
	world_start(&w);
	assert_int_equal(class_of_client(&w, 0x101), DHCP_CLASS_KNOWN);
	assert_int_equal(class_of_client(&w, 0x102), DHCP_CLASS_UNKNOWN);
	assert_int_equal(class_of_client(&w, 0x103), DHCP_CLASS_UNKNOWN); // not listed
	world_end(&w);
}

// Anybody gets an offer; a lease makes a machine known, also when it has ended.
static void seen_before_is_known(void **state) {
	struct world w;
	uint32_t address;

	(void)state;
	world_sample(&w);
	world_start(&w);
	address = world_discover(&w, 5);
	assert_int_equal(class_of_client(&w, 5), DHCP_CLASS_UNKNOWN);
	assert_int_equal(world_select(&w, 5, address), DHCP_REPLY_WHEN_DURABLE);
	assert_int_equal(class_of_client(&w, 5), DHCP_CLASS_KNOWN);
	world_pass(&w, 100000);
	assert_int_equal(class_of_client(&w, 5), DHCP_CLASS_KNOWN);
	world_discover(&w, 5);
	assert_int_equal(class_of_client(&w, 5), DHCP_CLASS_KNOWN);
	world_end(&w);
}

// InfiniBand: no hardware address in the message, the client identifier tells.
static void without_an_address_the_identifier_counts(void **state) {
	struct world w;
	struct message m = message_begin(DHCP_REQUEST, 9), other;
	struct dhcp_sender sender;

	(void)state;
	world_sample(&w);
	world_start(&w);
	m.bytes[1] = 32;
	m.bytes[2] = 0;
	assert_int_equal(sender_of(&w, m.bytes, m.len).key.htype, 32);
	message_ip(&m, DHCP_OPT_REQUESTED_IP, "10.77.0.60");
	message_ip(&m, DHCP_OPT_SERVER_ID, "10.77.0.1");
	other = m;
	message_text(&m, DHCP_OPT_CLIENT_ID, "node-a");
	message_text(&other, DHCP_OPT_CLIENT_ID, "node-b");
	assert_int_equal(world_send(&w, &m), DHCP_REPLY_WHEN_DURABLE);
	message_end(&other);
	assert_int_equal(class_of(&w, &m), DHCP_CLASS_KNOWN);
	assert_int_equal(class_of(&w, &other), DHCP_CLASS_UNKNOWN);
	sender = sender_of(&w, m.bytes, m.len);
	assert_true(sender.replaces);
	assert_int_equal(sender.type, DHCP_REQUEST);
	world_end(&w);
}

static void what_is_done_once_more_must_be_done_twice(void **state) {
	static const struct {
		const char *name;
		uint8_t type;
		bool replaces;
	} cases[] = {
		{"DISCOVER", DHCP_DISCOVER, true},
		{"REQUEST", DHCP_REQUEST, true},
		{"INFORM", DHCP_INFORM, true},
		{"DECLINE", DHCP_DECLINE, false},
		{"RELEASE", DHCP_RELEASE, false},
		{"a server's", DHCP_OFFER, false},
		{"none", 0, false},
	};
	struct world w;

	(void)state;
	world_sample(&w);
	world_start(&w);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct message m = message_begin(cases[i].type, 3);
		struct dhcp_sender sender;

		message_end(&m);
		sender = sender_of(&w, m.bytes, m.len);
		assert_case(cases[i].name, sender.replaces == cases[i].replaces);
		assert_case(cases[i].name, sender.type == cases[i].type);
	}
	world_end(&w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rubbish_is_unknown),
		cmocka_unit_test(agents_are_told_apart_up_to_eight),
		cmocka_unit_test(hosts_are_known),
		cmocka_unit_test(seen_before_is_known),
		cmocka_unit_test(without_an_address_the_identifier_counts),
		cmocka_unit_test(what_is_done_once_more_must_be_done_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
