// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "order_log.h"

#include <errno.h>

#include "policy_fixture.h"
#include "unit.h"

struct bench {
	_Atomic uint64_t used[ORDER_SLOTS];
	uint64_t recorded[ORDER_SLOTS];
	struct order_log log;
};

static int set_up(void **state) {
	struct bench *bench = aligned_alloc(64, (sizeof(*bench) + 63) & ~(size_t)63);

	assert_non_null(bench);
	memset(bench, 0, sizeof(*bench));
	order_log_init(&bench->log, bench->used, bench->recorded);
	*state = bench;
	return 0;
}

static int tear_down(void **state) {
	free(*state);
	return 0;
}

static void expect(struct bench *bench, uint32_t slot, uint64_t id) {
	uint32_t got_slot;
	uint64_t got;

	assert_true(order_log_pending(&bench->log));
	assert_true(order_log_take(&bench->log, &got_slot, &got));
	assert_int_equal(got_slot, slot);
	assert_int_equal(got, id);
}

static void expect_none(struct bench *bench) {
	uint32_t slot;
	uint64_t id;

	assert_false(order_log_take(&bench->log, &slot, &id));
	assert_false(order_log_pending(&bench->log));
}

static void records_of_leases_are_refused(void **state) {
	struct bench *bench = *state;
	struct journal_record record = journal_order_used(1, ORDER_SLOTS, 5, 1);

	assert_int_equal(order_log_restore(&bench->log, &record), -EINVAL);
	record = journal_order_used(1, 3, 5, 1);
	record.state = LEASE_BOUND;
	assert_int_equal(order_log_restore(&bench->log, &record), -EINVAL);
	assert_int_equal(bench->recorded[3], 0);
}

static void marks_are_taken_once(void **state) {
	struct bench *bench = *state;

	assert_false(order_log_pending(&bench->log));
	assert_true(order_log_use(&bench->log, 9, 100));
	assert_false(order_log_use(&bench->log, 9, 100)); // another transfer of the same order
	assert_true(order_log_use(&bench->log, 0, 7));
	assert_true(order_log_use(&bench->log, ORDER_SLOTS - 1, 8));
	expect(bench, 0, 7);
	// Whoever has no more room goes on later; what is marked meanwhile behind is not missed.
	assert_true(order_log_use(&bench->log, 0, 17));
	expect(bench, 9, 100);
	expect(bench, ORDER_SLOTS - 1, 8);
	assert_false(order_log_take(&bench->log, &(uint32_t){0}, &(uint64_t){0}));
	expect(bench, 0, 17);
	expect_none(bench);
	assert_int_equal(bench->used[9], 100);
}

static void what_failed_is_given_again(void **state) {
	struct bench *bench = *state;
	struct journal_record order = journal_order_used(1, 9, 100, 1), lease = order;

	order_log_use(&bench->log, 9, 100);
	expect(bench, 9, 100);
	expect_none(bench);
	lease.state = LEASE_BOUND;
	order_log_failed(&bench->log, &lease);
	assert_false(order_log_pending(&bench->log));
	order_log_failed(&bench->log, &order);
	expect(bench, 9, 100);
	expect_none(bench);
}

// After a restart: what the journal had, and what the killed process had marked, but only for
// orders that there are.
static void marks_of_a_killed_process_are_merged(void **state) {
	struct bench *bench = *state;
	struct journal_record records[] = {
		journal_order_used(1, 1, 11, 1), // used, and in the journal
		journal_order_used(2, 2, 20, 1), // of the slot's former order
		journal_order_used(3, 5, 55, 1), // of a host that is gone
	};
	struct fixture f;

	fixture_begin(&f);
	fixture_node(&f, "n1", "52:54:00:00:01:01", 11, 1, "");
	fixture_node(&f, "n2", "52:54:00:00:01:02", 22, 2, "");
	fixture_node(&f, "n3", "52:54:00:00:01:03", 33, 3, "");
	fixture_node(&f, "n4", "52:54:00:00:01:04", 44, 4, "");
	assert_int_equal(fixture_finish(&f), 0);
	bench->used[2] = 22; // killed right after the mark
	bench->used[3] = 99; // rubbish
	bench->used[6] = 66; // of nobody
	for (size_t i = 0; i < COUNT_OF(records); i++)
		assert_int_equal(order_log_restore(&bench->log, &records[i]), 0);
	order_log_merge(&bench->log, &f.policy);
	assert_int_equal(bench->used[1], 11);
	assert_int_equal(bench->used[2], 22);
	assert_int_equal(bench->used[3], 0);
	assert_int_equal(bench->used[4], 0);
	assert_int_equal(bench->used[5], 55);
	assert_int_equal(bench->used[6], 0);
	expect(bench, 2, 22); // the journal has yet to get it
	expect_none(bench);
	fixture_end(&f);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(records_of_leases_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(marks_are_taken_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_failed_is_given_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			marks_of_a_killed_process_are_merged, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
