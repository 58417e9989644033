// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "lease_pool.h"

#include "unit.h"

static struct lease_pools *pools;

static struct policy policy_of(const struct policy_pool *pool, uint32_t count) {
	struct policy policy = {.pools = pool};

	policy.count[POLICY_POOLS] = count;
	return policy;
}

static int set_up(void **state) {
	(void)state;
	pools = calloc(1, sizeof(*pools));
	return pools ? 0 : -1;
}

static int tear_down(void **state) {
	(void)state;
	free(pools);
	return 0;
}

static void no_pools_give_nothing(void **state) {
	struct policy policy = policy_of(NULL, 0);

	(void)state;
	lease_pools_init(pools, &policy, false);
	assert_int_equal(lease_pools_find(pools, (struct policy_range){0, 0}, 1, false, true), 0);
	assert_null(lease_pools_of(pools, 5));
	lease_pools_mark(pools, 5, LEASE_USE_HELD);
	lease_pools_block(pools, 5);
	assert_false(lease_pools_can_have(pools, 5));
}

static void addresses_find_their_pool(void **state) {
	const struct policy_pool list[] = {{100, 199, 0, 0}, {300, 300, 0, 0}, {500, 563, 1, 0}};
	struct policy policy = policy_of(list, 3);

	(void)state;
	lease_pools_init(pools, &policy, false);
	assert_null(lease_pools_of(pools, 99));
	assert_int_equal(lease_pools_of(pools, 100)->first, 100);
	assert_int_equal(lease_pools_of(pools, 199)->first, 100);
	assert_null(lease_pools_of(pools, 200));
	assert_int_equal(lease_pools_of(pools, 300)->first, 300);
	assert_int_equal(lease_pools_of(pools, 563)->subnet, 1);
	assert_null(lease_pools_of(pools, 564));
}

// Pools of all sizes around the word: taking one after the other gives each address once, from any
// start.
static void each_address_is_found_exactly_once(void **state) {
	static const uint32_t sizes[] = {1, 2, 63, 64, 65, 127, 128, 129, 1000};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		const struct policy_pool list[] = {{1000, 1000 + sizes[i] - 1, 0, 0},
			{5000, 5000 + sizes[i] - 1, 1, 0}, {9000, 9002, 1, 0}};
		struct policy policy = policy_of(list, 3);
		const struct policy_range ranges[] = {{0, 1}, {1, 2}};
		uint64_t random = 11 + i;

		lease_pools_init(pools, &policy, false);
		for (int r = 0; r < 2; r++) {
			uint32_t count = sizes[i] + (r ? 3 : 0);

			for (uint32_t n = 0; n < count; n++) {
				uint32_t address = lease_pools_find(
					pools, ranges[r], unit_random(&random), n & 1, false);

				assert_true(lease_pools_can_have(pools, address));
				assert_int_equal(lease_pools_of(pools, address)->subnet, r);
				lease_pools_mark(pools, address, LEASE_USE_HELD);
			}
			assert_int_equal(lease_pools_find(pools, ranges[r], unit_random(&random),
						 false, true),
				0);
		}
	}
}

static void the_last_free_address_of_a_full_16_is_found(void **state) {
	const struct policy_pool list[] = {{0x0a4d0001, 0x0a4dfffe, 0, 0}};
	struct policy policy = policy_of(list, 1);
	uint64_t random = 13;

	(void)state;
	lease_pools_init(pools, &policy, false);
	for (uint32_t address = 0x0a4d0001; address <= 0x0a4dfffe; address++)
		lease_pools_mark(pools, address, LEASE_USE_HELD);
	for (int i = 0; i < 10000; i++) {
		uint32_t hole = 0x0a4d0001 + (uint32_t)(unit_random(&random) % 65534);
		uint64_t hash = unit_random(&random);

		assert_int_equal(
			lease_pools_find(pools, (struct policy_range){0, 1}, hash, false, true), 0);
		lease_pools_mark(pools, hole, LEASE_USE_FREE);
		assert_int_equal(
			lease_pools_find(pools, (struct policy_range){0, 1}, hash, false, false),
			hole);
		lease_pools_mark(pools, hole, LEASE_USE_HELD);
	}
}

static void remembered_addresses_come_last(void **state) {
	const struct policy_pool list[] = {{1000, 1099, 0, 0}};
	struct policy policy = policy_of(list, 1);
	const struct policy_range range = {0, 1};

	(void)state;
	lease_pools_init(pools, &policy, false);
	for (uint32_t address = 1000; address < 1100; address++)
		if (address != 1042)
			lease_pools_mark(pools, address, LEASE_USE_REMEMBERED);
	for (uint64_t hash = 0; hash < 200; hash++)
		assert_int_equal(lease_pools_find(pools, range, hash, false, false), 1042);
	lease_pools_mark(pools, 1042, LEASE_USE_HELD);
	assert_int_equal(lease_pools_find(pools, range, 1, false, false), 0);
	assert_int_not_equal(lease_pools_find(pools, range, 1, false, true), 0);
}

static void blocked_addresses_are_never_given(void **state) {
	const struct policy_pool list[] = {{1000, 1001, 0, 0}};
	struct policy policy = policy_of(list, 1);

	(void)state;
	lease_pools_init(pools, &policy, false);
	lease_pools_block(pools, 1000);
	assert_true(lease_pools_blocked(pools, 1000));
	assert_false(lease_pools_can_have(pools, 1000));
	lease_pools_mark(pools, 1000, LEASE_USE_FREE);
	for (uint64_t hash = 0; hash < 100; hash++)
		assert_int_equal(
			lease_pools_find(pools, (struct policy_range){0, 1}, hash, false, true),
			1001);
}

static void unproven_addresses_are_for_who_asks(void **state) {
	const struct policy_pool list[] = {{1000, 1063, 0, 0}};
	struct policy policy = policy_of(list, 1);
	const struct policy_range range = {0, 1};

	(void)state;
	lease_pools_init(pools, &policy, true);
	assert_int_equal(lease_pools_find(pools, range, 9, false, true), 0);
	assert_true(lease_pools_can_have(pools, 1010));
	lease_pools_prove(pools, 1010);
	assert_int_equal(lease_pools_find(pools, range, 9, false, true), 1010);
}

static void what_is_too_much_is_not_given_out(void **state) {
	const struct policy_pool list[] = {
		{0x0a000000, 0x0affffff, 0, 0}, {0x0b000000, 0x0b0000ff, 1, 0}};
	struct policy policy = policy_of(list, 2);

	(void)state;
	lease_pools_init(pools, &policy, false);
	assert_int_equal(pools->count, 1);
	assert_non_null(lease_pools_of(pools, 0x0a000000 + LEASE_POOL_ADDRESSES_MAX - 1));
	assert_null(lease_pools_of(pools, 0x0a000000 + LEASE_POOL_ADDRESSES_MAX));
	assert_int_not_equal(
		lease_pools_find(pools, (struct policy_range){0, 1}, 99, false, true), 0);
	assert_int_equal(lease_pools_find(pools, (struct policy_range){1, 1}, 99, false, true), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(no_pools_give_nothing),
		TEST(what_is_too_much_is_not_given_out),
		TEST(addresses_find_their_pool),
		TEST(each_address_is_found_exactly_once),
		TEST(the_last_free_address_of_a_full_16_is_found),
		TEST(remembered_addresses_come_last),
		TEST(blocked_addresses_are_never_given),
		TEST(unproven_addresses_are_for_who_asks),
	};

	return cmocka_run_group_tests_name("lease_pool", tests, NULL, NULL);
}
