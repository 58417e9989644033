// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Both ends of the policy region in one process; tests/shm has them in two.

#include "policy_reader.h"

#include <errno.h>
#include <sys/mman.h>

#include "policy_check.h"
#include "policy_fixture.h"
#include "policy_publish.h"
#include "unit.h"

struct ends {
	struct policy_region *region;
	struct fixture fixture;
	struct policy_reader reader;
	struct policy policy;
	uint64_t generation;
	char why[256];
	void *copy; // FIXTURE_SIZE bytes
};

static int set_up(void **state) {
	struct ends *e = calloc(1, sizeof(*e));

	e->region = mmap(NULL, POLICY_REGION_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(e->region, MAP_FAILED);
	policy_publish_init(e->region);
	assert_int_equal(policy_reader_attach(e->region, POLICY_REGION_SIZE, &e->reader), 0);
	fixture_sample(&e->fixture);
	e->copy = calloc(1, FIXTURE_SIZE);
	*state = e;
	return 0;
}

static int tear_down(void **state) {
	struct ends *e = *state;

	munmap(e->region, POLICY_REGION_SIZE);
	fixture_end(&e->fixture);
	free(e->copy);
	free(e);
	return 0;
}

static int poll(struct ends *e, uint64_t known) {
	return policy_reader_poll(
		&e->reader, known, e->copy, FIXTURE_SIZE, &e->policy, &e->generation, e->why);
}

static void publish(struct ends *e) {
	uint64_t next = policy_publish_next(e->region);

	assert_int_equal(policy_publish(e->region, e->fixture.builder, 1, e->why), next);
}

static struct policy_snapshot *published(struct ends *e) {
	uint64_t generation = atomic_load(&e->region->header.generation);

	return (void *)((uint8_t *)e->region + e->region->buffer_offset[generation & 1]);
}

static void bad_regions_are_refused(void **state) {
	static const uint64_t offsets[] = {0, 8, 4088, 4097, POLICY_REGION_SIZE,
		POLICY_REGION_SIZE - POLICY_SNAPSHOT_MAX + 8, UINT64_MAX - 7};
	struct ends *e = *state;
	struct policy_reader reader;

	assert_int_equal(policy_publish_check(e->region, POLICY_REGION_SIZE), 0);
	assert_int_equal(policy_publish_check(e->region, POLICY_REGION_SIZE - 1), -EBADMSG);
	assert_int_equal(
		policy_reader_attach(e->region, POLICY_REGION_SIZE - 1, &reader), -EBADMSG);
	assert_int_equal(policy_reader_attach(e->region, 4095, &reader), -EBADMSG);
	for (int i = 0; i < 2; i++) {
		uint64_t good = e->region->buffer_offset[i];

		for (size_t j = 0; j < COUNT_OF(offsets); j++) {
			e->region->buffer_offset[i] = offsets[j];
			assert_int_equal(
				policy_reader_attach(e->region, POLICY_REGION_SIZE, &reader),
				-EBADMSG);
			assert_int_equal(
				policy_publish_check(e->region, POLICY_REGION_SIZE), -EBADMSG);
		}
		e->region->buffer_offset[i] = good;
	}
	e->region->buffer_size--;
	assert_int_equal(policy_reader_attach(e->region, POLICY_REGION_SIZE, &reader), -EBADMSG);
}

static void nothing_published_is_nothing_new(void **state) {
	struct ends *e = *state;

	assert_int_equal(poll(e, 0), 0);
}

static void a_publication_is_adopted_once(void **state) {
	struct ends *e = *state;

	publish(e);
	assert_int_equal(poll(e, 0), 1);
	assert_int_equal(e->generation, 1);
	assert_int_equal(e->policy.count[POLICY_HOSTS], 3);
	assert_ptr_equal(e->policy.snapshot, e->copy);
	assert_int_equal(poll(e, 1), 0);
}

static void unread_publications_coalesce(void **state) {
	struct ends *e = *state;

	for (int i = 0; i < 7; i++)
		publish(e);
	assert_int_equal(poll(e, 2), 1);
	assert_int_equal(e->generation, 7);
	assert_int_equal(e->policy.snapshot->generation, 7);
}

// A new region begins at generation 1 again, whatever the reader knew of the old one.
static void another_regions_generation_is_news(void **state) {
	struct ends *e = *state;

	publish(e);
	assert_int_equal(poll(e, 1000), 1);
	assert_int_equal(e->generation, 1);
}

// The writer died, or stopped, in the middle of the idle buffer.
static void a_half_written_buffer_is_not_looked_at(void **state) {
	struct ends *e = *state;

	publish(e);
	memset(policy_publish_buffer(e->region), 0xa5, FIXTURE_SIZE);
	assert_int_equal(poll(e, 0), 1);
	assert_int_equal(e->generation, 1);
	publish(e);
	assert_int_equal(poll(e, 1), 1);
	assert_int_equal(e->generation, 2);
}

static void a_broken_publication_is_refused_with_its_number(void **state) {
	struct ends *e = *state;
	uint32_t size;

	publish(e);
	publish(e);
	published(e)->workers = 99;
	assert_int_equal(poll(e, 1), -EBADMSG);
	assert_int_equal(e->generation, 2);
	assert_non_null(strstr(e->why, "CRC"));
	published(e)->crc = policy_crc(published(e));
	assert_int_equal(poll(e, 1), -EBADMSG);
	assert_non_null(strstr(e->why, "workers is 99"));
	assert_int_equal(poll(e, 2), 0); // not tried again
	size = published(e)->total_size;
	published(e)->total_size = FIXTURE_SIZE + 8;
	assert_int_equal(poll(e, 1), -EBADMSG);
	published(e)->total_size = 100;
	assert_int_equal(poll(e, 1), -EBADMSG);
	published(e)->total_size = UINT32_MAX;
	assert_int_equal(poll(e, 1), -EBADMSG);
	published(e)->total_size = size;
	published(e)->abi_version = 99;
	assert_int_equal(poll(e, 1), -EPROTO);
	assert_non_null(strstr(e->why, "99"));
}

static void a_snapshot_of_another_generation_is_refused(void **state) {
	struct ends *e = *state;

	publish(e);
	published(e)->generation = 5;
	published(e)->crc = policy_crc(published(e));
	assert_int_equal(poll(e, 0), -EBADMSG);
	assert_non_null(strstr(e->why, "generation 1"));
	assert_non_null(strstr(e->why, "says 5"));
}

static void a_failed_build_publishes_nothing(void **state) {
	struct ends *e = *state;

	publish(e);
	fixture_name(&e->fixture, 0, "menu.ipxe", 1); // there already
	assert_int_equal(policy_publish(e->region, e->fixture.builder, 1, e->why), -EINVAL);
	assert_int_equal(poll(e, 0), 1);
	assert_int_equal(e->generation, 1);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bad_regions_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			nothing_published_is_nothing_new, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_broken_publication_is_refused_with_its_number, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_snapshot_of_another_generation_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_failed_build_publishes_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_half_written_buffer_is_not_looked_at, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_publication_is_adopted_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(unread_publications_coalesce, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			another_regions_generation_is_news, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
