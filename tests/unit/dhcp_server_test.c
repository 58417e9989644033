// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The server by message type and state: RFC 2131, section 4.3, and what real clients make of it.

#include "dhcp_fixture.h"

static int set_up(void **state) {
	struct world *w = calloc(1, sizeof(*w));

	world_sample(w);
	world_start(w);
	*state = w;
	return 0;
}

static int tear_down(void **state) {
	world_end(*state);
	free(*state);
	return 0;
}

static bool in_pool(uint32_t address) {
	return address >= fixture_ip("10.77.0.50") && address <= fixture_ip("10.77.0.99");
}

static void discover_gets_an_address_of_the_pool(void **state) {
	struct world *w = *state;
	uint32_t address = world_discover(w, 1);

	assert_true(in_pool(address));
	assert_int_equal(world_discover(w, 1), address); // the lost OFFER is made again
	assert_int_equal(w->journal_len, 0);
	assert_int_equal(world_count(w, STAT_DHCP_OFFER), 2);
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
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			discover_gets_an_address_of_the_pool, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			request_of_the_offer_is_recorded_before_the_ack, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("dhcp_server", tests, NULL, NULL);
}
