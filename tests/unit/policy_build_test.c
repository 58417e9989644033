// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "policy_build.h"

#include <errno.h>

#include "policy_fixture.h"
#include "unit.h"

static void refused(struct fixture *f, const char *name, int error, const char *why) {
	assert_case(name, fixture_finish(f) == error);
	if (!strstr(f->why, why))
		fail_msg("case %s: \"%s\" does not say \"%s\"", name, f->why, why);
	fixture_end(f);
}

static void globals_are_required(void **state) {
	size_t size = policy_builder_size(FIXTURE_SIZE);
	struct fixture f = {.out = calloc(1, FIXTURE_SIZE)};

	(void)state;
	f.builder = policy_builder_init(malloc(size), size, FIXTURE_SIZE);
	refused(&f, "globals", -EINVAL, "global settings are missing");
}

static void a_small_work_area_is_refused(void **state) {
	size_t size = policy_builder_size(4096);
	uint8_t *memory = calloc(1, size + 4);

	(void)state;
	assert_null(policy_builder_init(memory, size - 1, 4096));
	assert_null(policy_builder_init(memory + 4, size, 4096));
	assert_null(policy_builder_init(memory, SIZE_MAX, (size_t)POLICY_SNAPSHOT_MAX + 1));
	assert_non_null(policy_builder_init(memory, size, 4096));
	free(memory);
}

static void contradictions_are_named(void **state) {
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	fixture_subnet(&f, "10.77.0.0", 24, NULL, NULL);
	fixture_subnet(&f, "10.0.0.0", 8, NULL, NULL);
	refused(&f, "subnets", -EINVAL, "subnet 10.0.0.0/8 and subnet 10.77.0.0/24 overlap");

	fixture_begin(&f);
	fixture_subnet(&f, "10.77.0.0", 24, "10.77.0.10", "10.77.1.20");
	refused(&f, "pool outside", -EINVAL, "pool 10.77.0.10-10.77.1.20");

	fixture_begin(&f);
	fixture_subnet(&f, "10.77.0.0", 24, "10.77.0.20", "10.77.0.10");
	refused(&f, "pool backwards", -EINVAL, "pool 10.77.0.20-10.77.0.10");

	fixture_begin(&f);
	fixture_port(&f, "eth1", "10.77.0.15");
	fixture_subnet(&f, "10.77.0.0", 24, "10.77.0.10", "10.77.0.20");
	refused(&f, "own address", -EINVAL, "contains 10.77.0.15");

	fixture_begin(&f);
	fixture_host(&f, "a", "52:54:00:00:00:01", NULL, "");
	fixture_host(&f, "b", "52:54:00:00:00:01", NULL, "");
	refused(&f, "mac twice", -EINVAL, "52:54:00:00:00:01");

	fixture_begin(&f);
	fixture_host(&f, "a", "52:54:00:00:00:01", "10.0.0.9", "");
	fixture_host(&f, "b", "52:54:00:00:00:02", "10.0.0.9", "");
	refused(&f, "address twice", -EINVAL, "10.0.0.9");

	fixture_begin(&f);
	for (int i = 0; i < 1000; i++)
		fixture_host(&f, "a", "52:54:00:00:00:01", NULL, "");
	refused(&f, "mac 1000 times", -EINVAL, "too many times");

	fixture_begin(&f);
	fixture_name(&f, 0, "a/b", 1);
	fixture_name(&f, 0, "a/b", 2);
	refused(&f, "name twice", -EINVAL, "a/b is there twice");

	fixture_begin(&f);
	fixture_name(&f, 0, "a//b\n", 1);
	refused(&f, "name not plain", -EINVAL, "a//b\\x0a");

	fixture_begin(&f);
	fixture_name(&f, 1, "a", 1);
	refused(&f, "name of nobody", -EINVAL, "node 0x1, there are 0 hosts");

	fixture_begin(&f);
	fixture_node(&f, "a", "52:54:00:00:00:01", 1, 5, "");
	fixture_node(&f, "b", "52:54:00:00:00:02", 2, 5, "");
	refused(&f, "order slot twice", -EINVAL, "host 1 has the order slot 5 of another host");

	fixture_begin(&f);
	fixture_node(&f, "a", "52:54:00:00:00:01", 1, ORDER_SLOTS, "");
	refused(&f, "order slot", -EINVAL, "order slot 16384, there are 16384");

	fixture_begin(&f);
	fixture_node(&f, "a", "52:54:00:00:00:01", 1, 0, "/a");
	refused(&f, "last file", -EINVAL, "plain form");
}

static void overlapping_pools_are_refused(void **state) {
	const struct policy_pool pools[2] = {{fixture_ip("10.77.0.50"), fixture_ip("10.77.0.60")},
		{fixture_ip("10.77.0.10"), fixture_ip("10.77.0.50")}};
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	policy_build_subnet(f.builder,
		&(struct policy_subnet){.network = fixture_ip("10.77.0.0"),
			.mask = 0xffffff00,
			.lease_time_s = 1,
			.max_blksize = 512,
			.max_windowsize = 1,
			.edge_rate_bps = 1},
		pools, 2, NULL, 0);
	refused(&f, "pools", -EINVAL, "10.77.0.50-10.77.0.60 overlaps");
}

// The first error is the one that is told, whatever follows.
static void errors_are_sticky(void **state) {
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	fixture_name(&f, 0, "../a", 1);
	fixture_subnet(&f, "10.77.0.0", 24, "10.77.0.20", "10.77.0.10");
	refused(&f, "sticky", -EINVAL, "../a");
}

static void what_does_not_fit_is_enospc(void **state) {
	struct fixture f;
	char *text = malloc(FIXTURE_SIZE);

	(void)state;
	fixture_sample(&f);
	assert_int_equal(policy_build_finish(f.builder, 1, 1, f.out, 1024, f.why), -ENOSPC);
	assert_non_null(strstr(f.why, "1024"));
	fixture_end(&f);

	fixture_begin(&f);
	memset(text, 'x', FIXTURE_SIZE);
	policy_build_bytes(f.builder, text, FIXTURE_SIZE);
	refused(&f, "bytes", -ENOSPC, "text and options do not fit");

	fixture_begin(&f);
	for (int i = 0; i < 100000; i++)
		fixture_name(&f, 0, "a", 1);
	refused(&f, "records", -ENOSPC, "records do not fit");
	free(text);
}

static void equal_bytes_are_shared(void **state) {
	struct fixture f;
	struct policy_ref a;
	struct policy_ref b;

	(void)state;
	fixture_begin(&f);
	a = fixture_text(&f, "compute");
	b = fixture_text(&f, "comput");
	assert_int_not_equal(a.offset, b.offset);
	b = fixture_text(&f, "compute");
	assert_int_equal(a.offset, b.offset);
	assert_int_equal(a.len, b.len);
	b = policy_build_bytes(f.builder, NULL, 0);
	assert_int_equal(b.len, 0);
	fixture_end(&f);
}

static void subnets_and_pools_are_put_in_order(void **state) {
	struct fixture f;
	const struct policy *p = &f.policy;

	(void)state;
	fixture_begin(&f);
	fixture_port(&f, "eth1", "10.3.0.1");
	for (int i = 9; i > 0; i -= 2) {
		char network[32], first[32], last[32];

		snprintf(network, sizeof(network), "10.%d.0.0", i);
		snprintf(first, sizeof(first), "10.%d.0.16", i);
		snprintf(last, sizeof(last), "10.%d.0.31", i);
		fixture_subnet(&f, network, 24, first, last);
	}
	assert_int_equal(fixture_finish(&f), 0);
	assert_int_equal(p->count[POLICY_SUBNETS], 5);
	for (uint32_t i = 0; i < 5; i++) {
		uint32_t network = 10u << 24 | (2 * i + 1) << 16;

		assert_int_equal(p->subnets[i].network, network);
		assert_int_equal(p->subnets[i].broadcast, network | 255);
		assert_int_equal(p->subnets[i].pools.first, i);
		assert_int_equal(p->subnets[i].pools.count, 1);
		assert_int_equal(p->pools[i].first, network | 16);
		assert_int_equal(p->pools[i].subnet, i);
	}
	assert_int_equal(p->ports[0].subnet, 1);
	assert_int_equal(p->snapshot->max_leases, 5 * 16);
	fixture_end(&f);
}

static void a_small_subnet_is_used_whole(void **state) {
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	fixture_subnet(&f, "10.77.0.4", 31, "10.77.0.4", "10.77.0.5"); // RFC 3021
	fixture_subnet(&f, "10.77.0.9", 32, "10.77.0.9", "10.77.0.9");
	assert_int_equal(fixture_finish(&f), 0);
	assert_int_equal(f.policy.snapshot->max_leases, 3);
	fixture_end(&f);
}

static void leases_are_bounded(void **state) {
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	fixture_subnet(&f, "10.0.0.0", 8, "10.0.0.1", "10.255.255.254");
	fixture_host(&f, "a", "52:54:00:00:00:01", "10.0.0.9", "");
	assert_int_equal(fixture_finish(&f), 0);
	assert_int_equal(f.policy.snapshot->max_leases, POLICY_LEASES_MAX);
	fixture_end(&f);
}

static void the_head_says_what_was_given(void **state) {
	struct fixture f;
	const struct policy_snapshot *s;

	(void)state;
	fixture_sample(&f);
	f.size = policy_build_finish(f.builder, 77, 88, f.out, FIXTURE_SIZE, f.why);
	assert_true(f.size > 0);
	s = f.out;
	assert_int_equal(s->generation, 77);
	assert_int_equal(s->built_unix_ns, 88);
	assert_int_equal(s->total_size, f.size);
	assert_int_equal(s->total_size % 8, 0);
	assert_int_equal(s->workers, 1);
	assert_int_equal(s->max_leases, 201 + 256 + 2); // not n003, which a pool serves
	assert_int_equal(policy_validate(f.out, (size_t)f.size, &f.policy, f.why), 0);
	assert_memory_equal(policy_text(&f.policy, s->state_dir), "/var/lib/rouse", 14);
	fixture_end(&f);
}

// A builder can be finished again, into another buffer, and gives the same.
static void finish_repeats(void **state) {
	uint8_t *again = calloc(1, FIXTURE_SIZE);
	struct fixture f;

	(void)state;
	fixture_sample(&f);
	assert_int_equal(fixture_finish(&f), 0);
	assert_int_equal(policy_build_finish(f.builder, 1, 1, again, FIXTURE_SIZE, f.why), f.size);
	assert_memory_equal(again, f.out, (size_t)f.size);
	fixture_end(&f);
	free(again);
}

static void thousands_are_all_found(void **state) {
	enum { HOSTS = 3000 };
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	fixture_subnet(&f, "10.0.0.0", 8, NULL, NULL);
	for (uint32_t i = 0; i < HOSTS; i++) {
		char text[32];
		struct policy_host host = {.mac = {2, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i},
			.address = (10u << 24) + 1 + i};

		snprintf(text, sizeof(text), "n%04u", i);
		host.name = fixture_text(&f, text);
		assert_int_equal(policy_build_host(f.builder, &host), i);
		fixture_name(&f, i + 1, "grub.cfg", i % IMAGE_MAX_SLOTS);
	}
	if (fixture_finish(&f) != 0)
		fail_msg("%s", f.why);
	for (uint32_t i = 0; i < HOSTS; i++) {
		const struct policy_host *host = &f.policy.hosts[i];
		const struct policy_name *name;

		assert_ptr_equal(policy_host_by_mac(&f.policy, host->mac), host);
		assert_ptr_equal(policy_host_by_address(&f.policy, host->address), host);
		assert_int_equal(policy_find_name(&f.policy, i + 1, false, "/GRUB.cfg", 9, &name),
			POLICY_FOUND);
		assert_int_equal(name->slot, i);
	}
	fixture_end(&f);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(globals_are_required),
		cmocka_unit_test(a_small_work_area_is_refused),
		cmocka_unit_test(contradictions_are_named),
		cmocka_unit_test(overlapping_pools_are_refused),
		cmocka_unit_test(errors_are_sticky),
		cmocka_unit_test(what_does_not_fit_is_enospc),
		cmocka_unit_test(equal_bytes_are_shared),
		cmocka_unit_test(subnets_and_pools_are_put_in_order),
		cmocka_unit_test(a_small_subnet_is_used_whole),
		cmocka_unit_test(leases_are_bounded),
		cmocka_unit_test(the_head_says_what_was_given),
		cmocka_unit_test(finish_repeats),
		cmocka_unit_test(thousands_are_all_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
