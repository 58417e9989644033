// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Which leases of another server are taken over, by the policy and by the journal.

#include "lease_import.h"

#include "policy_fixture.h"
#include "unit.h"

#define NOW INT64_C(1795600000)

struct world {
	struct fixture f;
	struct lease_set known;
	struct lease_import import;
};

// Port and pool are those of 10.77.0.0/24; n001, client 1, has .11 reserved, n002 .60 in the pool.
static int set_up(void **state) {
	struct world *w = calloc(1, sizeof(*w));

	fixture_begin(&w->f);
	fixture_port(&w->f, "eth1", "10.77.0.1");
	fixture_subnet(&w->f, "10.77.0.0", 24, "10.77.0.50", "10.77.0.99");
	fixture_subnet(&w->f, "10.78.0.0", 24, NULL, NULL);
	fixture_host(&w->f, "n001", "02:00:00:00:00:01", "10.77.0.11", "");
	fixture_host(&w->f, "n002", "02:00:00:00:00:02", "10.77.0.60", "");
	fixture_rule(&w->f, "boot", 1, NULL, 0);
	if (fixture_finish(&w->f))
		fail_msg("%s", w->f.why);
	w->import = (struct lease_import){&w->f.policy, &w->known, NOW};
	*state = w;
	return 0;
}

static int tear_down(void **state) {
	struct world *w = *state;

	lease_set_free(&w->known);
	fixture_end(&w->f);
	free(w);
	return 0;
}

// client 0: nobody.
static struct journal_record record_of(const struct world *w, const char *address, uint8_t client,
	enum lease_state lease_state, int64_t left) {
	struct lease_entry entry = {
		.address = fixture_ip(address),
		.state = (uint8_t)lease_state,
		.expiry_unix_s = NOW + left,
		.since_unix_s = NOW - 100,
	};

	if (client)
		entry.key = (struct lease_key){{2, 0, 0, 0, 0, client}, 1, 6};
	return lease_import_record(&w->import, &entry, 7);
}

static void judged_by_the_policy(void **state) {
	static const struct {
		const char *name;
		const char *address;
		uint8_t client;
		enum lease_state state;
		int64_t left;
		enum lease_import_verdict verdict;
	} cases[] = {
		{"in no subnet", "10.99.0.50", 9, LEASE_BOUND, 60, LEASE_IMPORT_OUTSIDE},
		{"in a subnet, in no pool", "10.77.0.100", 9, LEASE_BOUND, 60,
			LEASE_IMPORT_OUTSIDE},
		{"in a subnet without pools", "10.78.0.50", 9, LEASE_BOUND, 60,
			LEASE_IMPORT_OUTSIDE},
		{"our own address", "10.77.0.1", 9, LEASE_BOUND, 60, LEASE_IMPORT_OUTSIDE},
		{"a reservation, its machine", "10.77.0.11", 1, LEASE_BOUND, 60,
			LEASE_IMPORT_RESERVED},
		{"a reservation, its machine, ended", "10.77.0.60", 2, LEASE_BOUND, -60,
			LEASE_IMPORT_RESERVED},
		{"a reservation, another machine", "10.77.0.11", 9, LEASE_BOUND, 60,
			LEASE_IMPORT_CONFLICT},
		{"a reservation in the pool, another machine", "10.77.0.60", 9, LEASE_BOUND, 60,
			LEASE_IMPORT_CONFLICT},
		{"a host with a reservation, elsewhere", "10.77.0.70", 1, LEASE_BOUND, 60,
			LEASE_IMPORT_KEPT},
		{"running", "10.77.0.50", 9, LEASE_BOUND, 1, LEASE_IMPORT_KEPT},
		{"ended now", "10.77.0.50", 9, LEASE_BOUND, 0, LEASE_IMPORT_ENDED},
		{"given back", "10.77.0.50", 9, LEASE_RELEASED, 60, LEASE_IMPORT_ENDED},
		{"ended, nobody's", "10.77.0.50", 0, LEASE_RELEASED, -60, LEASE_IMPORT_FORGOTTEN},
		{"quarantine", "10.77.0.99", 9, LEASE_DECLINED, 60, LEASE_IMPORT_QUARANTINED},
		{"quarantine that ended", "10.77.0.99", 9, LEASE_DECLINED, 0,
			LEASE_IMPORT_FORGOTTEN},
	};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct journal_record record = record_of(
			w, cases[i].address, cases[i].client, cases[i].state, cases[i].left);

		assert_case(
			cases[i].name, lease_import_judge(&w->import, &record) == cases[i].verdict);
	}
}

static void judged_by_the_journal(void **state) {
	static const struct {
		const char *name;
		enum lease_state known_state;
		uint8_t known_client;
		int64_t known_left;
		enum lease_state state;
		int64_t left; // of client 9
		enum lease_import_verdict verdict;
	} cases[] = {
		{"the same lease", LEASE_BOUND, 9, 60, LEASE_BOUND, 60, LEASE_IMPORT_KNOWN},
		{"ends earlier", LEASE_BOUND, 9, 60, LEASE_BOUND, 59, LEASE_IMPORT_KNOWN},
		{"ends later", LEASE_BOUND, 9, 60, LEASE_BOUND, 61, LEASE_IMPORT_KEPT},
		{"has ended", LEASE_BOUND, 9, 60, LEASE_BOUND, -1, LEASE_IMPORT_KNOWN},
		{"another machine's, later", LEASE_BOUND, 8, 60, LEASE_BOUND, 900,
			LEASE_IMPORT_TAKEN},
		{"another machine's, and has ended", LEASE_BOUND, 8, 60, LEASE_BOUND, -1,
			LEASE_IMPORT_KNOWN},
		{"in quarantine here", LEASE_DECLINED, 0, 60, LEASE_BOUND, 900, LEASE_IMPORT_TAKEN},
		{"in quarantine there", LEASE_BOUND, 8, 60, LEASE_DECLINED, 900,
			LEASE_IMPORT_TAKEN},
		{"in quarantine on both sides", LEASE_DECLINED, 0, 60, LEASE_DECLINED, 900,
			LEASE_IMPORT_QUARANTINED},
		{"another machine's that ended", LEASE_BOUND, 8, 0, LEASE_BOUND, 60,
			LEASE_IMPORT_KEPT},
		{"both ended, here later", LEASE_RELEASED, 8, -10, LEASE_BOUND, -20,
			LEASE_IMPORT_KNOWN},
		{"both ended, there later", LEASE_RELEASED, 8, -20, LEASE_BOUND, -10,
			LEASE_IMPORT_ENDED},
	};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct journal_record known = record_of(w, "10.77.0.50", cases[i].known_client,
			cases[i].known_state, cases[i].known_left);
		struct journal_record record =
			record_of(w, "10.77.0.50", 9, cases[i].state, cases[i].left);

		lease_set_free(&w->known);
		lease_set_put(&w->known, &known);
		assert_case(
			cases[i].name, lease_import_judge(&w->import, &record) == cases[i].verdict);
	}
}

static void records_say_what_the_entry_says(void **state) {
	struct world *w = *state;
	struct lease_entry entry = {
		.address = 0x0a4d0032,
		.key = {{2, 0, 0, 0, 0, 9}, 1, 6},
		.state = LEASE_BOUND,
		.hostname_len = 20,
		.hostname = "abcdefghijklmnopqrst",
		.expiry_unix_s = LEASE_NEVER_UNIX_S,
	};
	struct journal_record record = lease_import_record(&w->import, &entry, 12);

	assert_int_equal(record.lsn, 12);
	assert_int_equal(record.expiry_unix_s, LEASE_NEVER_UNIX_S);
	assert_int_equal(record.since_unix_s, NOW); // the file does not tell
	assert_int_equal(record.hostname_len, JOURNAL_HOSTNAME_MAX);
	assert_memory_equal(record.key, entry.key.bytes, sizeof(record.key));
	journal_seal(&record);
	assert_true(journal_sane(&record));
	entry.state = LEASE_DECLINED; // nobody's, whatever the file says
	record = lease_import_record(&w->import, &entry, 12);
	assert_int_equal(record.hlen, 0);
	assert_int_equal(record.key[0], 0);
	entry.state = LEASE_BOUND;
	entry.expiry_unix_s = NOW;
	assert_int_equal(lease_import_record(&w->import, &entry, 12).state, LEASE_RELEASED);
}

static void the_last_of_an_address_counts(void **state) {
	struct world *w = *state;

	for (uint32_t i = 0; i < 5000; i++) {
		struct journal_record record = {
			.lsn = i + 1, .address = 1 + i % 3000, .expiry_unix_s = i};

		lease_set_put(&w->known, &record);
	}
	assert_int_equal(w->known.mirror.count, 3000);
	for (uint32_t address = 1; address <= 3000; address++)
		assert_int_equal(lease_set_find(&w->known, address)->expiry_unix_s,
			address <= 2000 ? address + 2999 : address - 1);
	assert_null(lease_set_find(&w->known, 3001));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(judged_by_the_policy, set_up, tear_down),
		cmocka_unit_test_setup_teardown(judged_by_the_journal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(records_say_what_the_entry_says, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_last_of_an_address_counts, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
