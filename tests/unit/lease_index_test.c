// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "lease_index.h"

#include "unit.h"

#define RECORDS 200u

// A few hashes for many records, so that probes collide, wrap and share; against a plain array.
static void it_finds_what_was_added_and_nothing_else(void **state) {
	static const uint32_t hashes[] = {0, 1, 2, 511, 510, 0xffffffff, 7, 0x20000000};
	uint32_t slots = lease_index_slots(RECORDS), hash_of[RECORDS];
	struct lease_slot *memory = calloc(slots, sizeof(*memory));
	bool in[RECORDS] = {false};
	struct lease_index index;
	uint64_t random = 3;

	(void)state;
	assert_true(slots >= 2 * RECORDS);
	lease_index_init(&index, memory, slots);
	for (int round = 0; round < 20000; round++) {
		uint32_t record = (uint32_t)(unit_random(&random) % RECORDS);
		size_t found = 0, expected = 0;
		uint32_t hash, at = 0, number;

		if (in[record]) {
			lease_index_remove(&index, hash_of[record], record);
		} else {
			hash_of[record] = hashes[unit_random(&random) % COUNT_OF(hashes)];
			lease_index_add(&index, hash_of[record], record);
		}
		in[record] = !in[record];
		hash = hashes[unit_random(&random) % COUNT_OF(hashes)];
		while ((number = lease_index_next(&index, hash, &at)) != LEASE_NO_RECORD) {
			assert_true(in[number] && hash_of[number] == hash);
			found++;
		}
		for (uint32_t i = 0; i < RECORDS; i++)
			expected += in[i] && hash_of[i] == hash;
		assert_int_equal(found, expected);
	}
	free(memory);
}

static void removing_what_is_not_there_changes_nothing(void **state) {
	struct lease_slot memory[16];
	struct lease_index index;
	uint32_t at = 0;

	(void)state;
	lease_index_init(&index, memory, 16);
	lease_index_add(&index, 5, 1);
	lease_index_remove(&index, 5, 2);
	lease_index_remove(&index, 6, 1);
	assert_int_equal(lease_index_next(&index, 5, &at), 1);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(removing_what_is_not_there_changes_nothing),
		cmocka_unit_test(it_finds_what_was_added_and_nothing_else),
	};

	return cmocka_run_group_tests_name("lease_index", tests, NULL, NULL);
}
