// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "probe_mark.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "unit.h"

static void no_directory(void **state) {
	(void)state;
	assert_false(probe_mark_is_set(-1));
	assert_int_equal(probe_mark_set(-1), -EBADF);
	assert_int_equal(probe_mark_clear(-1), -EBADF);
}

static void set_is_seen_until_it_is_cleared(void **state) {
	char path[] = "/tmp/rouse-mark-XXXXXX";
	int dir_fd;

	(void)state;
	assert_non_null(mkdtemp(path));
	dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir_fd >= 0);
	assert_false(probe_mark_is_set(dir_fd));
	assert_int_equal(probe_mark_clear(dir_fd), 0);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(probe_mark_set(dir_fd), 0);
		assert_true(probe_mark_is_set(dir_fd));
	}
	assert_int_equal(probe_mark_clear(dir_fd), 0);
	assert_false(probe_mark_is_set(dir_fd));
	close(dir_fd);
	assert_int_equal(rmdir(path), 0); // nothing else was left in it
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_directory),
		cmocka_unit_test(set_is_seen_until_it_is_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
