// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// storm_owner: addresses and their machines.

#include "storm_owner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void what_is_set_is_found(void **state) {
	struct storm_owner o;

	(void)state;
	assert_int_equal(storm_owner_init(&o, 1000), 0);
	assert_int_equal(storm_owner_find(&o, 0), STORM_OWNER_NONE);
	assert_int_equal(storm_owner_find(&o, 7), STORM_OWNER_NONE);
	for (uint32_t i = 0; i < 1000; i++)
		storm_owner_set(&o, 0x0a000001 + i, i);
	storm_owner_set(&o, 0x0a000001, 77);
	assert_int_equal(storm_owner_find(&o, 0x0a000001), 77);
	for (uint32_t i = 1; i < 1000; i++)
		assert_int_equal(storm_owner_find(&o, 0x0a000001 + i), i);
	assert_int_equal(storm_owner_find(&o, 0x0b000001), STORM_OWNER_NONE);
	storm_owner_free(&o);
}

// As in `boot --clients 1 --total 20000`: one place for a machine, and each has a new address.
static void a_table_grows(void **state) {
	struct storm_owner o;

	(void)state;
	assert_int_equal(storm_owner_init(&o, 1), 0);
	for (uint32_t i = 1; i <= 20000; i++)
		storm_owner_set(&o, i, i % 7);
	for (uint32_t i = 1; i <= 20000; i++)
		assert_int_equal(storm_owner_find(&o, i), i % 7);
	assert_int_equal(storm_owner_find(&o, 20001), STORM_OWNER_NONE);
	storm_owner_free(&o);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_set_is_found),
		cmocka_unit_test(a_table_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
