// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Pools for machines that hosts: names, and pools for all others.

#include "dhcp.h"
#include "dhcp_fixture.h"
#include "dhcp_select.h"
#include "unit.h"

#define MACHINES 8u

static uint32_t ip(const char *text) {
	return fixture_ip(text);
}

static int set_up(void **state) {
	struct world *w = calloc(1, sizeof(*w));
	const struct policy_pool pools[] = {
		{ip("10.77.0.50"), ip("10.77.0.51"), 0, POLICY_POOL_ANY},
		{ip("10.77.0.60"), ip("10.77.0.61"), 0, POLICY_POOL_KNOWN},
		{ip("10.77.0.70"), ip("10.77.0.71"), 0, POLICY_POOL_UNKNOWN},
	};

	world_begin(w);
	fixture_port(&w->f, "eth1", "10.77.0.1");
	policy_build_subnet(w->f.builder,
		&(struct policy_subnet){.network = ip("10.77.0.0"),
			.mask = 0xffffff00,
			.lease_time_s = 3600,
			.max_blksize = 1468,
			.max_windowsize = 64,
			.edge_rate_bps = 1000000000},
		pools, 3, NULL, 0);
	for (int i = 4; i < 4 + (int)MACHINES; i++) {
		char mac[TEXT_MAC_SIZE];

		snprintf(mac, sizeof(mac), "52:54:00:00:00:%02x", i);
		fixture_host(&w->f, "named", mac, NULL, "");
	}
	world_start(w);
	*state = w;
	return 0;
}

static struct lease_who machine(uint8_t number, bool known) {
	const uint8_t mac[6] = {0x52, 0x54, 0, 0, 0, number};

	return (struct lease_who){
		.key = dhcp_select_key(DHCP_HTYPE_ETHERNET, 6, mac, (struct dhcp_bytes){0}),
		.known = known,
		.arch = POLICY_ARCH_UNKNOWN};
}

static uint32_t offered(struct world *w, const struct lease_who *who, uint32_t requested) {
	struct lease_record *record;
	enum lease_source source;

	if (lease_offer(w->server.leases, who, requested, w->now, &record, &source) != LEASE_OK)
		return 0;
	return record->address;
}

static enum lease_verdict claimed(
	struct world *w, const struct lease_who *who, const char *address, bool take) {
	struct lease_record *record;

	return lease_claim(w->server.leases, who, ip(address), take, w->now, &record);
}

static void unknown_machines_get_theirs_and_what_is_for_all(void **state) {
	struct world *w = *state;
	uint32_t got = 0;

	for (uint8_t i = 0; i < MACHINES; i++) {
		struct lease_who who = machine(i, false);
		uint32_t address = offered(w, &who, 0);

		got += address != 0;
		assert_true(!address || address <= ip("10.77.0.51") || address >= ip("10.77.0.70"));
	}
	assert_int_equal(got, 4);
}

static void known_machines_get_theirs_and_take_offers_in_what_is_for_all(void **state) {
	struct world *w = *state;
	uint32_t got = 0;

	for (uint8_t i = 0; i < 4; i++) {
		struct lease_who who = machine(i, false);

		offered(w, &who, 0);
	}
	for (uint8_t i = 4; i < 4 + MACHINES; i++) {
		struct lease_who who = machine(i, true);
		uint32_t address = offered(w, &who, 0);

		got += address != 0;
		assert_true(!address || address <= ip("10.77.0.61"));
	}
	assert_int_equal(got, 4); // two of known_pools, two that unknown ones had been offered
}

static void who_asks_for_an_address_of_the_others_gets_another(void **state) {
	struct world *w = *state;
	struct lease_who unknown = machine(1, false), known = machine(2, true);

	assert_int_not_equal(offered(w, &unknown, ip("10.77.0.60")), ip("10.77.0.60"));
	assert_int_not_equal(offered(w, &known, ip("10.77.0.70")), ip("10.77.0.70"));
	assert_int_equal(claimed(w, &unknown, "10.77.0.61", true), LEASE_WRONG);
	assert_int_equal(claimed(w, &known, "10.77.0.71", true), LEASE_WRONG);
}

static void who_is_named_moves_when_it_renews(void **state) {
	struct world *w = *state;
	struct lease_who who = machine(1, false);
	struct lease_record *record;
	struct lease_terms terms = {.lease_time_s = 3600, .journal_room = 10};
	struct journal_record out[2];
	uint32_t seconds;
	uint8_t count;

	assert_int_equal(
		lease_claim(w->server.leases, &who, ip("10.77.0.70"), true, w->now, &record),
		LEASE_OK);
	lease_bind(w->server.leases, record, &terms, w->now, &seconds, out, &count);
	assert_int_equal(claimed(w, &who, "10.77.0.70", false), LEASE_OK);
	who.known = true;
	assert_int_equal(claimed(w, &who, "10.77.0.70", false), LEASE_WRONG);
	assert_in_range(offered(w, &who, 0), ip("10.77.0.50"), ip("10.77.0.61"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, world_tear_down)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(unknown_machines_get_theirs_and_what_is_for_all),
		TEST(known_machines_get_theirs_and_take_offers_in_what_is_for_all),
		TEST(who_asks_for_an_address_of_the_others_gets_another),
		TEST(who_is_named_moves_when_it_renews),
	};

	return cmocka_run_group_tests_name("lease_users", tests, NULL, NULL);
}
