// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Recovery from the journal, and changes of the policy under running leases.

#include <errno.h>

#include "dhcp_fixture.h"

static struct journal_record record_of(uint64_t lsn, uint16_t client, const char *address,
	enum lease_state state, int64_t expiry) {
	struct journal_record record = {.lsn = lsn,
		.expiry_unix_s = expiry,
		.address = fixture_ip(address),
		.key = {0x52, 0x54, 0, 0, (uint8_t)(client >> 8), (uint8_t)client},
		.htype = 1,
		.hlen = 6,
		.state = (uint8_t)state};

	journal_seal(&record);
	return record;
}

static void rubbish_is_refused(void **state) {
	static const struct {
		const char *name;
		size_t offset;
		uint8_t value;
	} cases[] = {{"state free", offsetof(struct journal_record, state), LEASE_FREE},
		{"state offered", offsetof(struct journal_record, state), LEASE_OFFERED},
		{"state 200", offsetof(struct journal_record, state), 200},
		{"hlen 17", offsetof(struct journal_record, hlen), 17},
		{"host name too long", offsetof(struct journal_record, hostname_len), 16}};
	struct world *w = *state;
	struct journal_record zero = {0};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct journal_record record =
			record_of(1, 1, "10.77.0.50", LEASE_BOUND, w->now.unix_s + 100);

		((uint8_t *)&record)[cases[i].offset] = cases[i].value;
		assert_case(
			cases[i].name, lease_restore(w->server.leases, &record, w->now) == -EINVAL);
	}
	assert_int_equal(lease_restore(w->server.leases, &zero, w->now), -EINVAL);
	assert_int_equal(w->lease_high, 0);
}

static void full_table_is_an_error(void **state) {
	struct world w;
	struct journal_record record;

	(void)state;
	world_sample(&w);
	w.lease_count = 2;
	world_start(&w);
	for (uint16_t i = 0; i < 2; i++) {
		const char *const addresses[] = {"10.77.0.50", "10.77.0.51"};

		record = record_of(1u + i, i, addresses[i], LEASE_BOUND, w.now.unix_s + 100);
		assert_int_equal(lease_restore(w.server.leases, &record, w.now), 0);
	}
	record = record_of(3, 9, "10.77.0.52", LEASE_BOUND, w.now.unix_s + 100);
	assert_int_equal(lease_restore(w.server.leases, &record, w.now), -ENOSPC);
	world_end(&w);
}

static void the_highest_lsn_wins_in_any_order(void **state) {
	struct world *w = *state;
	struct journal_record old = record_of(5, 1, "10.77.0.50", LEASE_BOUND, w->now.unix_s + 100);
	struct journal_record new = record_of(9, 2, "10.77.0.50", LEASE_BOUND, w->now.unix_s + 900);
	struct lease_record *record;

	for (int order = 0; order < 2; order++) {
		world_new_table(w);
		lease_restore(w->server.leases, order ? &new : &old, w->now);
		lease_restore(w->server.leases, order ? &old : &new, w->now);
		record = lease_find_address(w->server.leases, fixture_ip("10.77.0.50"));
		assert_int_equal(record->lsn, 9);
		assert_int_equal(record->key[5], 2);
		assert_int_equal(record->durable_unix_s, w->now.unix_s + 900);
	}
}

static void numbers_go_on_above_the_highest(void **state) {
	struct world *w = *state;
	struct journal_record record =
		record_of(500, 7, "10.77.0.50", LEASE_RELEASED, w->now.unix_s);

	lease_restore(w->server.leases, &record, w->now);
	world_lease(w, 1);
	assert_int_equal(w->journal[0].lsn, 501);
	lease_raise_lsn(w->server.leases, 1000);
	world_lease(w, 2);
	assert_int_equal(w->journal[1].lsn, 1001);
}

static void restored_states(void **state) {
	static const struct {
		const char *name;
		enum lease_state state;
		int64_t left;
		enum lease_state after; // LEASE_FREE: no record
	} cases[] = {
		{"running lease", LEASE_BOUND, 100, LEASE_BOUND},
		{"lease that ran out", LEASE_BOUND, 0, LEASE_RELEASED},
		{"lease that ran out long ago", LEASE_BOUND, -100000, LEASE_RELEASED},
		{"lease of centuries", LEASE_BOUND, 1LL << 40, LEASE_BOUND},
		{"released", LEASE_RELEASED, 100, LEASE_RELEASED},
		{"quarantine", LEASE_DECLINED, 100, LEASE_DECLINED},
		{"quarantine that ended", LEASE_DECLINED, 0, LEASE_FREE},
	};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct journal_record record = record_of(
			1, 1, "10.77.0.50", cases[i].state, w->now.unix_s + cases[i].left);
		struct lease_record *found;

		world_new_table(w);
		assert_case(cases[i].name, lease_restore(w->server.leases, &record, w->now) == 0);
		lease_set_policy(w->server.leases, &w->f.policy);
		found = lease_find_address(w->server.leases, record.address);
		assert_case(cases[i].name,
			found ? found->state == cases[i].after : cases[i].after == LEASE_FREE);
	}
}

static void restored_lease_is_kept_for_its_owner(void **state) {
	struct world *w = *state;
	uint32_t address = world_lease(w, 1);

	world_new_table(w);
	for (uint32_t i = 0; i < w->journal_len; i++)
		lease_restore(w->server.leases, &w->journal[i], w->now);
	lease_set_policy(w->server.leases, &w->f.policy);
	assert_int_equal(world_discover(w, 1), address);
	assert_int_equal(world_init_reboot(w, 1, address), DHCP_REPLY);
	assert_int_equal(reply_seconds(w, DHCP_OPT_LEASE_TIME), 43200);
	assert_int_equal(world_init_reboot(w, 2, address), DHCP_REPLY);
	assert_int_equal(w->output.message_type, DHCP_NAK);
}

// Kea CVE-2019-6474: what was written must be readable. Fuzzing covers the bytes; this the clients.
static void what_was_journalled_restores(void **state) {
	struct world *w = *state;
	uint64_t random = 17;

	for (uint16_t client = 1; client < 45; client++) {
		struct message m = message_begin(DHCP_REQUEST, client);
		char hostname[60];

		for (size_t i = 0; i < sizeof(hostname); i++)
			hostname[i] = (char)unit_random(&random);
		message_ip_number(&m, DHCP_OPT_REQUESTED_IP, world_discover(w, client));
		message_ip(&m, DHCP_OPT_SERVER_ID, "10.77.0.1");
		message_option(&m, DHCP_OPT_HOSTNAME, hostname, client % 60u);
		assert_int_equal(world_send(w, &m), DHCP_REPLY_WHEN_DURABLE);
		assert_true(journal_sane(&w->output.record[0]));
	}
	world_new_table(w);
	for (uint32_t i = 0; i < w->journal_len; i++)
		assert_int_equal(lease_restore(w->server.leases, &w->journal[i], w->now), 0);
	assert_int_equal(w->lease_high, 44);
}

// The reservation goes to its host when the other machine's lease has run out, not before.
static void reservation_leased_to_another_waits(void **state) {
	struct world *w = *state;
	struct journal_record record =
		record_of(1, 5, "10.77.0.11", LEASE_BOUND, w->now.unix_s + 1000);
	uint32_t meanwhile;

	world_new_table(w);
	lease_restore(w->server.leases, &record, w->now);
	lease_set_policy(w->server.leases, &w->f.policy);
	meanwhile = world_lease(w, 0x101);
	assert_int_not_equal(meanwhile, fixture_ip("10.77.0.11"));
	assert_int_not_equal(meanwhile, 0);
	assert_int_equal(world_renew(w, 5, record.address), DHCP_REPLY); // not renewed any more
	assert_int_equal(w->output.message_type, DHCP_NAK);
	world_pass(w, 1005);
	assert_int_equal(world_lease(w, 0x101), fixture_ip("10.77.0.11"));
	// The pool's address that it had meanwhile is given back, on disk too.
	assert_int_equal(w->output.record_count, 1);
	assert_int_equal(w->output.record[0].state, LEASE_RELEASED);
	assert_int_equal(w->output.record[0].address, meanwhile);
}

static void lease_outside_of_new_pools_is_not_renewed(void **state) {
	struct world *w = *state;
	uint32_t address = world_lease(w, 1);
	struct fixture narrow;

	fixture_begin(&narrow);
	fixture_port(&narrow, "eth1", "10.77.0.1");
	fixture_subnet(&narrow, "10.77.0.0", 24, "10.77.0.120", "10.77.0.130");
	assert_int_equal(fixture_finish(&narrow), 0);
	w->server.policy = &narrow.policy;
	lease_set_policy(w->server.leases, &narrow.policy);
	assert_int_equal(lease_find_address(w->server.leases, address)->state, LEASE_BOUND);
	assert_int_equal(world_renew(w, 1, address), DHCP_REPLY);
	assert_int_equal(w->output.message_type, DHCP_NAK);
	assert_int_equal(world_lease(w, 1) & 0xfffffff0, fixture_ip("10.77.0.112"));
	fixture_end(&narrow);
}

static void policy_change_keeps_leases_and_quarantine(void **state) {
	struct world *w = *state;
	uint32_t declined = world_lease(w, 1);
	struct message m = message_begin(DHCP_DECLINE, 1);
	uint32_t mine = world_lease(w, 2);

	message_ip_number(&m, DHCP_OPT_REQUESTED_IP, declined);
	world_send(w, &m);
	lease_set_policy(w->server.leases, &w->f.policy);
	assert_int_equal(world_discover(w, 2), mine);
	for (uint16_t client = 3; client < 51; client++) {
		uint32_t address = world_lease(w, client);

		assert_int_not_equal(address, declined);
		assert_int_not_equal(address, mine);
		assert_int_not_equal(address, 0);
	}
	assert_int_equal(world_discover(w, 60), 0);
}

static void empty_journal_gives_what_is_asked_for_or_probed(void **state) {
	struct world *w = *state;
	struct message m = message_begin(DHCP_DISCOVER, 2);

	world_new_table(w);
	lease_require_probes(w->server.leases, true);
	lease_set_policy(w->server.leases, &w->f.policy);
	assert_int_equal(world_discover(w, 1), 0);
	message_ip(&m, DHCP_OPT_REQUESTED_IP, "10.77.0.60");
	assert_int_equal(world_send(w, &m), DHCP_REPLY);
	assert_int_equal(reply_yiaddr(w), fixture_ip("10.77.0.60"));
	lease_probed(w->server.leases, fixture_ip("10.77.0.70"), false, w->now);
	lease_probed(w->server.leases, fixture_ip("10.77.0.71"), true, w->now);
	assert_int_equal(world_discover(w, 1), fixture_ip("10.77.0.70"));
	assert_int_equal(world_discover(w, 3), 0);
	assert_int_equal(lease_find_address(w->server.leases, fixture_ip("10.77.0.71"))->state,
		LEASE_DECLINED);
	lease_require_probes(w->server.leases, false); // every pool has been probed
	lease_set_policy(w->server.leases, &w->f.policy);
	assert_int_not_equal(world_discover(w, 3), 0);
}

static void step_forward_restamps_what_is_on_disk(void **state) {
	struct world *w = *state;
	struct journal_record record;
	uint32_t address = world_lease(w, 1);

	world_lease(w, 0x101); // a reservation is not on disk
	world_pass(w, 1);
	assert_false(dhcp_server_restamp(&w->server, w->now, &record));
	w->now.unix_s += 86400 * 365; // 1970 becomes today
	world_pass(w, 1);
	assert_true(dhcp_server_restamp(&w->server, w->now, &record));
	assert_int_equal(record.address, address);
	assert_in_range(record.expiry_unix_s, w->now.unix_s + 43197, w->now.unix_s + 43200);
	assert_true(journal_whole(&record));
	assert_false(dhcp_server_restamp(&w->server, w->now, &record));
	dhcp_server_durable(&w->server, &record);
	assert_int_equal(world_select(w, 1, address), DHCP_REPLY);
}

static void adopt_all(struct world *w) {
	struct lease_record *copies = calloc(w->lease_count, sizeof(*copies));
	uint64_t high = w->lease_high;
	struct lease_record copy;

	memcpy(copies, w->records, w->lease_count * sizeof(*copies));
	world_new_table(w);
	for (uint32_t i = 0; i < high; i++)
		if (lease_read(&copies[i], &copy) == 0)
			assert_int_equal(lease_adopt(w->server.leases, &copy, w->now), 0);
	lease_set_policy(w->server.leases, &w->f.policy);
	free(copies);
}

static void adopted_records_explain_like_the_real_ones(void **state) {
	struct world *w = *state;
	uint32_t address = world_lease(w, 1), reserved = world_lease(w, 0x101);

	adopt_all(w);
	assert_int_equal(world_discover(w, 1), address);
	assert_int_equal(world_discover(w, 0x101), reserved);
}

// While machines boot, what one was offered is not what the next one gets.
static void adopted_offers_are_held(void **state) {
	struct world *w = *state;
	uint32_t offered = world_discover(w, 1);

	adopt_all(w);
	world_select(w, 2, offered);
	assert_int_equal(w->output.message_type, DHCP_NAK);
	assert_int_equal(world_discover(w, 1), offered);
	w->now.us += LEASE_OFFER_HOLD_MS * 1000;
	adopt_all(w);
	world_select(w, 2, offered);
	assert_int_equal(w->output.message_type, DHCP_ACK);
}

static void adopted_rubbish_is_refused(void **state) {
	struct world *w = *state;
	struct lease_record long_key = {
		.state = LEASE_OFFERED, .address = fixture_ip("10.77.0.50"), .hlen = 17};
	struct lease_record nowhere = {.state = LEASE_OFFERED, .hlen = 6};

	long_key.expiry_boot_ms = nowhere.expiry_boot_ms = w->now.us / 1000 + 5000;
	assert_int_equal(lease_adopt(w->server.leases, &long_key, w->now), -EINVAL);
	assert_int_equal(lease_adopt(w->server.leases, &nowhere, w->now), -EINVAL);
	assert_int_equal(w->lease_high, 0);
}

static void reading_a_record_that_never_settles_ends(void **state) {
	struct lease_record record = {.seq = 1, .state = LEASE_BOUND}, copy;

	(void)state;
	assert_int_equal(lease_read(&record, &copy), -EAGAIN);
	record.seq = 2;
	assert_int_equal(lease_read(&record, &copy), 0);
	record.state = LEASE_FREE;
	assert_int_equal(lease_read(&record, &copy), -ENOENT);
}

// Each step of the clock was too small to be worth a record; together they would end the lease a
// minute and a half too early after a restart.
static void small_steps_of_the_wall_clock_add_up(void **state) {
	struct world *w = *state;
	uint32_t address = world_lease(w, 1);
	struct lease_record *record = lease_find_address(w->server.leases, address);
	int64_t on_disk = record->expiry_unix_s;
	struct journal_record stamped;

	for (int i = 0; i < 60; i++) {
		w->now.unix_s += 1;
		dhcp_server_sweep(&w->server, w->now, 1000);
		while (dhcp_server_restamp(&w->server, w->now, &stamped)) {
			dhcp_server_durable(&w->server, &stamped);
			on_disk = stamped.expiry_unix_s;
		}
		assert_in_range(on_disk, w->now.unix_s + 43200 - LEASE_GRACE_MS / 1000,
			w->now.unix_s + 43200 + 2);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(small_steps_of_the_wall_clock_add_up),
		TEST(rubbish_is_refused),
		cmocka_unit_test(full_table_is_an_error),
		TEST(reading_a_record_that_never_settles_ends),
		TEST(the_highest_lsn_wins_in_any_order),
		TEST(numbers_go_on_above_the_highest),
		TEST(restored_states),
		TEST(restored_lease_is_kept_for_its_owner),
		TEST(what_was_journalled_restores),
		TEST(reservation_leased_to_another_waits),
		TEST(lease_outside_of_new_pools_is_not_renewed),
		TEST(policy_change_keeps_leases_and_quarantine),
		TEST(empty_journal_gives_what_is_asked_for_or_probed),
		TEST(step_forward_restamps_what_is_on_disk),
		TEST(adopted_records_explain_like_the_real_ones),
		TEST(adopted_offers_are_held),
		TEST(adopted_rubbish_is_refused),
	};

	return cmocka_run_group_tests_name("lease_restore", tests, NULL, NULL);
}
