// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "lease_heap.h"

#include "unit.h"

#define RECORDS 300u

static void earliest_first_whatever_happens(void **state) {
	struct lease_due due[RECORDS];
	uint32_t place[RECORDS] = {0};
	uint64_t model[RECORDS] = {0}; // 0: not in the heap
	struct lease_heap heap = {.due = due, .place = place};
	uint64_t random = 5;

	(void)state;
	for (int round = 0; round < 50000; round++) {
		uint32_t record = (uint32_t)(unit_random(&random) % RECORDS), first;
		uint64_t when = 1 + unit_random(&random) % 1000, earliest = UINT64_MAX;

		switch (unit_random(&random) % 3) {
		case 0:
			lease_heap_set(&heap, record, when);
			if (!model[record] || when < model[record])
				model[record] = when;
			break;
		case 1:
			lease_heap_remove(&heap, record);
			model[record] = 0;
			break;
		case 2:
			if (!model[record] || when < model[record])
				break;
			lease_heap_put_off(&heap, record, when);
			model[record] = when;
			break;
		}
		for (uint32_t i = 0; i < RECORDS; i++)
			if (model[i] && model[i] < earliest)
				earliest = model[i];
		if (earliest == UINT64_MAX) {
			assert_false(lease_heap_due(&heap, UINT64_MAX, &first));
			continue;
		}
		assert_false(lease_heap_due(&heap, earliest - 1, &first));
		assert_true(lease_heap_due(&heap, earliest, &first));
		assert_int_equal(model[first], earliest);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(earliest_first_whatever_happens),
	};

	return cmocka_run_group_tests_name("lease_heap", tests, NULL, NULL);
}
