// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "journal_mirror.h"

#include <errno.h>

#include "shm_abi.h"
#include "unit.h"

static struct journal_mirror make(uint32_t size) {
	size_t bytes = (journal_mirror_bytes(size) + 63) & ~(size_t)63;
	struct journal_mirror mirror;
	void *memory = aligned_alloc(64, bytes ? bytes : 64);

	assert_non_null(memory);
	journal_mirror_init(&mirror, memory, size);
	return mirror;
}

static struct journal_record record_of(uint64_t lsn, uint32_t address) {
	return (struct journal_record){
		.lsn = lsn, .address = address, .state = LEASE_BOUND, .expiry_unix_s = 1000};
}

static void no_room_is_an_error(void **state) {
	static const uint32_t sizes[] = {0, 1, 7, 8, 100};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct journal_mirror mirror = make(sizes[i]);
		struct journal_record record = record_of(1, 500);

		for (uint32_t n = 0; n < sizes[i]; n++) {
			struct journal_record fits = record_of(1, n + 1);

			assert_int_equal(journal_mirror_put(&mirror, &fits), 0);
		}
		assert_int_equal(journal_mirror_put(&mirror, &record), -ENOSPC);
		assert_null(journal_mirror_find(&mirror, 500));
		assert_int_equal(mirror.count, sizes[i]);
		free(mirror.records);
	}
}

static void an_older_record_is_not_taken(void **state) {
	struct journal_mirror mirror = make(4);
	struct journal_record newer = record_of(9, 1);
	struct journal_record older = record_of(8, 1);

	(void)state;
	assert_int_equal(journal_mirror_put(&mirror, &newer), 0);
	assert_int_equal(journal_mirror_put(&mirror, &older), 0);
	assert_int_equal(journal_mirror_find(&mirror, 1)->lsn, 9);
	older.lsn = 10;
	assert_int_equal(journal_mirror_put(&mirror, &older), 0);
	assert_int_equal(journal_mirror_find(&mirror, 1)->lsn, 10);
	assert_int_equal(mirror.count, 1);
	free(mirror.records);
}

// Against an array as long as the address space of the test.
static void many_random_puts(void **state) {
	struct journal_mirror mirror = make(1000);
	uint64_t kept[1000] = {0};
	uint64_t seed = 42;

	(void)state;
	for (uint64_t lsn = 1; lsn < 20000; lsn++) {
		uint32_t at = (uint32_t)(unit_random(&seed) % COUNT_OF(kept));
		struct journal_record record = record_of(lsn, at * 256); // low bits alike

		assert_int_equal(journal_mirror_put(&mirror, &record), 0);
		kept[at] = lsn;
	}
	for (uint32_t i = 0; i < COUNT_OF(kept); i++) {
		const struct journal_record *record = journal_mirror_find(&mirror, i * 256);

		assert_int_equal(record ? record->lsn : 0, kept[i]);
	}
	journal_mirror_clear(&mirror);
	assert_null(journal_mirror_find(&mirror, 0));
	free(mirror.records);
}

static void compaction_keeps_what_runs(void **state) {
	static const struct {
		const char *name;
		uint8_t lease_state;
		int64_t expiry_unix_s;
		bool kept;
	} cases[] = {
		{"released", LEASE_RELEASED, 5000, false},
		{"run out", LEASE_BOUND, 999, false},
		{"quarantine over", LEASE_DECLINED, 999, false},
		{"in quarantine", LEASE_DECLINED, 1000, true},
		{"bound", LEASE_BOUND, 1000, true},
		{"bound for long", LEASE_BOUND, INT64_MAX, true},
	};
	struct journal_mirror mirror = make(COUNT_OF(cases));

	(void)state;
	for (uint32_t i = 0; i < COUNT_OF(cases); i++) {
		struct journal_record record = record_of(i + 1, i + 1);

		record.state = cases[i].lease_state;
		record.expiry_unix_s = cases[i].expiry_unix_s;
		assert_int_equal(journal_mirror_put(&mirror, &record), 0);
	}
	assert_int_equal(journal_mirror_compact(&mirror, 1000), 3);
	for (uint32_t i = 0; i < COUNT_OF(cases); i++)
		assert_case(cases[i].name, !!journal_mirror_find(&mirror, i + 1) == cases[i].kept);
	assert_int_equal(mirror.count, 3);
	free(mirror.records);
}

// A slot's number is another thing than the same number as an address, and orders are never
// forgotten.
static void orders_have_a_place_of_their_own(void **state) {
	struct journal_mirror mirror = make(8);
	struct journal_record lease = record_of(1, 5);
	struct journal_record order = journal_order_used(2, 5, 77, 3);

	(void)state;
	assert_int_equal(journal_mirror_put(&mirror, &lease), 0);
	assert_null(journal_mirror_find_order(&mirror, 5));
	assert_int_equal(journal_mirror_put(&mirror, &order), 0);
	assert_int_equal(journal_mirror_find(&mirror, 5)->lsn, 1);
	assert_int_equal(journal_mirror_find_order(&mirror, 5)->lsn, 2);
	order = journal_order_used(3, 5, 78, 3);
	assert_int_equal(journal_mirror_put(&mirror, &order), 0);
	assert_int_equal(mirror.count, 2);
	assert_int_equal(journal_mirror_compact(&mirror, INT64_MAX), 1);
	assert_null(journal_mirror_find(&mirror, 5));
	assert_int_equal(journal_order_id(journal_mirror_find_order(&mirror, 5)), 78);
	free(mirror.records);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_room_is_an_error),
		cmocka_unit_test(an_older_record_is_not_taken),
		cmocka_unit_test(many_random_puts),
		cmocka_unit_test(compaction_keeps_what_runs),
		cmocka_unit_test(orders_have_a_place_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
