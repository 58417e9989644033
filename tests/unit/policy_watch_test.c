// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "policy_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "policy_publish.h"
#include "unit.h"

struct place {
	char directory[64];
	char path[128];
	struct shm_map map;
	struct policy_watch watch;
};

static int set_up(void **state) {
	struct place *p = calloc(1, sizeof(*p));
	char why[SHM_WHY_SIZE];

	strcpy(p->directory, "/dev/shm/rouse-watch-test-XXXXXX");
	assert_non_null(mkdtemp(p->directory));
	snprintf(p->path, sizeof(p->path), "%s/policy", p->directory);
	assert_int_equal(
		shm_create_region(p->path, ROUSE_REGION_POLICY,
			sizeof(struct policy_region) + 2 * POLICY_SNAPSHOT_MAX, &p->map, why),
		0);
	policy_watch_init(&p->watch, p->directory);
	*state = p;
	return 0;
}

static int tear_down(void **state) {
	struct place *p = *state;

	policy_watch_fini(&p->watch);
	shm_unmap(&p->map);
	unlink(p->path);
	assert_int_equal(rmdir(p->directory), 0);
	free(p);
	return 0;
}

static int poll_again(struct place *p, char why[POLICY_WATCH_WHY]) {
	const struct outlook *outlook = NULL;
	int rc = policy_watch_poll(&p->watch, &outlook, why);

	assert_null(outlook);
	return rc;
}

static void a_region_that_is_not_filled_yet_is_waited_for(void **state) {
	struct place *p = *state;
	char why[POLICY_WATCH_WHY];

	assert_int_equal(poll_again(p, why), 0);
	policy_publish_init(p->map.base);
	assert_int_equal(poll_again(p, why), 0);
	policy_publish_release(p->map.base); // an empty snapshot
	assert_int_equal(poll_again(p, why), -EBADMSG);
	assert_non_null(strstr(why, "the snapshot's size is wrong"));
	assert_int_equal(poll_again(p, why), 0); // told once
}

static void offsets_out_of_the_region_are_told_once(void **state) {
	struct place *p = *state;
	struct policy_region *region = p->map.base;
	char why[POLICY_WATCH_WHY];

	policy_publish_init(region);
	region->buffer_offset[1] = p->map.size - 8;
	policy_publish_release(region);
	assert_int_equal(poll_again(p, why), -EBADMSG);
	assert_non_null(strstr(why, "its offsets point outside of it"));
	assert_int_equal(poll_again(p, why), 0);
	policy_publish_init(region);
	policy_publish_release(region);
	assert_int_equal(poll_again(p, why), -EBADMSG);
	assert_non_null(strstr(why, "the snapshot's size is wrong"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_region_that_is_not_filled_yet_is_waited_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			offsets_out_of_the_region_are_told_once, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
