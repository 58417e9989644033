// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "policy.h"

#include "policy_fixture.h"
#include "unit.h"

static int set_up(void **state) {
	struct fixture *f = calloc(1, sizeof(*f));

	fixture_sample(f);
	*state = f;
	if (fixture_finish(f) == 0)
		return 0;
	print_error("%s\n", f->why);
	return -1;
}

static int tear_down(void **state) {
	fixture_end(*state);
	free(*state);
	return 0;
}

static void addresses_find_their_subnet(void **state) {
	static const struct {
		const char *address;
		const char *network; // NULL: none
	} cases[] = {
		{"0.0.0.0", NULL},
		{"10.76.255.255", NULL},
		{"10.77.0.0", "10.77.0.0"},
		{"10.77.0.255", "10.77.0.0"},
		{"10.77.1.0", NULL},
		{"10.78.0.7", "10.78.0.0"},
		{"10.99.255.255", "10.99.0.0"},
		{"10.100.0.0", NULL},
		{"255.255.255.255", NULL},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct policy_subnet *subnet =
			policy_subnet_of(&f->policy, fixture_ip(cases[i].address));

		assert_case(cases[i].address,
			cases[i].network ? subnet && subnet->network == fixture_ip(cases[i].network)
					 : !subnet);
	}
}

static void addresses_find_their_pool(void **state) {
	static const struct {
		const char *address;
		const char *first; // NULL: none
	} cases[] = {
		{"10.77.0.49", NULL},
		{"10.77.0.50", "10.77.0.50"},
		{"10.77.0.250", "10.77.0.50"},
		{"10.77.0.251", NULL},
		{"10.78.0.50", NULL},
		{"10.99.0.255", NULL},
		{"10.99.1.0", "10.99.1.0"},
		{"10.99.1.255", "10.99.1.0"},
		{"10.99.2.0", NULL},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct policy_pool *pool =
			policy_pool_of(&f->policy, fixture_ip(cases[i].address));

		assert_case(cases[i].address,
			cases[i].first ? pool && pool->first == fixture_ip(cases[i].first) : !pool);
		if (pool)
			assert_case("belongs to its subnet",
				&f->policy.subnets[pool->subnet] ==
					policy_subnet_of(&f->policy, pool->first));
	}
}

static void hosts_are_found_by_mac_and_address(void **state) {
	static const uint8_t second[6] = {0x52, 0x54, 0, 0, 1, 2};
	static const uint8_t unknown[6] = {0x52, 0x54, 0, 0, 1, 4};
	struct fixture *f = *state;
	const struct policy *p = &f->policy;

	assert_ptr_equal(policy_host_by_mac(p, second), &p->hosts[1]);
	assert_null(policy_host_by_mac(p, unknown));
	assert_null(policy_host_by_mac(p, (const uint8_t[6]){0}));
	assert_ptr_equal(policy_host_by_address(p, fixture_ip("10.77.0.12")), &p->hosts[1]);
	assert_null(policy_host_by_address(p, fixture_ip("10.77.0.13")));
	assert_null(policy_host_by_address(p, 0)); // host 3 has no address, which nobody asks for
}

static void an_order_is_pending_until_its_id_is_in_the_table(void **state) {
	static _Atomic uint64_t used[ORDER_SLOTS];
	struct fixture *f = *state;
	const struct policy_host *host = &f->policy.hosts[2];

	assert_false(policy_order_pending(NULL, used));
	assert_false(policy_order_pending(&f->policy.hosts[0], NULL));
	assert_true(policy_order_pending(host, NULL));
	assert_true(policy_order_pending(host, used));
	used[host->order_slot] = 0x1233; // of the slot's former order
	assert_true(policy_order_pending(host, used));
	used[host->order_slot] = 0x1234;
	assert_false(policy_order_pending(host, used));
}

static void hosts_that_are_not_listed_are_not_known(void **state) {
	struct fixture *f = *state;

	assert_false(policy_host_is_known(NULL));
	assert_true(policy_host_is_known(&f->policy.hosts[0]));
	assert_false(policy_host_is_known(&f->policy.hosts[2]));
}

static void an_empty_policy_finds_nothing(void **state) {
	struct fixture f;
	const struct policy_name *name;

	(void)state;
	fixture_begin(&f);
	assert_int_equal(fixture_finish(&f), 0);
	assert_null(policy_subnet_of(&f.policy, 0x0a000001));
	assert_null(policy_pool_of(&f.policy, 0x0a000001));
	assert_null(policy_host_by_mac(&f.policy, (const uint8_t[6]){2}));
	assert_null(policy_host_by_address(&f.policy, 0x0a000001));
	assert_null(policy_boot_rule(&f.policy, &(struct policy_machine){0}, NULL));
	assert_int_equal(policy_find_name(&f.policy, 0, false, "a", 1, &name), POLICY_NOT_FOUND);
	fixture_end(&f);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(addresses_find_their_subnet, set_up, tear_down),
		cmocka_unit_test_setup_teardown(addresses_find_their_pool, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			hosts_are_found_by_mac_and_address, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			an_order_is_pending_until_its_id_is_in_the_table, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			hosts_that_are_not_listed_are_not_known, set_up, tear_down),
		cmocka_unit_test(an_empty_policy_finds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
