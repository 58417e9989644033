// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// REQUEST in its four states (RFC 2131, 4.3.2) against everything that the lease table may know.

#include "dhcp_fixture.h"

enum reply { NOTHING, ACK, NAK };

static enum reply reply_of(const struct world *w, enum dhcp_verdict verdict) {
	if (verdict != DHCP_REPLY && verdict != DHCP_REPLY_WHEN_DURABLE)
		return NOTHING;
	return w->output.message_type == DHCP_ACK ? ACK : NAK;
}

enum how { SELECTING, INIT_REBOOT, RENEWING, REBINDING };

static enum reply ask(struct world *w, enum how how, uint16_t client, uint32_t address) {
	struct message m;

	switch (how) {
	case SELECTING:
		return reply_of(w, world_select(w, client, address));
	case INIT_REBOOT:
		return reply_of(w, world_init_reboot(w, client, address));
	case RENEWING:
		return reply_of(w, world_renew(w, client, address));
	case REBINDING:
		m = message_begin(DHCP_REQUEST, client);
		message_ciaddr(&m, address);
		return reply_of(w, world_send(w, &m));
	}
	return NOTHING;
}

// What the table knows of the address before client 1 asks for it.
enum knowledge {
	FREE,
	OFFERED,
	BOUND,
	RELEASED,
	OFFERED_TO_ANOTHER,
	BOUND_TO_ANOTHER,
	RELEASED_BY_ANOTHER,
	QUARANTINED,
	RESERVED_FOR_ANOTHER,
	OUTSIDE_OF_POOLS,
	OTHER_SUBNET,
	ANOTHER_IS_MINE, // client 1 has a lease of another address
	KNOWLEDGE_COUNT,
};

static void release(struct world *w, uint16_t client, uint32_t address) {
	struct message m = message_begin(DHCP_RELEASE, client);

	message_ciaddr(&m, address);
	message_ip(&m, DHCP_OPT_SERVER_ID, "10.77.0.1");
	world_send(w, &m);
}

static void decline(struct world *w, uint16_t client, uint32_t address) {
	struct message m = message_begin(DHCP_DECLINE, client);

	message_ip_number(&m, DHCP_OPT_REQUESTED_IP, address);
	message_ip(&m, DHCP_OPT_SERVER_ID, "10.77.0.1");
	world_send(w, &m);
}

static uint32_t prepare(struct world *w, enum knowledge knowledge) {
	uint32_t address = fixture_ip("10.77.0.70");

	switch (knowledge) {
	case FREE:
		return address;
	case OFFERED:
		return world_discover(w, 1);
	case BOUND:
		return world_lease(w, 1);
	case RELEASED:
		address = world_lease(w, 1);
		release(w, 1, address);
		return address;
	case OFFERED_TO_ANOTHER:
		return world_discover(w, 2);
	case BOUND_TO_ANOTHER:
		return world_lease(w, 2);
	case RELEASED_BY_ANOTHER:
		address = world_lease(w, 2);
		release(w, 2, address);
		return address;
	case QUARANTINED:
		address = world_lease(w, 2);
		decline(w, 2, address);
		return address;
	case RESERVED_FOR_ANOTHER:
		return fixture_ip("10.77.0.11");
	case OUTSIDE_OF_POOLS:
		return fixture_ip("10.77.0.200");
	case OTHER_SUBNET:
		return fixture_ip("10.88.0.50");
	case ANOTHER_IS_MINE:
		address = world_lease(w, 1);
		return address == fixture_ip("10.77.0.70") ? fixture_ip("10.77.0.71")
							   : fixture_ip("10.77.0.70");
	case KNOWLEDGE_COUNT:
		break;
	}
	abort();
}

struct row {
	enum knowledge knowledge;
	const char *name;
	enum reply selecting, init_reboot, renewing, rebinding;
};

static const struct row authoritative[] = {
	{FREE, "free", ACK, ACK, ACK, ACK},
	{OFFERED, "offered", ACK, ACK, ACK, ACK},
	{BOUND, "bound", ACK, ACK, ACK, ACK},
	{RELEASED, "released", ACK, ACK, ACK, ACK},
	{OFFERED_TO_ANOTHER, "offered to another", NAK, NAK, NAK, NAK},
	{BOUND_TO_ANOTHER, "bound to another", NAK, NAK, NAK, NAK},
	{RELEASED_BY_ANOTHER, "released by another", ACK, ACK, ACK, ACK},
	{QUARANTINED, "in quarantine", NAK, NAK, NAK, NAK},
	{RESERVED_FOR_ANOTHER, "reserved for another", NAK, NAK, NAK, NAK},
	{OUTSIDE_OF_POOLS, "outside of all pools", NAK, NAK, NAK, NAK},
	// A renewing client in another subnet comes through a router, so this one is where it
	// belongs.
	{OTHER_SUBNET, "of another subnet", NAK, NAK, ACK, NAK},
	{ANOTHER_IS_MINE, "not mine, I have another", NAK, NAK, NAK, NAK},
};

// Not authoritative: silence, unless it speaks to us (SELECTING; RENEWING is unicast).
static const struct row modest[] = {
	{FREE, "free", ACK, NOTHING, NOTHING, NOTHING},
	{OFFERED, "offered", ACK, ACK, ACK, ACK},
	{BOUND, "bound", ACK, ACK, ACK, ACK},
	{RELEASED, "released", ACK, ACK, ACK, ACK},
	{OFFERED_TO_ANOTHER, "offered to another", NAK, NOTHING, NAK, NOTHING},
	{BOUND_TO_ANOTHER, "bound to another", NAK, NOTHING, NAK, NOTHING},
	{RELEASED_BY_ANOTHER, "released by another", ACK, NOTHING, NOTHING, NOTHING},
	{QUARANTINED, "in quarantine", NAK, NOTHING, NAK, NOTHING},
	{RESERVED_FOR_ANOTHER, "reserved for another", NAK, NOTHING, NAK, NOTHING},
	{OUTSIDE_OF_POOLS, "outside of all pools", NAK, NOTHING, NAK, NOTHING},
	{OTHER_SUBNET, "of another subnet", NAK, NOTHING, NOTHING, NOTHING},
	{ANOTHER_IS_MINE, "not mine, I have another", NAK, NOTHING, NAK, NOTHING},
};

static void check_row(const struct row *row, bool is_authoritative) {
	const enum reply expected[] = {
		row->selecting, row->init_reboot, row->renewing, row->rebinding};
	static const char *const states[] = {"SELECTING", "INIT-REBOOT", "RENEWING", "REBINDING"};

	for (int how = SELECTING; how <= REBINDING; how++) {
		struct world w;
		uint32_t address;
		enum reply got;

		world_sample(&w);
		world_start(&w);
		((struct policy_snapshot *)w.f.out)->authoritative = is_authoritative;
		address = prepare(&w, row->knowledge);
		got = ask(&w, (enum how)how, 1, address);
		if (got != expected[how])
			fail_msg("%s, address %s: got %d instead of %d", states[how], row->name,
				got, expected[how]);
		if (got == ACK)
			assert_int_equal(reply_yiaddr(&w), address);
		world_end(&w);
	}
}

static void every_state_against_all_knowledge(void **state) {
	(void)state;
	static_assert(COUNT_OF(authoritative) == KNOWLEDGE_COUNT, "all of them");
	for (size_t i = 0; i < COUNT_OF(authoritative); i++)
		check_row(&authoritative[i], true);
}

static void not_authoritative_is_silent_where_it_may_be(void **state) {
	(void)state;
	static_assert(COUNT_OF(modest) == KNOWLEDGE_COUNT, "all of them");
	for (size_t i = 0; i < COUNT_OF(modest); i++)
		check_row(&modest[i], false);
}

// Host n001 (client 0x101) has 10.77.0.11. Kea and dnsmasq say NAK, too.
static void host_does_not_get_another_address_than_its_own(void **state) {
	struct world *w = *state;
	uint32_t free_one = fixture_ip("10.77.0.70");

	for (int how = SELECTING; how <= REBINDING; how++)
		assert_int_equal(ask(w, (enum how)how, 0x101, free_one), NAK);
	assert_null(lease_find_address(w->server.leases, free_one));
	assert_int_equal(ask(w, INIT_REBOOT, 0x101, fixture_ip("10.77.0.11")), ACK);
}

// A lease of n001 from before it had a reservation.
static uint32_t lease_before_the_reservation(struct world *w) {
	struct policy_host *host = (struct policy_host *)&w->f.policy.hosts[0];
	uint32_t reserved = host->address, address;

	host->address = 0;
	address = world_lease(w, 0x101);
	host->address = reserved;
	assert_int_not_equal(address, reserved);
	return address;
}

static void host_moves_to_its_reservation_when_it_reboots(void **state) {
	struct world *w = *state;
	uint32_t address = lease_before_the_reservation(w);

	assert_int_equal(ask(w, RENEWING, 0x101, address), ACK);
	assert_int_equal(ask(w, REBINDING, 0x101, address), ACK);
	assert_int_equal(ask(w, INIT_REBOOT, 0x101, address), NAK);
	assert_int_equal(world_discover(w, 0x101), fixture_ip("10.77.0.11"));
}

// Its NAK would have it begin anew, and be offered what it had.
static void host_stays_while_another_has_its_reservation(void **state) {
	struct world *w = *state;
	uint32_t address = lease_before_the_reservation(w);
	struct policy_host *host = (struct policy_host *)&w->f.policy.hosts[0];
	uint32_t reserved = host->address;

	host->address = world_lease(w, 2);
	assert_int_equal(ask(w, INIT_REBOOT, 0x101, address), ACK);
	assert_int_equal(world_discover(w, 0x101), address);
	host->address = reserved;
}

static void request_without_an_address_is_malformed(void **state) {
	struct world *w = *state;
	struct message m = message_begin(DHCP_REQUEST, 1);

	assert_int_equal(world_send(w, &m), DHCP_SILENT);
	m = message_begin(DHCP_REQUEST, 1);
	message_ip(&m, DHCP_OPT_SERVER_ID, "10.77.0.1");
	assert_int_equal(world_send(w, &m), DHCP_SILENT);
	assert_int_equal(world_count(w, STAT_DHCP_MALFORMED_NO_ADDRESS), 2);
}

// Or a REQUEST with a ciaddr of somebody else's would have him get the answer.
static void ack_goes_to_the_address_that_was_given(void **state) {
	struct world *w = *state;
	struct message m = message_begin(DHCP_REQUEST, 1);
	uint32_t address = world_discover(w, 1);

	message_ip_number(&m, DHCP_OPT_REQUESTED_IP, address);
	message_ip(&m, DHCP_OPT_SERVER_ID, "10.77.0.1");
	message_ciaddr(&m, fixture_ip("192.0.2.1"));
	assert_int_equal(reply_of(w, world_send(w, &m)), ACK);
	assert_int_equal(reply_yiaddr(w), address);
	assert_int_equal(w->output.to.dst, address);
}

static void another_servers_offer_taken_releases_ours(void **state) {
	struct world *w = *state;
	uint32_t address = world_discover(w, 1);
	struct message m = message_begin(DHCP_REQUEST, 1);

	message_ip(&m, DHCP_OPT_REQUESTED_IP, "10.77.0.60");
	message_ip(&m, DHCP_OPT_SERVER_ID, "10.77.0.7");
	assert_int_equal(world_send(w, &m), DHCP_SILENT);
	assert_int_equal(world_count(w, STAT_DHCP_OTHER_SERVER), 1);
	assert_null(lease_find_address(w->server.leases, address));
}

static void another_servers_offer_taken_keeps_our_lease(void **state) {
	struct world *w = *state;
	uint32_t address = world_lease(w, 1);
	struct message m = message_begin(DHCP_REQUEST, 1);

	message_ip(&m, DHCP_OPT_REQUESTED_IP, "10.77.0.60");
	message_ip(&m, DHCP_OPT_SERVER_ID, "10.77.0.7");
	assert_int_equal(world_send(w, &m), DHCP_SILENT);
	assert_int_equal(lease_find_address(w->server.leases, address)->state, LEASE_BOUND);
}

static void nak_is_broadcast(void **state) {
	struct world *w = *state;

	assert_int_equal(ask(w, INIT_REBOOT, 1, fixture_ip("192.168.1.5")), NAK);
	assert_int_equal(w->output.to.dst, UINT32_MAX);
	assert_memory_equal(w->output.to.dst_mac, "\xff\xff\xff\xff\xff\xff", 6);
	assert_int_equal(w->output.to.dst_port, DHCP_CLIENT_PORT);
	assert_int_equal(reply_yiaddr(w), 0);
}

static void nak_through_a_relay_has_the_broadcast_flag(void **state) {
	struct world *w = *state;
	struct message m = message_begin(DHCP_REQUEST, 1);

	message_relay(&m, "10.88.0.1");
	message_ip(&m, DHCP_OPT_REQUESTED_IP, "10.77.0.60");
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_int_equal(w->output.message_type, DHCP_NAK);
	assert_int_equal(w->output.payload[10], 0x80);
	assert_int_equal(w->output.to.dst, fixture_ip("10.88.0.1"));
	assert_int_equal(w->output.to.dst_port, DHCP_SERVER_PORT);
}

static void dhclient_init_reboot(void **state) {
	struct world *w = *state;
	uint32_t address = world_lease(w, 1);

	world_pass(w, 3600);
	assert_int_equal(ask(w, INIT_REBOOT, 1, address), ACK);
	assert_int_equal(w->output.to.dst, address);
	assert_memory_equal(w->output.to.dst_mac, "\x52\x54\x00\x00\x00\x01", 6);
}

static void udhcpc_renew_unicast(void **state) {
	struct world *w = *state;
	uint32_t address = world_lease(w, 1);

	world_pass(w, 21600);
	assert_int_equal(ask(w, RENEWING, 1, address), ACK);
	assert_int_equal(w->output.to.dst, address);
	// Back to where the frame came from: it may be a router.
	assert_memory_equal(w->output.to.dst_mac, "\x02\x00\x00\x00\x00\x09", 6);
	assert_int_equal(reply_u32(w, 12), address); // ciaddr
	assert_int_equal(reply_seconds(w, DHCP_OPT_LEASE_TIME), 43200);
	assert_int_equal(w->output.record_count, 1);
}

// All that it sends has the xid of its first DISCOVER: a renewal is no repetition, to be answered
// twice.
static void networkd_renews_with_its_first_xid(void **state) {
	struct world *w = *state;
	uint32_t address = world_lease(w, 1);

	for (int i = 0; i < 3; i++) {
		world_pass(w, 21600);
		assert_int_equal(ask(w, RENEWING, 1, address), ACK);
		assert_false(w->output.again);
	}
}

// ROM, iPXE and Linux ask one after the other: one record on disk is enough for all of them.
static void early_renewal_needs_no_record(void **state) {
	struct world *w = *state;
	uint32_t address = world_lease(w, 1);

	assert_int_equal(w->journal_len, 1);
	world_pass(w, 60);
	assert_int_equal(world_lease(w, 1), address);
	assert_int_equal(w->output.record_count, 0);
	assert_int_equal(w->output.wait_lsn, 0);
	assert_int_equal(reply_seconds(w, DHCP_OPT_LEASE_TIME), 43200 - 60);
	world_pass(w, 43200 / 4);
	assert_int_equal(world_select(w, 1, address), DHCP_REPLY_WHEN_DURABLE);
	assert_int_equal(w->output.record_count, 1);
	assert_int_equal(reply_seconds(w, DHCP_OPT_LEASE_TIME), 43200);
}

static void repeated_request_waits_for_the_record_under_way(void **state) {
	struct world *w = *state;
	uint32_t address = world_discover(w, 1);
	uint64_t lsn;

	w->hold_journal = true;
	assert_int_equal(world_select(w, 1, address), DHCP_REPLY_WHEN_DURABLE);
	lsn = w->output.wait_lsn;
	world_pass(w, 4);
	assert_int_equal(world_select(w, 1, address), DHCP_REPLY_WHEN_DURABLE);
	assert_int_equal(w->output.record_count, 0);
	assert_int_equal(w->output.wait_lsn, lsn);
	assert_int_equal(reply_seconds(w, DHCP_OPT_LEASE_TIME), 43200 - 4);
	world_journal_done(w);
	assert_int_equal(world_select(w, 1, address), DHCP_REPLY);
}

static void ack_tells_t1_and_t2(void **state) {
	struct world *w = *state;

	world_lease(w, 1);
	assert_int_equal(reply_seconds(w, DHCP_OPT_T1), 21600);
	assert_int_equal(reply_seconds(w, DHCP_OPT_T2), 37800);
}

static void no_journal_room_is_silence(void **state) {
	struct world *w = *state;
	uint32_t address = world_discover(w, 1);

	w->room = 0;
	assert_int_equal(world_select(w, 1, address), DHCP_SILENT);
	assert_int_equal(world_count(w, STAT_DHCP_JOURNAL_FULL), 1);
	w->room = 1;
	assert_int_equal(world_select(w, 1, address), DHCP_REPLY_WHEN_DURABLE);
}

static void degraded_gives_no_more_than_is_on_disk(void **state) {
	struct world *w = *state;
	uint32_t address = world_lease(w, 1);

	w->degraded = true;
	world_pass(w, 40000);
	assert_int_equal(ask(w, RENEWING, 1, address), ACK);
	assert_int_equal(w->output.record_count, 0);
	assert_int_equal(reply_seconds(w, DHCP_OPT_LEASE_TIME), 3200);
	assert_int_equal(reply_seconds(w, DHCP_OPT_T1), 1600);
	assert_int_equal(reply_seconds(w, DHCP_OPT_T2), 2800);
	world_pass(w, 3200);
	assert_int_equal(ask(w, RENEWING, 1, address), NOTHING);
	assert_int_equal(world_count(w, STAT_DHCP_JOURNAL_DEGRADED), 1);
}

static void degraded_gives_no_new_lease_but_reservations(void **state) {
	struct world *w = *state;
	uint32_t offered = world_discover(w, 1);

	w->degraded = true;
	assert_int_equal(world_select(w, 1, offered), DHCP_SILENT);
	assert_int_equal(world_discover(w, 2), 0);
	assert_int_equal(world_count(w, STAT_DHCP_JOURNAL_DEGRADED), 2);
	assert_int_equal(world_discover(w, 0x101), fixture_ip("10.77.0.11"));
	assert_int_equal(world_select(w, 0x101, fixture_ip("10.77.0.11")), DHCP_REPLY);
}

static void failed_record_takes_the_lease_back(void **state) {
	struct world *w = *state;
	uint32_t address = world_discover(w, 1);
	struct lease_record *record;

	w->hold_journal = true;
	world_select(w, 1, address);
	world_journal_fails(w);
	record = lease_find_address(w->server.leases, address);
	assert_int_equal(record->state, LEASE_OFFERED);
	assert_int_equal(record->durable_unix_s, 0);
	world_pass(w, 11);
	assert_int_not_equal(record->state, LEASE_OFFERED);
}

static void failed_extension_leaves_the_durable_end(void **state) {
	struct world *w = *state;
	uint32_t address = world_lease(w, 1);
	struct lease_record *record = lease_find_address(w->server.leases, address);
	int64_t durable = record->durable_unix_s;

	world_pass(w, 21600);
	w->hold_journal = true;
	assert_int_equal(ask(w, RENEWING, 1, address), ACK);
	assert_int_equal(record->expiry_unix_s, durable + 21600);
	world_journal_fails(w);
	assert_int_equal(record->state, LEASE_BOUND);
	assert_int_equal(record->expiry_unix_s, durable);
	world_pass(w, 21600 - 1);
	assert_int_equal(record->state, LEASE_BOUND);
	world_pass(w, 4);
	assert_int_equal(record->state, LEASE_RELEASED);
}

static void wall_clock_back_lengthens(void **state) {
	struct world *w = *state;
	uint32_t address = world_lease(w, 1);
	struct lease_record *record = lease_find_address(w->server.leases, address);
	int64_t durable = record->durable_unix_s;

	w->now.unix_s -= 3600;
	world_pass(w, 21600);
	assert_int_equal(ask(w, RENEWING, 1, address), ACK);
	assert_int_equal(w->output.record[0].expiry_unix_s, durable + 21600);
	assert_int_equal(reply_seconds(w, DHCP_OPT_LEASE_TIME), 43200);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			request_without_an_address_is_malformed, world_set_up, world_tear_down),
		cmocka_unit_test(every_state_against_all_knowledge),
		cmocka_unit_test(not_authoritative_is_silent_where_it_may_be),
		cmocka_unit_test_setup_teardown(host_does_not_get_another_address_than_its_own,
			world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(host_moves_to_its_reservation_when_it_reboots,
			world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(host_stays_while_another_has_its_reservation,
			world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			ack_goes_to_the_address_that_was_given, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			another_servers_offer_taken_releases_ours, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			another_servers_offer_taken_keeps_our_lease, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(nak_is_broadcast, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			nak_through_a_relay_has_the_broadcast_flag, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			dhclient_init_reboot, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			udhcpc_renew_unicast, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			networkd_renews_with_its_first_xid, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			early_renewal_needs_no_record, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(repeated_request_waits_for_the_record_under_way,
			world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(ack_tells_t1_and_t2, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			no_journal_room_is_silence, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			degraded_gives_no_more_than_is_on_disk, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(degraded_gives_no_new_lease_but_reservations,
			world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			failed_record_takes_the_lease_back, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			failed_extension_leaves_the_durable_end, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			wall_clock_back_lengthens, world_set_up, world_tear_down),
	};

	return cmocka_run_group_tests_name("dhcp_request", tests, NULL, NULL);
}
